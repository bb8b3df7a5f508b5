"""The same page open twice: what is asked for in both is done once."""

from __future__ import annotations

import asyncio
import re
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.support.waiting import eventually
from tests.support.world import World
from tests.web.browser import Watch
from tests.web.conftest import Person
from tests.web.seeds import a_campaign, a_list, a_template, named, not_today


async def _ask_to_start(tab: Page, list_id: str) -> None:
    """Everything but the last click, with the template named Plain."""
    await tab.goto(f"/list?id={list_id}")
    await tab.get_by_role("button", name="Start sending").click()
    dialog = tab.get_by_role("dialog", name="Start sending")
    await dialog.get_by_label("Template").select_option(label="Plain")
    await dialog.get_by_text("Days and hours").click()
    await dialog.get_by_role("radio", name="Any hour").check()


async def test_a_list_that_two_tabs_start_is_written_to_once(page: Page, signed_in: Person, world: World) -> None:
    """Red when each tab, or each click, makes a campaign of its own."""
    user, domain = signed_in.user, f"{uuid4().hex[:10]}.example"
    found, _ = await a_list(user, "October", domain), await a_template(user, "Plain")
    tabs = [page, await page.context.new_page()]
    for tab in tabs:
        await _ask_to_start(tab, found["id"])
    for tab in tabs:
        await tab.get_by_role("dialog").get_by_role("button", name="Start sending").dblclick()
    for tab in tabs:
        await tab.wait_for_url(re.compile(r"/campaign\?id="))
    assert named(tabs[0]) == named(tabs[1])
    [campaign] = (await user.ask("GET", "/v1/campaigns"))["items"]

    async def all_sent() -> bool:
        return (await user.ask("GET", f"/v1/campaigns/{campaign['id']}"))["counts"]["sent"] == 2

    await eventually(all_sent)
    assert [len(await world.mail_to(f"{name}@{domain}")) for name in ("ada", "grace")] == [1, 1]


async def test_a_draft_that_two_tabs_start_is_started_once(page: Page, signed_in: Person, site: str) -> None:
    """Red when the second start is refused aloud, or begins again what has begun."""
    user = signed_in.user
    found = await a_list(user, "November", f"{uuid4().hex[:10]}.example")
    made = await a_campaign(user, found["id"], window=not_today(), start=False)
    tabs = [page, await page.context.new_page()]
    for tab in tabs:
        await tab.goto(f"/campaign?id={made['id']}")
        await expect(tab.get_by_role("button", name="Start sending")).to_be_enabled()
    (other := Watch(tabs[1], site)).begin()
    await asyncio.gather(*(tab.get_by_role("button", name="Start sending").dblclick() for tab in tabs))
    for tab in tabs:
        await expect(tab.get_by_role("button", name="Pause")).to_be_visible()
    assert other.unexpected == []
    [campaign] = (await user.ask("GET", "/v1/campaigns"))["items"]
    assert campaign["state"] in {"starting", "active"}
    leads: list[str] = []

    async def taken_in() -> bool:
        leads[:] = [one["email"] for one in (await user.ask("GET", f"/v1/campaigns/{made['id']}/leads"))["items"]]
        return len(leads) >= 2

    await eventually(taken_in)
    assert len(leads) == len(set(leads)), "nobody is taken in twice"
