"""Counts, times and names every answer."""

import time

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common import metrics
from libs.common.tracing import TRACEPARENT_HEADER, within_trace


class Observe:
    """Counts and times every answer. Plain ASGI, so that streams pass through untouched."""

    def __init__(self, app: ASGIApp, *, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, headers = time.perf_counter(), 500, Headers(scope=scope)
        context = structlog.contextvars.bound_contextvars(request_id=headers.get("X-Request-Id", ""))

        async def send_and_look(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with context, within_trace(headers.get(TRACEPARENT_HEADER)):
            try:
                await self._app(scope, receive, send_and_look)
            finally:
                route = getattr(scope.get("route"), "path", "unmatched")
                metrics.HTTP_REQUESTS.labels(self._service, scope["method"], route, str(status)).inc()
                metrics.HTTP_SECONDS.labels(self._service, route).observe(time.perf_counter() - started)
