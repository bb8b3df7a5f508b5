"""The few pieces of HTTP the sandbox needs, on bare ASGI: a framework would cost more than the answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

MARK: Header = (b"x-sandbox", b"corofy")
_JSON: Header = (b"content-type", b"application/json")
_HTML: Header = (b"content-type", b"text/html; charset=utf-8")
MAX_BODY = 8 * 1024 * 1024


class BadBodyError(ValueError):
    """The body is not the JSON object that was expected, or too large."""


@dataclass(slots=True)
class Request:
    """A request whose body has arrived."""

    method: str
    path: str
    query_string: bytes
    headers: list[Header]
    body: bytes

    def header(self, name: bytes) -> bytes:
        """The value of a header (name in lower case), or nothing."""
        for key, value in self.headers:
            if key == name:
                return value
        return b""

    def query(self, name: str, default: str = "") -> str:
        """One value of the query string."""
        if not self.query_string:
            return default
        return parse_qs(self.query_string.decode("latin-1"), keep_blank_values=True).get(name, [default])[0]

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises BadBodyError."""
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise BadBodyError(f"the body is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise BadBodyError("the body is not a JSON object")
        return value


@dataclass(slots=True)
class Answer:
    """What goes back; `note` says in the call log what it was about."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = (_JSON,)
    note: str = ""
    declared_length: int | None = None


def json_answer(data: Any, *, status: int = 200, headers: tuple[Header, ...] = (), note: str = "") -> Answer:
    """An answer of JSON."""
    return Answer(status=status, body=orjson.dumps(data), headers=(_JSON, *headers), note=note)


def html_answer(html: str, *, status: int = 200) -> Answer:
    """An answer of HTML."""
    return Answer(status=status, body=html.encode(), headers=(_HTML,))


def bearer(request: Request) -> bytes:
    """The key of an `Authorization: Bearer` header, or nothing."""
    scheme, _, key = request.header(b"authorization").partition(b" ")
    return key.strip() if scheme.lower() == b"bearer" else b""


async def read_request(scope: Scope, receive: Receive) -> Request:
    """Read the whole body, up to a limit."""
    message = await receive()
    body = message.get("body", b"")
    if message.get("more_body"):
        parts = [body]
        size = len(body)
        while message.get("more_body"):
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > MAX_BODY:
                raise BadBodyError(f"the body is over {MAX_BODY} bytes")
        body = b"".join(parts)
    return Request(
        method=scope["method"],
        path=scope["path"],
        query_string=scope["query_string"],
        headers=scope["headers"],
        body=body,
    )


async def send_answer(send: Send, answer: Answer) -> None:
    """Send an answer with its length and the mark of the sandbox."""
    length = len(answer.body) if answer.declared_length is None else answer.declared_length
    headers = [*answer.headers, MARK, (b"content-length", b"%d" % length)]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
