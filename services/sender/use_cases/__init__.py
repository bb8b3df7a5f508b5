"""What the sender can do: one verb per file."""
