"""The opening line: what may stand in it, and how that is told by program."""
