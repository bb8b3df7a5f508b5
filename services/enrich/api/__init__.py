"""The HTTP edge: one module per noun."""
