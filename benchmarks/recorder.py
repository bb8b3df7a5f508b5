"""The sandbox with a tape beside it: what was asked for which lead, in which order, and what was asked at the same time.

`GET /recorded` gives the tape. The benchmark's loop plays it back against a sandbox without a tape.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import orjson

from benchmarks.leads import MARK
from deploy.sandbox.app import app as sandbox
from deploy.sandbox.web import Message, Receive, Scope, Send

_HEADERS = (b"x-api-key", b"authorization", b"content-type")
_PROVIDERS = ("/serper/", "/groq/", "/firecrawl/")
_calls: dict[str, list[dict[str, object]]] = {}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Pass everything on, and keep the providers' requests."""
    path = scope.get("path", "")
    if path == "/recorded":
        await _give(send)
    elif path.startswith(_PROVIDERS):
        await _record(scope, receive, send)
    else:
        await sandbox(scope, receive, send)


async def _record(scope: Scope, receive: Receive, send: Send) -> None:
    parts: list[bytes] = []
    began = time.perf_counter()

    async def listen() -> Message:
        message = await receive()
        parts.append(message.get("body", b""))
        return message

    await sandbox(scope, listen, send)
    body = b"".join(parts)
    found = MARK.search(body)
    if found:
        headers = {name.decode(): value.decode() for name, value in scope["headers"] if name in _HEADERS}
        call = {"path": scope["path"], "headers": headers, "body": body.decode()}
        _calls.setdefault(found[0].decode().lower(), []).append(
            {"call": call, "began": began, "ended": time.perf_counter()}
        )


async def _give(send: Send) -> None:
    body = orjson.dumps([rounds_of(calls) for calls in _calls.values()])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


def rounds_of(calls: Iterable[Mapping[str, object]]) -> list[list[object]]:
    """Calls that overlapped were made together; the others waited for those before them."""
    rounds: list[list[object]] = []
    over = -1.0
    for one in sorted(calls, key=lambda one: float(str(one["began"]))):
        began, ended = float(str(one["began"])), float(str(one["ended"]))
        if not rounds or began >= over:
            rounds.append([])
            over = ended
        rounds[-1].append(one["call"])
        over = min(over, ended)
    return rounds
