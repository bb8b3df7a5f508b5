"""One HTTP/1.1 connection to a provider: a request, its whole answer, the next request. Parsed by llhttp (httptools)."""

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import httptools
import orjson

MOST_BYTES = 2 * 1024 * 1024
"""Of an answer, packed and unpacked."""
_HEAD_BYTES = 64 * 1024
_PACKED = frozenset({"gzip", "deflate"})
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class AnswerCut(ConnectionError):
    """The connection was closed before the whole answer had come."""


class AnswerUnreadable(Exception):
    """What came is not HTTP/1.1, or is packed in a way that nobody has asked for."""


class AnswerTooLarge(Exception):
    """More than `MOST_BYTES`."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json_or_none(self) -> Any:
        """The body as JSON, or None when it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


class Connection(asyncio.Protocol):
    """`exchange` is called by one at a time, while the connection `is_open`. It is in `among` from being made to being lost."""

    def __init__(self, among: "set[Connection]") -> None:
        self.lost = asyncio.Event()
        self._among = among
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Reply] | None = None
        self._may_stay = True
        self._begin()

    @property
    def is_open(self) -> bool:
        """Whether another request may be sent on it."""
        return self._may_stay and self._transport is not None and not self._transport.is_closing()

    def abort(self) -> None:
        """Close it at once, whatever is under way."""
        self._may_stay = False
        if self._transport is not None:
            self._transport.abort()

    async def exchange(self, request: bytes, *, until: float) -> Reply:
        """The answer to a whole request. A call that fails, or is called off, takes the connection with it.

        Raises TimeoutError when there is none by then (the loop's time), AnswerCut, AnswerUnreadable, AnswerTooLarge, or the
        operating system's error.
        """
        assert self._transport is not None, "a request needs a connection that has been made"
        self._begin()
        self._bytes = 0
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        late = loop.call_at(until, lambda: self._fail(TimeoutError()))
        self._transport.write(request)
        try:
            return await self._answer
        except BaseException:
            self.abort()
            raise
        finally:
            late.cancel()
            self._answer = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports only look like one
        self._among.add(self)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop. What nobody has asked for ends the connection: it could be taken for an answer."""
        if self._answer is None or self._answer.done() or self._parser is None:
            self.abort()
            return
        self._bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(AnswerUnreadable(str(error)))
        else:
            if self._bytes > MOST_BYTES + _HEAD_BYTES:
                self._fail(AnswerTooLarge())

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop. An answer whose length nobody has told ends with its connection."""
        if exc is None and self._status and not self._is_measured:
            self._finish()
        self._fail(exc or AnswerCut())
        self._may_stay, self._parser = False, None
        self._among.discard(self)
        self.lost.set()

    def on_message_begin(self) -> None:
        """Called by the parser. One answer is wanted: what follows it was not asked for."""
        if self._answer is not None and self._answer.done():
            self._may_stay = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        assert self._parser is not None, "a parser has called"
        self._status = self._parser.get_status_code()
        self._is_measured = not {"content-length", "transfer-encoding"}.isdisjoint(self._headers)

    def on_body(self, part: bytes) -> None:
        """Called by the parser."""
        self._parts.append(part)

    def on_message_complete(self) -> None:
        """Called by the parser. An answer that announces another (1xx) is none."""
        assert self._parser is not None, "a parser has called"
        if self._status < HTTPStatus.OK:
            self._begin()
            return
        self._may_stay = self._may_stay and self._parser.should_keep_alive()
        self._finish()

    def _begin(self) -> None:
        self._status = 0
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._is_measured = False

    def _finish(self) -> None:
        try:
            reply = Reply(self._status, self._headers, self._unpacked(b"".join(self._parts)))
        except (AnswerUnreadable, AnswerTooLarge) as error:
            self._fail(error)
        else:
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(reply)

    def _unpacked(self, body: bytes) -> bytes:
        packed = self._headers.get("content-encoding", "identity").lower()
        if packed in _PACKED and body:
            inflating = zlib.decompressobj(_GZIP_OR_ZLIB)
            try:
                body = inflating.decompress(body, MOST_BYTES + 1)
            except zlib.error as error:
                raise AnswerUnreadable(str(error)) from error
            if not inflating.eof and len(body) <= MOST_BYTES:
                raise AnswerUnreadable("the packed answer is cut off")
        elif packed != "identity" and body:
            raise AnswerUnreadable(f"it is packed by {packed[:20]}")
        if len(body) > MOST_BYTES:
            raise AnswerTooLarge
        return body

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self.abort()
