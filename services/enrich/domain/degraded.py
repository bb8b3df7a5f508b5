"""A row that gets the plain line, free."""


class Degraded(Exception):
    """The message is the reason the user reads."""
