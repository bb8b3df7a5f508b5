"""What the chunks in hand of one process share: row slots, leases, the checkpoint writer, the watch over their jobs."""
