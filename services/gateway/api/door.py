"""What every request and every answer of the gateway has: a request id, security headers, limits told, and less bytes where
they are text. Plain ASGI: streams pass as they come."""

import re

from isal import isal_zlib
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.ids import new_id
from services.gateway.domain.requests import Allowance

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,100}")
_PACKED = frozenset(
    {"application/json", "application/problem+json", "text/html", "text/css", "text/javascript", "text/csv"}
)
"""What is worth packing. Not live streams, which wait for nothing, nor files that are packed already."""
_NOT_PACKED_WITH = frozenset({"content-encoding", "content-range", "accept-ranges", "content-disposition"})
"""Headers of files, whose bytes and lengths are promised as they are."""
_LEAST_BYTES = 1000
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
_NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
_TWO_YEARS = "max-age=63072000; includeSubDomains"


class Door:
    """`secure`: whether the gateway is reached by https only."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _name(scope)
        packer = _Packer(scope)

        async def send_dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(message, scope, request_id)
            await send(packer.pack(message))

        await self._app(scope, receive, send_dressed)

    def _dress(self, message: Message, scope: Scope, request_id: str) -> None:
        headers = MutableHeaders(raw=message["headers"])
        for name, value in _SECURITY.items():
            headers.setdefault(name, value)
        # Pages bring a policy of their own, for what they are made of.
        if not headers.get("content-type", "").startswith("text/html"):
            headers.setdefault("Content-Security-Policy", _NO_PAGE)
        if self._secure:
            headers.setdefault("Strict-Transport-Security", _TWO_YEARS)
        if scope["path"].startswith(("/v1/", "/auth/", "/mcp")):
            headers.setdefault("Cache-Control", "private, no-cache")
        headers["X-Request-Id"] = request_id
        allowance: Allowance | None = scope.get("state", {}).get("allowance")
        for name, value in ({} if allowance is None else allowance.headers).items():
            headers.setdefault(name, value)
        message["headers"] = headers.raw


def _name(scope: Scope) -> str:
    """The asker's word for the request where it is one that can be written down, else ours; inside there is no other."""
    said = Headers(scope=scope).get("x-request-id", "")
    request_id = said if _REQUEST_ID.fullmatch(said) else str(new_id())
    others = [(name, value) for name, value in scope["headers"] if name != b"x-request-id"]
    scope["headers"] = [*others, (b"x-request-id", request_id.encode())]
    return request_id


class _Packer:
    """Packs an answer's body with gzip where its reader takes that. The ETag stays: it names a version, not bytes."""

    def __init__(self, scope: Scope) -> None:
        accepted = Headers(scope=scope).get("accept-encoding", "")
        self._taken = "gzip" in accepted and "gzip;q=0" not in accepted.replace(" ", "") and scope["method"] != "HEAD"
        # Tokens stand beside what the asker has said: packing would tell of them by its length.
        self._taken = self._taken and not scope["path"].startswith("/auth/")
        self._packing = None

    def pack(self, message: Message) -> Message:
        if message["type"] == "http.response.start":
            self._begin(message)
        elif message["type"] == "http.response.body" and self._packing is not None:
            body = self._packing.compress(message.get("body", b""))
            message["body"] = body if message.get("more_body") else body + self._packing.flush()
        return message

    def _begin(self, message: Message) -> None:
        headers = MutableHeaders(raw=message["headers"])
        kind = headers.get("content-type", "").partition(";")[0].strip()
        if kind not in _PACKED or message["status"] in {204, 206, 304} or _NOT_PACKED_WITH & set(headers):
            return
        headers.add_vary_header("Accept-Encoding")
        if self._taken and int(headers.get("content-length", _LEAST_BYTES)) >= _LEAST_BYTES:
            self._packing = isal_zlib.compressobj(1, isal_zlib.DEFLATED, 16 + isal_zlib.MAX_WBITS)
            headers["Content-Encoding"] = "gzip"
            del headers["content-length"]
        message["headers"] = headers.raw
