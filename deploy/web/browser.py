"""Chromium, driven by Playwright with the Node that the project brings."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from deploy.local.chromium import FLAGS, find_or_fetch
from deploy.web.node import NODE


@asynccontextmanager
async def chromium(programs: Path, *, say: Callable[[str], None]) -> AsyncGenerator[Browser]:
    """The browser; `programs` keeps one where none is installed. Raises StackError where there is none to be had."""
    found = await find_or_fetch(programs, say=say)
    # Playwright's own needs libatomic, which a small Debian does not have.
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(NODE))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=found.executable, args=list(FLAGS), env={**os.environ, **found.env}
        )
        yield browser
        await browser.close()
