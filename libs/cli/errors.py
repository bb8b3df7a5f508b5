"""What the command says when it cannot do what was asked: one sentence, no traceback."""


class CliError(Exception):
    """One clear sentence that says what is wrong and what to do about it."""


class ServiceError(CliError):
    """A service refused what an operator asked of it from the inside, by this HTTP status."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status
