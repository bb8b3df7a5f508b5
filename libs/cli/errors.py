"""What the command says when it cannot do what was asked: one sentence, no traceback."""


class CliError(Exception):
    """One clear sentence that says what is wrong and what to do about it."""


class ApiError(CliError):
    """The API said no: `code` is the stable code of its problem+json."""

    def __init__(self, message: str, *, status: int, code: str, extra: dict[str, object]) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.extra = extra
