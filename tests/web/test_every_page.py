"""Every page as a newcomer finds it, in both appearances, wide and narrow: nothing that keeps somebody out or sticks out."""

from __future__ import annotations

import contextlib
import re

import pytest
from playwright.async_api import Page, ViewportSize, expect

from deploy.web.routes import routes
from tests.support.waiting import eventually
from tests.support.whole_system import WEB_ROOT
from tests.web.axe import violations
from tests.web.conftest import WIDE, Person
from tests.web.test_machinery import pages

PARTS = 8
NARROW: ViewportSize = {"width": 390, "height": 844}
BEFORE_SIGNING_IN = ("/sign-in", "/sign-up", "/reset", "/confirm", "/invitation")
LEADING_ON = {"/sign-in", "/confirm", "/mailboxes"}
"""Who is signed in is led on from these."""


async def settled(page: Page, path: str) -> None:
    """The page has something to show: no skeleton is left on it."""
    await page.goto(path)
    await expect(page.get_by_role("main").first).to_be_visible()
    await expect(page.get_by_label("Loading")).to_have_count(0)


async def _width(page: Page) -> int:
    return await page.evaluate("document.documentElement.scrollWidth")


async def _fits(page: Page) -> bool:
    return await _width(page) <= NARROW["width"]


async def complaints(page: Page) -> list[str]:
    """What axe finds wrong in light and dark, and whether the page has one heading and stays within a phone's width."""
    found = await violations(page)
    headings = await page.get_by_role("heading", level=1).count()
    await page.set_viewport_size(NARROW)
    # What moves with the width of the window may take a moment to get there.
    with contextlib.suppress(AssertionError):
        await eventually(lambda: _fits(page), within_s=5)
    width = await _width(page)
    await page.set_viewport_size(WIDE)
    return [
        *found,
        *([f"{headings} headings of level 1"] if headings != 1 else []),
        *([f"{width} px wide on a phone of {NARROW['width']}"] if width > NARROW["width"] else []),
    ]


@pytest.mark.parametrize("part", range(PARTS))
async def test_nothing_on_a_page_keeps_anybody_out(page: Page, signed_in: Person, part: int) -> None:
    """WCAG 2.2 AA by axe. Red when a colour is too pale, a control has no name, or something is wider than a phone."""
    found = list[str]()
    for path in [path for path in pages() if path not in LEADING_ON][part::PARTS]:
        await settled(page, path)
        found += [f"{path}: {line}" for line in await complaints(page)]
    assert not found, "\n".join(found)


async def test_nothing_keeps_anybody_from_signing_in(page: Page) -> None:
    """The same for who is not signed in."""
    found = list[str]()
    for path in BEFORE_SIGNING_IN:
        await settled(page, path)
        found += [f"{path}: {line}" for line in await complaints(page)]
    assert not found, "\n".join(found)


def test_the_pages_that_are_built_are_those_of_the_sources() -> None:
    """Red when what goes by the sources, such as the pictures in the docs, misses a page that people can open."""
    assert pages() == routes()


def test_every_page_has_a_title_of_its_own() -> None:
    """Red when a page cannot be told from another in a row of tabs."""
    titles = dict[str, str]()
    for path in pages():
        html = (WEB_ROOT / f"{path.lstrip('/') or 'index'}.html").read_text()
        found = re.search(r"<title>([^<]*)</title>", html)
        titles[path] = found[1] if found else ""
    twice = {path: title for path, title in titles.items() if list(titles.values()).count(title) > 1}
    assert twice.keys() <= {"/mailboxes", "/settings/mailboxes"}, twice
