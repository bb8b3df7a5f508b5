"""How a call ends that has no answer to give."""

from __future__ import annotations

from collections.abc import Mapping


class ClientError(Exception):
    """One clear sentence about a call that did not succeed."""


class Unreachable(ClientError):
    """Nobody answered, or the connection was lost. What was asked may have been done, unless it was only a question."""


class Damaged(ClientError):
    """What came was packed and cannot be unpacked: something on the way has changed it. What was asked has been done."""


class ApiError(ClientError):
    """The API said no: `code` is the stable code of its problem+json, `detail` its words, `extra` the whole of it.

    `retry_after` is in seconds, where the API named a time.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        detail: str = "",
        extra: Mapping[str, object],
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.detail = detail or message
        self.extra = extra
        self.retry_after = retry_after
