"""The web app, on every path that is nothing else: its files, a page for what is not there, and word when it is not built."""

from collections.abc import Sequence
from urllib.parse import quote

import anyio.to_thread
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.clients.web_root import WebRoot
from services.gateway.domain.web_files import (
    NOT_FOUND,
    WebFile,
    WebTable,
    coding_for,
    is_of_the_api,
    policy_of,
    reads_pages,
)

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
_NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="3"><title>Corofy</title></head>
<body><h1>The web app is not built yet</h1>
<p>While it is being built, this page turns into it by itself. Otherwise <code>./corofy web build</code> makes it.
The API works meanwhile: <a href="/docs">its description</a>.</p></body></html>
"""
_NOT_BUILT_POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """Stands for the web app where requests are counted by route; nothing is routed to it."""


_ROUTE = Route("/{web_app:path}", _nowhere)


class WebApp:
    """Answers GET and HEAD of what no route takes; all else goes on to `otherwise`. `connect` are origins that pages ask."""

    def __init__(self, root: WebRoot, *, connect: Sequence[str], otherwise: ASGIApp) -> None:
        self._root = root
        self._connect = connect
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(scope) if scope["type"] == "http" else None
        if answer is None:
            await self._otherwise(scope, receive, send)
            return
        scope["route"] = _ROUTE
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        if scope["method"] not in {"GET", "HEAD"} or is_of_the_api(path):
            return None
        headers, table = Headers(scope=scope), self._root.table()
        wants_page = reads_pages(headers.get("accept", ""))
        if table is None:
            return _not_built() if wants_page else None
        if file := table.find(path):
            return await self._file(file, headers)
        if other := table.other_form_of(path):
            query = scope["query_string"].decode("latin-1")
            return RedirectResponse(quote(other) + (f"?{query}" if query else ""), status_code=308)
        return await self._not_found(table, headers) if wants_page else None

    async def _not_found(self, table: WebTable, headers: Headers) -> Response | None:
        page = table.files.get(NOT_FOUND)
        return await self._file(page, headers, status=404) if page else None

    async def _file(self, file: WebFile, headers: Headers, *, status: int = 200) -> Response | None:
        coding = coding_for(file, headers.get("accept-encoding", ""))
        content = await anyio.to_thread.run_sync(self._root.read, file, coding)
        if content is None:
            return None
        answer = Response(content, status_code=status, headers={"Content-Type": file.kind})
        answer.headers["Cache-Control"] = _FOR_EVER if file.for_ever else _ASK_AGAIN
        # Weak: it names what the file says, in whichever form that is sent.
        answer.headers["ETag"] = f'W/"{file.etag}"'
        answer.headers["Vary"] = "Accept-Encoding"
        if coding:
            answer.headers["Content-Encoding"] = coding
        if file.is_page:
            answer.headers["Content-Security-Policy"] = policy_of(file, connect=self._connect)
            answer.headers["Permissions-Policy"] = _PERMISSIONS
            answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return answer


def _not_built() -> Response:
    headers = {
        "Content-Security-Policy": _NOT_BUILT_POLICY,
        "Cache-Control": "no-store",
        "Retry-After": "3",
    }
    return HTMLResponse(_NOT_BUILT, status_code=503, headers=headers)


def serve_web_app(app: FastAPI, root: WebRoot, *, connect: Sequence[str]) -> None:
    """Every route comes first, also one that takes the path by another method."""
    app.router.default = WebApp(root, connect=connect, otherwise=app.router.default)
