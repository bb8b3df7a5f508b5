"""The web app on a phone of 390 px: what one looks for is in sight."""

from __future__ import annotations

from playwright.async_api import Page, expect

from deploy.local.state import CHECKOUT
from tests.web.conftest import Person

PHONE = (390, 844)
LEADS = CHECKOUT / "samples" / "leads.csv"


async def _as_phone(page: Page) -> None:
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})


async def test_the_tab_that_is_open_is_in_sight(page: Page, signed_in: Person) -> None:
    """Red when the last of many tabs is open and cut off."""
    await _as_phone(page)
    await page.goto("/settings/data")
    tab = page.get_by_role("navigation", name="Settings").get_by_role("link", name="Data")
    await expect(tab).to_have_attribute("aria-current", "page")
    await expect(tab).to_be_in_viewport(ratio=0.9)


async def test_a_job_can_be_started_without_scrolling_to_the_end(page: Page, signed_in: Person) -> None:
    """Red when the button lies below all that may be chosen before."""
    await _as_phone(page)
    upload = await signed_in.user.upload("leads.csv", LEADS.read_bytes())
    await page.goto(f"/upload?id={upload['id']}&step=review")
    await expect(page.get_by_role("button", name="Start research")).to_be_in_viewport(ratio=0.9)
