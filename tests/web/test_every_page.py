"""Every page in both appearances, wide and narrow: nothing that keeps somebody out, nothing that sticks out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.web.conftest import WIDE, Person
from tests.web.test_machinery import pages

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
LEADING_ON = {"/sign-in", "/confirm", "/mailboxes"}
"""Who is signed in is led on from these."""
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def inner_pages() -> list[str]:
    return [path for path in pages() if path not in LEADING_ON]


async def settled(page: Page, path: str) -> None:
    """The page has something to show: no skeleton is left on it."""
    await page.goto(path)
    await expect(page.get_by_role("main").first).to_be_visible()
    await expect(page.get_by_label("Loading")).to_have_count(0)


async def violations(page: Page) -> list[str]:
    """What axe finds wrong, each with where."""
    await page.evaluate(AXE.read_text())
    found: dict[str, Any] = await page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", _RULES
    )
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_on_a_page_keeps_anybody_out(page: Page, signed_in: Person, scheme: Any) -> None:
    """WCAG 2.2 AA by axe, of every page as a newcomer finds it. Red when a colour is too pale or a control has no name."""
    await page.emulate_media(color_scheme=scheme)
    found = list[str]()
    for path in inner_pages():
        await settled(page, path)
        found += [f"{path}: {line}" for line in await violations(page)]
    assert found == []


async def test_nothing_keeps_anybody_from_signing_in(page: Page) -> None:
    for path in ("/sign-in", "/sign-up", "/reset", "/confirm", "/invitation"):
        await settled(page, path)
        assert await violations(page) == [], path


async def test_every_page_fits_a_phone(page: Page, signed_in: Person) -> None:
    """Red when something is wider than the screen: the page would move sideways under the finger."""
    await page.set_viewport_size({"width": 390, "height": 844})
    wide = list[str]()
    for path in inner_pages():
        await settled(page, path)
        width = await page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide.append(f"{path}: {width} px")
    assert wide == []
    await page.set_viewport_size(WIDE)


async def test_every_page_has_one_heading_and_a_title_of_its_own(page: Page, signed_in: Person) -> None:
    """Red when a page cannot be told from another in a list of tabs, or by who hears it."""
    titles = dict[str, str]()
    for path in inner_pages():
        await settled(page, path)
        await expect(page.get_by_role("heading", level=1)).to_have_count(1)
        titles[path] = await page.title()
    assert sorted(titles.values()) == sorted(set(titles.values())), titles
