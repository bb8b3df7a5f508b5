"""A page in Chromium that is watched: whatever the browser complains of fails the test."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import ConsoleMessage, Page, Request, Response


@dataclass
class Watch:
    """What a page has said and asked. A test that provokes a complaint says so with `expect`, before it comes."""

    page: Page
    origin: str
    said: list[str] = field(default_factory=list[str])
    complaints: list[str] = field(default_factory=list[str])
    expected: list[re.Pattern[str]] = field(default_factory=list[re.Pattern[str]])

    def begin(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self._complain(f"uncaught: {error}"))
        self.page.on("requestfailed", self._on_failed)
        self.page.on("response", self._on_response)

    def expect(self, pattern: str) -> None:
        """Complaints that match are part of the test."""
        self.expected.append(re.compile(pattern))

    @property
    def unexpected(self) -> list[str]:
        return [line for line in self.complaints if not any(pattern.search(line) for pattern in self.expected)]

    def keep(self, file: Path) -> None:
        """Everything that was said, for who looks into a failure."""
        file.write_text("\n".join([*self.said, "", "Complaints:", *self.complaints]))

    def _complain(self, line: str) -> None:
        self.said.append(line)
        self.complaints.append(line)

    def _on_console(self, message: ConsoleMessage) -> None:
        line = f"console {message.type}: {message.text} ({message.location.get('url', '')})"
        # What a response was is told by the response, with its status.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self._complain(line)
        else:
            self.said.append(line)

    def _on_failed(self, request: Request) -> None:
        # A page that is left ends what it was asking.
        if request.url.startswith(self.origin) and "ERR_ABORTED" not in (request.failure or ""):
            self._complain(f"failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        line = f"{response.status} {response.request.method} {response.url}"
        if response.url.startswith(self.origin) and response.status >= 400:
            self._complain(line)
        else:
            self.said.append(line)
