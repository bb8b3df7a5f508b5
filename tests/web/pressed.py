"""What the browser has changed in a run of tests/web, and which of that a test has looked at again.

Each button that does something asks the API for one operation that changes something. It counts as tried when a test pressed
it in the browser, the operation succeeded, and the same test afterwards asked the system itself about it, not the page.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import BrowserContext, Response

from services.gateway.public_api import PATH

CHANGES = {"POST", "PUT", "PATCH", "DELETE"}


@dataclass
class Pressed:
    """For a whole run; `begin` starts a test."""

    unread: set[str] = field(default_factory=set[str])
    """Done in the test at hand, and not looked at since."""
    read_back: set[str] = field(default_factory=set[str])

    def begin(self) -> None:
        self.unread.clear()

    def hear(self, context: BrowserContext) -> None:
        """Counts what the pages of a context do."""
        context.on("response", self._answered)

    def listen(self, patch: pytest.MonkeyPatch) -> None:
        """Whatever this process asks over HTTP is a look at what became of it: the API, or the sandbox's inbox."""
        send = httpx.AsyncClient.send

        async def heard(client: httpx.AsyncClient, request: httpx.Request, **options: Any) -> httpx.Response:
            answer = await send(client, request, **options)
            if request.method == "GET":
                self.read_back |= self.unread
                self.unread.clear()
            return answer

        patch.setattr(httpx.AsyncClient, "send", heard)

    def _answered(self, response: Response) -> None:
        method = response.request.method
        operation = operation_of(method, urlsplit(response.url).path)
        if method in CHANGES and response.status < 400 and operation is not None:
            self.unread.add(operation)


def operation_of(method: str, path: str) -> str | None:
    """`POST /v1/jobs/{job_id}/pause` of an address; of two that fit the one that says more itself."""
    return next((name for name, fits in _operations() if name.startswith(f"{method} ") and fits.fullmatch(path)), None)


@functools.cache
def _operations() -> tuple[tuple[str, re.Pattern[str]], ...]:
    paths: dict[str, dict[str, Any]] = json.loads(PATH.read_bytes())["paths"]
    return tuple(
        (f"{method.upper()} {path}", re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))))
        for path in sorted(paths, key=lambda path: path.count("{"))
        for method in paths[path]
    )
