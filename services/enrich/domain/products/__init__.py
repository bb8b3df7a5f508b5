"""A workspace's catalogue, and which of its products a row is offered."""
