"""Connecting a mailbox with Google or Microsoft: to their page (the sandbox's) and back, in the browser."""

from __future__ import annotations

import re
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.web.conftest import Person
from tests.web.seeds import named


async def _ask(page: Page, way: str, address: str) -> None:
    """As far as the provider's question."""
    await page.goto("/settings/mailboxes")
    await page.get_by_role("button", name="Add mailbox").click()
    dialog = page.get_by_role("dialog", name="Add a mailbox")
    await dialog.get_by_label("Address").fill(address)
    await dialog.get_by_label("Sender's name").fill("Ann Lee")
    await dialog.get_by_label("Carried by").select_option(way.lower())
    await dialog.get_by_role("button", name=f"Continue with {way}").click()
    await expect(page.get_by_role("heading", name=f"{way} asks")).to_be_visible()
    await expect(page.get_by_text(f"send mail as {address}")).to_be_visible()


async def test_a_mailbox_is_connected_by_consent_and_the_code_leaves_no_trace(page: Page, signed_in: Person) -> None:
    """Red when the way to the provider and back breaks, or the secret it brings stays in the address."""
    address = f"ann@{uuid4().hex[:10]}.example"
    await _ask(page, "Google", address)
    await page.get_by_role("link", name="Allow").click()
    await page.wait_for_url(re.compile(r"/settings/mailboxes\?id="))
    await expect(page.get_by_role("dialog", name=address, exact=True)).to_be_visible()
    mailbox = await signed_in.user.ask("GET", f"/v1/mailboxes/{named(page)}")
    assert (mailbox["address"], mailbox["name"]) == (address, "Ann Lee")
    await page.go_back()
    assert "code=" not in page.url


async def test_whoever_says_no_is_told_so_and_led_back(page: Page, signed_in: Person) -> None:
    """Red when a refusal shows nothing but a wait, or makes a mailbox."""
    address = f"ann@{uuid4().hex[:10]}.example"
    await _ask(page, "Microsoft", address)
    await page.get_by_role("link", name="Cancel").click()
    await expect(page.get_by_text("The consent was not given.")).to_be_visible()
    await page.get_by_role("link", name="Back to mailboxes").click()
    await expect(page.get_by_role("button", name="Add mailbox")).to_be_visible()
    found = (await signed_in.user.ask("GET", "/v1/mailboxes"))["items"]
    assert address not in [one["address"] for one in found]
