"""How long a click on the navigation takes until the next page stands there, beside a page that has nothing but a heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from playwright.async_api import Locator, Page

from benchmarks.figures import Figure

_NAME = "web"
_PLACES = {
    "Jobs": "/jobs",
    "Lists": "/lists",
    "Campaigns": "/campaigns",
    "Templates": "/templates",
    "Sending": "/sending",
    "Catalogue": "/catalogue",
    "Find leads": "/source",
    "Billing": "/billing",
    "Settings": "/settings",
    "New job": "/upload",
    "Home": "/",
}
_ROUNDS = 6
_GOAL_MS = 100
_BARE = """
    <!doctype html><title>Bare</title><main><h1>0</h1><button>Next</button></main>
    <script>
      document.querySelector("button").onclick = () => { document.querySelector("h1").textContent = String(Math.random()) };
    </script>
"""


@dataclass(frozen=True)
class Change:
    """From the click until the next page's heading is painted, and until nothing in it is on its way any more."""

    heading_ms: float
    data_ms: float


async def figures(page: Page, bare: Page) -> list[Figure]:
    """`page` is signed in and at home; `bare` is an empty one of the same browser."""
    await bare.set_content(_BARE)
    floor = [await _change(bare, bare.get_by_role("button"), None) for _ in range(len(_PLACES))]
    first = await _round(page)
    later = [change for _ in range(_ROUNDS - 1) for change in await _round(page)]
    floor += [await _change(bare, bare.get_by_role("button"), None) for _ in range(len(_PLACES))]
    least = median(change.heading_ms for change in floor)
    against = f"a heading changed by a script, {least:.0f} ms"
    every = [*first, *later]

    def figure(what: str, found: Sequence[float], *, goal: bool = False) -> Figure:
        value = median(found)
        wanted, holds = (f"<= {_GOAL_MS} ms", value <= _GOAL_MS) if goal else (None, None)
        return Figure(_NAME, what, round(value, 1), "ms", against, round(value / least, 2), wanted, holds)

    slowest = quantiles((change.heading_ms for change in every), n=20)[-1]
    return [
        figure(f"route change, heading painted, {len(every)} clicks", _headings(every), goal=True),
        figure("the first time each", _headings(first)),
        figure("until its data is painted as well", [change.data_ms for change in every]),
        Figure(_NAME, "95 % of the headings within", round(slowest, 1), "ms"),
    ]


def _headings(changes: Sequence[Change]) -> list[float]:
    return [change.heading_ms for change in changes]


async def _round(page: Page) -> list[Change]:
    links = page.get_by_role("navigation", name="Main")
    return [
        await _change(page, links.get_by_role("link", name=name, exact=True), path) for name, path in _PLACES.items()
    ]


async def _change(page: Page, target: Locator, path: str | None) -> Change:
    await page.bring_to_front()
    await page.evaluate("path => probe.expectChange(path)", path)
    await target.click()
    told: dict[str, Any] = await page.evaluate("() => probe.changed()")
    return Change(**told)
