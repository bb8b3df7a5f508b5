"""What billing's routes take and answer, a module per resource."""
