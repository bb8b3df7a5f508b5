"""Files that were brought: read in another way, broken off, deleted; and the first steps of who has none."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.web.axe import assert_open_to_all
from tests.web.conftest import Person
from tests.web.seeds import named

WHILE_MS = 20_000


async def test_a_file_is_read_again_as_it_is_said(page: Page, signed_in: Person) -> None:
    """Red when the wish is lost on the way, or the columns stay those of before."""
    user = signed_in.user
    upload = await user.upload("odd.csv", b"Leads of October\nEmail;Company\nada@halden.example;Halden\n")
    await page.goto(f"/upload?id={upload['id']}")
    await page.get_by_role("button", name="Read it differently").click()
    dialog = page.get_by_role("dialog", name="Read it differently")
    await dialog.get_by_label("Row with the column names").fill("0")
    await dialog.get_by_label("Cells are separated by").select_option(",")
    await assert_open_to_all(page)
    await dialog.get_by_role("button", name="Read again").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_text("no header", exact=False)).to_be_visible(timeout=WHILE_MS)
    now = await user.ask("GET", f"/v1/uploads/{upload['id']}")
    assert (now["header_row"], now["delimiter"], now["row_count"]) == (0, ",", 3)


async def test_a_file_is_deleted_after_a_question(page: Page, signed_in: Person) -> None:
    """Red when it goes unasked, another goes, or it stays."""
    user = signed_in.user
    upload = await user.upload("old.csv", b"Email\nada@halden.example\n")
    kept = await user.upload("kept.csv", b"Email\ngrace@halden.example\n")
    await page.goto("/upload")
    await page.get_by_role("button", name="Delete old.csv").click()
    dialog = page.get_by_role("dialog", name="Delete old.csv?")
    await assert_open_to_all(page)
    await dialog.get_by_role("button", name="Delete file").click()
    # Whatever lies behind a dialog is hidden from readers, the button as well.
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("button", name="Delete old.csv")).to_have_count(0)
    assert (await user.send("GET", f"/v1/uploads/{upload['id']}")).status_code == 404
    assert (await user.ask("GET", f"/v1/uploads/{kept['id']}"))["state"] == "ready"


async def test_a_file_that_was_broken_off_is_discarded(page: Page, signed_in: Person) -> None:
    """Red when what came of it stays, or nobody learns how much of it has come."""
    user = signed_in.user
    head = {"Tus-Resumable": "1.0.0", "Upload-Length": "100", "Upload-Metadata": "filename aGFsZi5jc3Y="}
    begun = await user.send("POST", "/v1/uploads/resumable", headers=head)
    upload_id = begun.headers["Location"].rpartition("/")[2]
    piece = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    await user.send("PATCH", f"/v1/uploads/resumable/{upload_id}", content=b"x" * 50, headers=piece)
    await page.goto(f"/upload?id={upload_id}")
    await expect(page.get_by_text(re.compile("50.?% of it has come"))).to_be_visible()
    await page.get_by_role("button", name="Discard").click()
    await page.wait_for_url(re.compile(r"/upload$"))
    assert (await user.send("GET", f"/v1/uploads/{upload_id}")).status_code == 404


async def test_two_sample_rows_are_a_newcomers_first_list(page: Page, signed_in: Person) -> None:
    """Red when the first step of home leads nowhere, or to rows that cannot be researched."""
    await page.get_by_role("region", name="First steps").get_by_role("button", name="Use sample rows").click()
    await page.wait_for_url(re.compile(r"/upload\?id="))
    await expect(page.get_by_role("heading", name="What each column is")).to_be_visible(timeout=WHILE_MS)
    upload = await signed_in.user.ask("GET", f"/v1/uploads/{named(page)}")
    assert (upload["state"], upload["row_count"], upload["source"]) == ("ready", 2, "paste")
    assert {"email", "company"} <= upload["mapping"].keys()
