"""The HTTP edge: routes only."""
