"""Chromium in front of the pages: signs in, waits until a page has come to rest, and keeps what it shows as WebP."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, CDPSession, Page, Request
from playwright.async_api import TimeoutError as TookTooLong

from libs.cli.errors import CliError
from libs.cli.screenshots.views import SIZES, THEMES, Theme, Width, file_of

QUALITY = 60
TALLEST = 1700
"""Pixels of a page that is longer than its window; what lies below is more of the same."""
_PATIENCE_MS = 30_000
_STILL_S = 0.15
_WAITS = """() => document.querySelector("main") === null
    || document.querySelector(".animate-shimmer.bg-hover, [aria-label=Loading]") !== null"""
_HEIGHT = "() => Math.ceil(document.documentElement.scrollHeight)"
_PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


@dataclass
class Camera:
    """One window. `signed_out` pages want one of their own."""

    page: Page
    devtools: CDPSession
    folder: Path
    under_way: set[Request] = field(default_factory=set[Request])

    def begin(self) -> None:
        self.page.on("request", self._begun)
        self.page.on("requestfinished", self._ended)
        self.page.on("requestfailed", self._ended)

    def _begun(self, request: Request) -> None:
        # Live events come for as long as a page is open.
        if not request.url.partition("?")[0].endswith("/v1/events"):
            self.under_way.add(request)

    def _ended(self, request: Request) -> None:
        self.under_way.discard(request)

    async def sign_in(self, email: str, password: str) -> None:
        await self.page.goto("/sign-in")
        await self.page.get_by_label("Email").fill(email)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.page.keyboard.press("Enter")
        await self.page.wait_for_url(re.compile(r"/(\?.*)?$"))

    async def show(self, name: str, address: str) -> None:
        """Keeps four pictures of one address. Raises CliError where the page does not come to rest."""
        self.under_way.clear()
        # By a page of nothing: an address that differs behind `#` only would open nothing anew.
        await self.page.goto("about:blank")
        for width in SIZES:
            await self._resize(width, SIZES[width][1])
            if width == next(iter(SIZES)):
                await self.page.goto(address)
            await self._rest(name)
            height = await self.page.evaluate(_HEIGHT)
            await self._resize(width, min(max(height, SIZES[width][1]), TALLEST))
            for theme in THEMES:
                await self._keep(name, theme, width)

    async def _resize(self, width: Width, height: int) -> None:
        await self.page.set_viewport_size({"width": SIZES[width][0], "height": height})

    async def _keep(self, name: str, theme: Theme, width: Width) -> None:
        await self.page.emulate_media(color_scheme=theme)
        await self._rest(name)
        await self.page.evaluate(_PAINTED)
        wanted = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": False}
        taken = await self.devtools.send("Page.captureScreenshot", wanted)
        (self.folder / file_of(name, theme, width)).write_bytes(base64.b64decode(taken["data"]))

    async def _rest(self, name: str) -> None:
        """Nothing is asked for and no skeleton is left, for as long as it takes React to ask again."""
        try:
            async with asyncio.timeout(_PATIENCE_MS / 1000):
                still = 0
                while still < 2:
                    still = 0 if self.under_way or await self.page.evaluate(_WAITS) else still + 1
                    await asyncio.sleep(_STILL_S)
        except TimeoutError as error:
            asked = ", ".join(sorted(request.url for request in self.under_way)) or "nothing more"
            raise CliError(f"The page {name} is still loading after 30 s; it waits for {asked}.") from error


@asynccontextmanager
async def camera(browser: Browser, site: str, folder: Path) -> AsyncGenerator[Camera]:
    """A window with a profile of its own. What takes too long there is a CliError."""
    context = await browser.new_context(
        base_url=site, reduced_motion="reduce", locale="en-GB", timezone_id="Europe/Oslo"
    )
    context.set_default_timeout(_PATIENCE_MS)
    page = await context.new_page()
    made = Camera(page, await context.new_cdp_session(page), folder)
    made.begin()
    try:
        yield made
    except TookTooLong as error:
        raise CliError(f"Chromium waited in vain at {page.url}: {error.message}") from error
    finally:
        await context.close()
