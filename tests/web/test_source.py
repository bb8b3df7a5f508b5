"""Looking for leads, and getting them."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.support.journey import User
from tests.support.waiting import eventually
from tests.support.world import World
from tests.web.axe import assert_open_to_all
from tests.web.conftest import Person
from tests.web.seeds import named, once
from tests.web.test_upload import WHILE_MS


async def test_leads_that_were_looked_for_become_a_file_to_go_on_with(page: Page, signed_in: Person) -> None:
    """Red when a filter is not sent, the price is not that of the leads, or the way on is missing."""
    await page.goto("/source")
    await page.get_by_label("Job titles").fill("Head of sales")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Look for people").click()
    await expect(page.get_by_role("heading", name=re.compile("people match"))).to_be_visible()
    await page.get_by_label("How many").fill("1")
    await page.get_by_role("button", name="Get 1 lead").click()
    await page.wait_for_url(re.compile(r"/sourcing\?id="))
    sourcing_id = named(page)
    await page.get_by_role("link", name="Go on with 1 lead").click(timeout=WHILE_MS)
    await expect(page.get_by_role("heading", name="What each column is")).to_be_visible(timeout=WHILE_MS)

    sourcing = await signed_in.user.ask("GET", f"/v1/sourcings/{sourcing_id}")
    assert (sourcing["state"], sourcing["filters"]["titles"], sourcing["leads"]) == ("completed", ["Head of sales"], 1)
    assert sourcing["upload_id"] == named(page)


async def test_a_search_that_waits_goes_on_or_is_stopped_with_what_there_is(
    page: Page, signed_in: Person, world: World
) -> None:
    """Red when a search that waits cannot be helped, or one that is stopped goes on and is charged."""
    user = signed_in.user
    await world.dial(apollo_reveal={"credits": 0})
    waiting = [await _waiting(user, name) for name in ("Goes on", "Is stopped")]
    await page.goto(f"/sourcing?id={waiting[1]}")
    await page.get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog", name="Stop looking for more?")
    await assert_open_to_all(page)
    await dialog.get_by_role("button", name="Stop").click()
    await expect(dialog).to_have_count(0)
    assert (await user.ask("GET", f"/v1/sourcings/{waiting[1]}"))["state"] == "cancelled"

    await page.goto(f"/sourcing?id={waiting[0]}")
    await expect(page.get_by_role("button", name="Resume")).to_be_visible()
    await world.reset()
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_role("link", name="Go on with 1 lead")).to_be_visible(timeout=WHILE_MS)
    assert (await user.ask("GET", f"/v1/sourcings/{waiting[0]}"))["state"] == "completed"


async def _waiting(user: User, name: str) -> str:
    """A search that Apollo has no credits for."""
    wish = {"filters": {"titles": ["Head of sales"]}, "count": 1, "name": name}
    made = await user.ask("POST", "/v1/sourcings", json=wish, headers=once())

    async def parked() -> bool:
        return (await user.ask("GET", f"/v1/sourcings/{made['id']}"))["state"] == "parked"

    await eventually(parked)
    return made["id"]
