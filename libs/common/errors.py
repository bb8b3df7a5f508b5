"""Every failure a use case may answer with.

Mapped to HTTP in `http.problems` and to ack decisions in `messaging.consumer`, nowhere else.
"""

from collections.abc import Iterable, Mapping


class AppError(Exception):
    """A named failure. `code` is stable and part of the API; the message says what was wrong with what, and what to do.

    `extra` holds members for the problem+json body (RFC 9457), such as `needed` and `available`.
    """

    code = "internal_error"

    def __init__(self, message: str, *, code: str | None = None, extra: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.extra: Mapping[str, object] = extra or {}


class Permanent(AppError):
    """Trying again cannot help: on the bus the message is dead at once."""


class Invalid(Permanent):
    """The input is wrong. HTTP 422."""

    code = "invalid"


class Unauthenticated(Permanent):
    """Nobody we know is asking. HTTP 401."""

    code = "unauthenticated"


class Forbidden(Permanent):
    """Known, but not allowed. HTTP 403."""

    code = "forbidden"


class NotFound(Permanent):
    """No such thing for this workspace. HTTP 404."""

    code = "not_found"


class Conflict(Permanent):
    """The present state or an earlier request contradicts this one. HTTP 409."""

    code = "conflict"


class BadRequest(Permanent):
    """The request itself is malformed, where a protocol asks for this answer. HTTP 400."""

    code = "bad_request"


class MethodNotAllowed(Permanent):
    """The path is there, and takes other methods: `allow` in `extra`. HTTP 405."""

    code = "method_not_allowed"


class Gone(Permanent):
    """It was there and will not come back. HTTP 410."""

    code = "gone"


class PreconditionFailed(Permanent):
    """What the client takes for granted is not so. HTTP 412."""

    code = "precondition_failed"


class UnsupportedMedia(Permanent):
    """The body has a media type that is not taken here. HTTP 415."""

    code = "unsupported_media_type"


class Locked(Permanent):
    """Somebody else is writing to it. HTTP 423."""

    code = "locked"


class ChecksumMismatch(Permanent):
    """The bytes that came are not those the client sent. HTTP 460, as the tus protocol says."""

    code = "checksum_mismatch"


class TooLarge(Permanent):
    """Larger than a stated limit. HTTP 413."""

    code = "too_large"


class PaymentRequired(Permanent):
    """Not enough credits. HTTP 402."""

    code = "insufficient_credits"


class RateLimited(Permanent):
    """Asked too often; `retry_after_s` in `extra`. HTTP 429."""

    code = "rate_limited"


class OutcomeUnknown(Permanent):
    """Asked of somebody who then fell silent: whether it was done is not known, so nobody may simply repeat it. HTTP 502."""

    code = "outcome_unknown"


class Transient(AppError):
    """May work later. HTTP 503; on the bus the message is retried with growing delay, and the attempt is counted."""

    code = "temporarily_unavailable"


class Outage(Transient):
    """What the service stands on is away. On the bus the message waits in a retry queue and no attempt is counted."""

    code = "unavailable"


class Busy(Transient):
    """Somebody else is at it right now. On the bus the message waits in a retry queue and no attempt is counted."""

    code = "busy"


def pointer(path: Iterable[str | int]) -> str:
    """Where in a body something is, as a fragment (RFC 6901): `#/rules/3/name`."""
    return "#" + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
