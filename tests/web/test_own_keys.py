"""Keys of providers, and mailboxes, of one's own; and a file of addresses that are left alone."""

from __future__ import annotations

import re
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.web.axe import assert_open_to_all
from tests.web.conftest import Person
from tests.web.seeds import once


async def test_a_provider_serves_with_ones_own_key_until_it_is_removed(page: Page, signed_in: Person) -> None:
    """Red when the key is kept for another provider, shown again, or used after it was removed."""
    user, key = signed_in.user, f"own-{uuid4().hex}"
    await page.goto("/settings/providers")
    row = page.get_by_role("table", name="Providers").get_by_role("row", name=re.compile("^Serper"))
    await row.get_by_role("button", name="Use your key").click()
    dialog = page.get_by_role("dialog", name="Your key of Serper")
    await dialog.get_by_label("Key").fill(key)
    await assert_open_to_all(page)
    await dialog.get_by_role("button", name="Save key").click()
    await expect(dialog).to_have_count(0)
    await expect(row).to_contain_text(key[-4:])
    kept = {one["provider"]: one["last_four"] for one in (await user.ask("GET", "/v1/providers"))["items"]}
    assert (kept["serper"], kept["groq"]) == (key[-4:], None)
    assert key not in await page.content()

    await row.get_by_role("button", name="Remove key").click()
    await expect(row.get_by_role("button", name="Use your key")).to_be_visible()
    kept = {one["provider"]: one["last_four"] for one in (await user.ask("GET", "/v1/providers"))["items"]}
    assert kept["serper"] is None


async def test_a_mail_server_of_ones_own_is_changed_signs_and_goes_on_after_a_pause(
    page: Page, signed_in: Person
) -> None:
    """Red when a setting is lost, the keys are another mailbox's, or it stays paused."""
    user, address = signed_in.user, f"ann@{uuid4().hex[:10]}.example"
    server = {"host": "mail.invalid", "port": 465, "security": "tls", "user": address}
    wish = {"provider": "smtp", "address": address, "name": "Ann Lee", "server": server, "password": "secret"}
    made = await user.ask("POST", "/v1/mailboxes", json=wish, headers=once())
    path = f"/v1/mailboxes/{made['id']}"
    await page.goto(f"/settings/mailboxes?id={made['id']}")
    panel = page.get_by_role("dialog", name=address, exact=True)
    await panel.get_by_label("Answers go to").fill("office@halden.example")
    await panel.get_by_label("Mails a day, at most").fill("33")
    await panel.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    kept = await user.ask("GET", path)
    assert (kept["reply_to"], kept["daily_quota"], kept["name"]) == ("office@halden.example", 33, "Ann Lee")

    await panel.get_by_role("button", name="Sign its mail").click()
    await expect(panel.get_by_role("button", name="Make other keys")).to_be_visible()
    records = (await user.ask("GET", path))["dkim_records"]
    assert records
    await expect(panel.get_by_text(records[0]["name"], exact=True)).to_be_visible()
    await assert_open_to_all(page)
    await panel.get_by_role("button", name="Pause").click()
    await panel.get_by_role("button", name="Resume").click()
    await expect(panel.get_by_role("button", name="Pause")).to_be_visible()
    assert (await user.ask("GET", path))["state"] != "paused"


async def test_a_file_of_addresses_is_left_alone_and_what_is_none_is_named(page: Page, signed_in: Person) -> None:
    """Red when a line is lost, the note is, or a mistake in the file is kept quiet."""
    user, domain = signed_in.user, f"{uuid4().hex[:10]}.example"
    file = {"name": "never.csv", "mimeType": "text/csv", "buffer": f"ada@{domain}\n@{domain}\nnobody\n".encode()}
    await page.goto("/settings/suppressions")
    await page.get_by_role("button", name="Import").click()
    dialog = page.get_by_role("dialog", name="Import addresses")
    await dialog.get_by_label("File").set_input_files([file])  # pyright: ignore[reportArgumentType]
    await dialog.get_by_label("Note").fill("customers of Acme")
    await assert_open_to_all(page)
    await dialog.get_by_role("button", name="Import").click()
    await expect(dialog.get_by_text("2 addresses added")).to_be_visible()
    await expect(dialog.get_by_text("Line 3", exact=False)).to_be_visible()
    await dialog.get_by_role("button", name="Done").click()
    kept = (await user.ask("GET", "/v1/suppressions"))["items"]
    assert {one["email"]: one["note"] for one in kept} == dict.fromkeys(
        (f"ada@{domain}", f"@{domain}"), "customers of Acme"
    )
