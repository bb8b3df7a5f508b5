"""What the door refuses of a request that it would pass on, before the service hears of it: a method that its path has not got,
and a body larger than any that is right. Files pass: their own service says how large one may be."""

from collections.abc import AsyncIterator

from fastapi import Request

from libs.common.errors import MethodNotAllowed, TooLarge
from services.gateway.api.known_operations import known_operations

MAX_JSON_BYTES = 2 * 1024 * 1024
"""A catalogue has 1 MiB at most as it is stored, and may be sent with blanks in it."""
_OVERRIDE = "x-http-method-override"
"""A piece of a file, where a network lets through nothing but GET and POST (tus)."""


def wrong_method(request: Request) -> MethodNotAllowed | None:
    """What is to be raised for a path of the public API that has other methods. HEAD goes where GET does."""
    if request.method == "OPTIONS" or _OVERRIDE in request.headers:
        return None
    allowed = known_operations().methods_of(request.scope["path"])
    asked = "GET" if request.method == "HEAD" and "HEAD" not in allowed else request.method
    return method_not_allowed(request, allowed) if allowed and asked not in allowed else None


def method_not_allowed(request: Request, allowed: list[str]) -> MethodNotAllowed:
    """The refusal, which says what may be asked."""
    allow = ", ".join(allowed)
    msg = f"{request.scope['path']} takes {allow}, not {request.method}: see /openapi.json"
    return MethodNotAllowed(msg, extra={"allow": allow})


class BoundedBody:
    """The body of a request as it comes, broken off where it is larger than `limit` (None: its service knows)."""

    def __init__(self, request: Request, *, limit: int | None) -> None:
        self._request = request
        self._limit = limit
        self.is_too_large = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for part in self._request.stream():
            read += len(part)
            if self._limit is not None and read > self._limit:
                self.is_too_large = True
                raise too_large()
            yield part


def bounded_body(request: Request) -> BoundedBody | None:
    """The body as it comes; None where there is none. Raises TooLarge at once where its length says so."""
    length = request.headers.get("content-length", "")
    if not length and "transfer-encoding" not in request.headers:
        return None
    limit = None if _takes_files(request) else MAX_JSON_BYTES
    if limit is not None and length.isdigit() and int(length) > limit:
        raise too_large()
    return BoundedBody(request, limit=limit)


def _takes_files(request: Request) -> bool:
    method = request.headers.get(_OVERRIDE, request.method)
    operation = known_operations().find(method, request.scope["path"])
    return operation is not None and operation.takes_files


def too_large() -> TooLarge:
    """The refusal of a body over the limit."""
    msg = f"the body is larger than {MAX_JSON_BYTES} bytes, which nothing that is right here comes to"
    return TooLarge(msg, extra={"max_bytes": MAX_JSON_BYTES})
