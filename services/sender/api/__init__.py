"""The sender's HTTP edge: routes only."""
