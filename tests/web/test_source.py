"""Looking for leads, and getting them."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.web.conftest import Person
from tests.web.test_upload import WHILE_MS, named


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
