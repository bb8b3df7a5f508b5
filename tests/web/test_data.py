"""What becomes of the data: taken along, erased for one person, deleted with the workspace."""

from __future__ import annotations

import re
import zipfile
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.support.waiting import eventually
from tests.web.axe import assert_open_to_all
from tests.web.browser import Watch
from tests.web.conftest import Person
from tests.web.seeds import a_list


async def test_everything_is_taken_along_in_one_file(page: Page, signed_in: Person) -> None:
    """Red when the archive cannot be opened, or something of the workspace is missing in it."""
    found = await a_list(signed_in.user, "October", f"{uuid4().hex[:10]}.example")
    await page.goto("/settings/data")
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Export the workspace").click()
    with zipfile.ZipFile(await (await coming.value).path()) as archive:
        held = b"".join(archive.read(name) for name in archive.namelist())
    assert found["id"].encode() in held


async def test_a_person_is_erased_wherever_they_are(page: Page, signed_in: Person) -> None:
    """Red when another is erased, part of them stays in a list, or the page says it is done before it is."""
    user, domain = signed_in.user, f"{uuid4().hex[:10]}.example"
    found = await a_list(user, "October", domain)
    await page.goto("/settings/data")
    await page.get_by_role("button", name="Erase a person").click()
    dialog = page.get_by_role("dialog", name="Erase a person")
    await dialog.get_by_label("Their address").fill(f"ada@{domain}")
    await assert_open_to_all(page)
    await dialog.get_by_role("button", name="Erase for good").click()
    row = page.get_by_role("table", name="Erasures").get_by_role("row", name=re.compile(domain))
    await expect(row).to_be_visible()
    await expect(row.get_by_text("Erased")).to_be_visible(timeout=60_000)
    [erasure] = (await user.ask("GET", "/v1/erasures"))["items"]
    # Once it is done, whoever it was is known no more than half.
    assert (erasure["email"], erasure["state"]) == (f"a…@{domain}", "done")
    left = (await user.ask("GET", f"/v1/lists/{found['id']}/recipients"))["items"]
    assert f"ada@{domain}" not in {one["email"] for one in left}
    await row.click()
    await expect(page.get_by_role("dialog", name=re.compile(domain)).get_by_text("Campaigns and mails")).to_be_visible()
    await assert_open_to_all(page)


async def test_a_workspace_is_deleted_when_its_name_is_typed(page: Page, signed_in: Person, watch: Watch) -> None:
    """Red when it takes less than its name, or the workspace is still there afterwards."""
    user = signed_in.user
    await page.goto("/settings/data")
    await page.get_by_role("button", name="Delete the workspace").click()
    dialog = page.get_by_role("dialog", name="Delete Acme Lubricants?")
    await dialog.get_by_label(re.compile("^Type")).fill("Acme")
    await expect(dialog.get_by_role("button", name="Delete for good")).to_be_disabled()
    await dialog.get_by_label(re.compile("^Type")).fill("Acme Lubricants")
    await assert_open_to_all(page)
    watch.expect(r"40[134] .*/v1/")
    await dialog.get_by_role("button", name="Delete for good").click()

    async def gone() -> bool:
        answer = await user.send("GET", "/v1/me")
        return answer.is_error or answer.json()["workspace_id"] != user.workspace_id

    await eventually(gone)
    await expect(dialog).to_have_count(0)
