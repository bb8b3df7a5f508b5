"""Lists: made of a file without research, narrowed to who is set aside, and their desks written to after all."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.web.axe import assert_open_to_all
from tests.web.conftest import Person
from tests.web.seeds import a_list, named

WHILE_MS = 20_000


async def test_a_file_becomes_a_list_without_research_and_costs_nothing(page: Page, signed_in: Person) -> None:
    """Red when the list holds other rows, or something is charged."""
    user, domain = signed_in.user, f"{uuid4().hex[:10]}.example"
    upload = await user.upload("fair.csv", f"Email,First name\nada@{domain},Ada\ngrace@{domain},Grace\n".encode())
    await page.goto(f"/upload?id={upload['id']}&step=review")
    await page.get_by_role("button", name="Make a list").click()
    await page.wait_for_url(re.compile(r"/list\?id="), timeout=WHILE_MS)
    await expect(page.get_by_role("table", name="Leads").get_by_text(f"grace@{domain}")).to_be_visible(timeout=WHILE_MS)
    rows = (await user.ask("GET", f"/v1/lists/{named(page)}/recipients"))["items"]
    assert {row["email"] for row in rows} == {f"ada@{domain}", f"grace@{domain}"}
    assert (await user.balance())["available"] == 1000


async def test_who_is_set_aside_is_shown_saved_and_the_desks_of_the_list_written_to(
    page: Page, signed_in: Person, tmp_path: Path
) -> None:
    """Red when the filter or the file shows others, or the switch is kept for another list."""
    user, domain = signed_in.user, f"{uuid4().hex[:10]}.example"
    found, other = await a_list(user, "Desks", domain), await a_list(user, "Others", f"{uuid4().hex[:10]}.example")
    await page.goto(f"/list?id={found['id']}")
    leads = page.get_by_role("table", name="Leads")
    await page.get_by_label("Which rows").select_option("any")
    await expect(leads.get_by_role("row")).to_have_count(2)
    await leads.get_by_text(f"info@{domain}").click()
    panel = page.get_by_role("dialog", name=f"info@{domain}")
    await expect(panel.get_by_text("Why not")).to_be_visible()
    await assert_open_to_all(page)
    await page.keyboard.press("Escape")
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Download CSV").click()
    file = tmp_path / "aside.csv"
    await (await coming.value).save_as(file)
    assert f"info@{domain}" in file.read_text("utf-8-sig")
    assert f"ada@{domain}" not in file.read_text("utf-8-sig")

    await page.get_by_label("Write to shared desks of this list").click()
    await expect(page.get_by_label("Write to shared desks of this list")).to_be_checked()
    now = await user.ask("GET", f"/v1/lists/{found['id']}")
    assert (now["keeps_roles"], now["set_aside"]) == (True, 0)
    assert (await user.ask("GET", f"/v1/lists/{other['id']}"))["keeps_roles"] is False
