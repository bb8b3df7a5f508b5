"""What scrolling through the rows of a job costs: frames, requests, bytes and memory, for a long list beside a short one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any
from uuid import UUID

from playwright.async_api import Page

from benchmarks.figures import Figure

_NAME = "web"
_ROLLED_PX_PER_S = 3_000
"""As fast as a wheel is turned by somebody who looks for something: fifty rows a second."""
_LONG_FRAME_MS = 50
_GOAL_SHARE = 0.01


@dataclass
class Scroll:
    """The frames of one way, and what was loaded for it."""

    frames_ms: list[float] = field(default_factory=list[float])
    requests: int = 0
    loaded_bytes: int = 0
    renderer_s: float = 0.0

    @property
    def long_share(self) -> float:
        return sum(frame > _LONG_FRAME_MS for frame in self.frames_ms) / len(self.frames_ms)

    @property
    def renderer_ms(self) -> float:
        """Processor time of the page's process for each frame: the one figure that others on the machine hardly touch."""
        return 1000 * self.renderer_s / len(self.frames_ms)

    @property
    def slow_ms(self) -> float:
        """What 95 % of the frames stay within."""
        return quantiles(self.frames_ms, n=20)[-1]


@dataclass
class Looked:
    """A job's table: dragged from its top to its end, rolled from its middle on, and gone to a row of."""

    px_per_second: float
    dragged: Scroll
    rolled: Scroll
    heap_mib: float
    to_row_ms: float | None


async def look(page: Page, job_id: UUID, *, rows: int, px_per_second: float | None, seconds: float) -> Looked:
    """`px_per_second` None: as fast as brings the top to the end in that time. The short list goes up and down at the same."""
    await page.goto(f"/job?id={job_id}")
    await page.locator('[data-place="0"]').wait_for()
    await page.evaluate("() => probe.rowIsThere(1, performance.now())")
    height: int = await page.evaluate("() => document.documentElement.scrollHeight - innerHeight")
    fast = px_per_second or height / seconds
    async with _loading(page) as dragged:
        dragged.frames_ms = await _scroll(page, fast, seconds, 0)
        if px_per_second is None:
            await page.evaluate("() => scrollTo(0, document.documentElement.scrollHeight)")
            await page.evaluate("last => probe.rowIsThere(last, performance.now())", rows)
    async with _loading(page) as rolled:
        rolled.frames_ms = await _scroll(page, _ROLLED_PX_PER_S, seconds, height // 2)
    to_row_ms = await _to_row(page, rows * 3 // 4) if px_per_second is None else None
    return Looked(fast, dragged, rolled, await _heap_mib(page), to_row_ms)


async def _scroll(page: Page, px_per_second: float, seconds: float, begin: int) -> list[float]:
    way = {"pxPerSecond": px_per_second, "seconds": seconds, "from": begin}
    return await page.evaluate("way => probe.scroll(way)", way)


async def _to_row(page: Page, row_no: int) -> float:
    """From Enter until the row stands there with what came of it."""
    box = page.get_by_label("Go to row")
    await page.evaluate("() => scrollTo(0, 0)")
    await box.fill(str(row_no))
    await page.evaluate(
        """() => addEventListener("submit", ({timeStamp}) => { probe.asked = timeStamp }, {capture: true})"""
    )
    await box.press("Enter")
    return await page.evaluate("rowNo => probe.rowIsThere(rowNo, probe.asked)", row_no)


@asynccontextmanager
async def _loading(page: Page) -> AsyncGenerator[Scroll]:
    """Counts the requests for rows, and what came over the wire, while the block runs."""
    scroll = Scroll()
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    asked: set[str] = set()

    def on_request(event: dict[str, Any]) -> None:
        if "/rows" in event["request"]["url"]:
            asked.add(event["requestId"])
            scroll.requests += 1

    def on_data(event: dict[str, Any]) -> None:
        if event["requestId"] in asked:
            scroll.loaded_bytes += event["encodedDataLength"]

    session.on("Network.requestWillBeSent", on_request)
    session.on("Network.dataReceived", on_data)
    before = await _renderer_s(page)
    yield scroll
    scroll.renderer_s = await _renderer_s(page) - before
    await session.detach()


async def _renderer_s(page: Page) -> float:
    """What the processes of pages have had of the processors so far; there is one page that does anything."""
    browser = page.context.browser
    assert browser is not None
    session = await browser.new_browser_cdp_session()
    told = await session.send("SystemInfo.getProcessInfo")
    await session.detach()
    return sum(process["cpuTime"] for process in told["processInfo"] if process["type"] == "renderer")


async def _heap_mib(page: Page) -> float:
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    usage = await session.send("Runtime.getHeapUsage")
    await session.detach()
    return usage["usedSize"] / 2**20


def figures(long: Looked, short: Looked, *, rows: int, few: int) -> list[Figure]:
    """The long list's, each beside the short one's."""
    found: list[Figure] = []
    for way, what in (("dragged", "top to end"), ("rolled", f"{_ROLLED_PX_PER_S:,} px/s")):
        many, less = getattr(long, way), getattr(short, way)
        found += _of_scroll(f"{rows:,} rows {way} ({what})", many, less, few=few)
    heap = Figure(
        *(_NAME, "heap at the end", round(long.heap_mib, 1), "MiB"),
        *(f"{few} rows, {short.heap_mib:.1f} MiB", round(long.heap_mib / short.heap_mib, 2)),
    )
    gone = (
        [Figure(_NAME, "to a row in the middle by its number", round(long.to_row_ms, 1), "ms")]
        if long.to_row_ms
        else []
    )
    return [*found, heap, *gone]


def _of_scroll(what: str, many: Scroll, less: Scroll, *, few: int) -> Sequence[Figure]:
    middle, usual = median(many.frames_ms), median(less.frames_ms)
    share = Figure(
        *(_NAME, f"{what}: frames over {_LONG_FRAME_MS} ms", round(100 * many.long_share, 2), "%"),
        against=f"{few} rows, {100 * less.long_share:.2f} %",
        goal=f"<= {100 * _GOAL_SHARE:g} %",
        holds=many.long_share <= _GOAL_SHARE,
    )
    return [
        share,
        Figure(
            _NAME, "a frame, median", round(middle, 1), "ms", f"{few} rows, {usual:.1f} ms", round(middle / usual, 2)
        ),
        Figure(
            *(_NAME, "95 % of the frames within", round(many.slow_ms, 1), "ms"),
            *(f"{few} rows, {less.slow_ms:.1f} ms", round(many.slow_ms / less.slow_ms, 2)),
        ),
        Figure(
            *(_NAME, "processor time of the page a frame", round(many.renderer_ms, 1), "ms"),
            *(f"{few} rows, {less.renderer_ms:.1f} ms", round(many.renderer_ms / less.renderer_ms, 2)),
        ),
        Figure(_NAME, "requests for rows", many.requests, "", f"{few} rows, {less.requests}"),
        Figure(
            _NAME, "loaded", round(many.loaded_bytes / 1000, 1), "kB", f"{few} rows, {less.loaded_bytes / 1000:.1f} kB"
        ),
    ]
