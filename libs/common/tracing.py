"""The W3C trace context, passed through: from the request or the message in hand to what is said because of it."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

TRACEPARENT_HEADER = "traceparent"
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

current_traceparent: ContextVar[str | None] = ContextVar("current_traceparent", default=None)


@contextmanager
def within_trace(traceparent: str | None) -> Generator[None]:
    """Work on behalf of a trace. What is not a traceparent (https://www.w3.org/TR/trace-context/) is no trace."""
    valid = traceparent is not None and _TRACEPARENT.fullmatch(traceparent) is not None
    token = current_traceparent.set(traceparent if valid else None)
    try:
        yield
    finally:
        current_traceparent.reset(token)


def trace_headers() -> dict[str, str]:
    """What a call to another part of the system carries on."""
    traceparent = current_traceparent.get()
    return {TRACEPARENT_HEADER: traceparent} if traceparent else {}
