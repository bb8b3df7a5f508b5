"""What the sender's HTTP edge takes and gives, a module per concern."""
