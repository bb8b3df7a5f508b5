"""HTTP as strangers speak it: `uvicorn --http libs.common.http.protocol:Bounded …`.

uvicorn takes a head of any size, from anybody, and waits for its end without limit: both would fill a server before there is a
request that anything could refuse. What is no HTTP is answered as every refusal is.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from libs.common.http.problems import problem

MAX_HEAD_BYTES = 64 * 1024
"""Of a request's line and all its headers together; trailers count as well."""
HEAD_SECONDS = 30.0
"""How long a connection may take to send a head, its first or a later one."""


class _TooLarge(Exception):
    """A head that has more bytes than are taken."""


class Bounded(HttpToolsProtocol):
    """400 `not_http`, 431 `head_too_large`, as problem+json; a head that does not end is hung up on."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._head_bytes = 0
        """Of what the parser has told of the present head."""
        self._silent_bytes = 0
        """Of what it was fed since it last told of anything: it keeps a name or value until its end."""
        self._is_too_large = False
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as uvicorn has it
        """Called by the event loop."""
        super().connection_made(transport)
        self._be_patient()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._silent_bytes += len(data)
        super().data_received(data)
        if self._silent_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._is_too_large = True
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """Called by the parser, as are all below."""
        self._head_bytes = self._silent_bytes = 0
        if self._patience is None:
            self._be_patient()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._silent_bytes = 0
        self._head_is_here()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._silent_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._silent_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What the parser does not take. Where an answer is under way already, there is no room for another."""
        del msg
        if not self._is_answering():
            self.transport.write(_TOO_LARGE if self._is_too_large else _NOT_HTTP)
        self.transport.close()

    def _count(self, read: int) -> None:
        self._silent_bytes = 0
        self._head_bytes += read
        if self._head_bytes > MAX_HEAD_BYTES:
            self._is_too_large = True
            raise _TooLarge

    def _be_patient(self) -> None:
        self._patience = self.loop.call_later(HEAD_SECONDS, self._hang_up)

    def _is_answering(self) -> bool:
        # There is no cycle before the first request.
        return self.cycle is not None and not self.cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison]

    def _hang_up(self) -> None:
        if self._is_answering():
            # The next head is slow, while the answer to the last one is under way.
            self._be_patient()
        else:
            self.transport.close()

    def _head_is_here(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def _answer(status: int, code: str, detail: str) -> bytes:
    told = problem(status=status, code=code, detail=detail, headers={"Connection": "close"})
    lines = [name + b": " + value + b"\r\n" for name, value in told.raw_headers]
    return b"".join([STATUS_LINE[status], *lines, b"\r\n", bytes(told.body)])


_NOT_HTTP = _answer(400, "not_http", "This is no valid HTTP/1.1 request: see its first line and its headers.")
_TOO_LARGE = _answer(
    431, "head_too_large", f"The request line and headers are larger than {MAX_HEAD_BYTES:,} bytes together: send less."
)
