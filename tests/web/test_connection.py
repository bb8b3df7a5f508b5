"""A connection that is lost and comes back: what the page says meanwhile, and that everything goes on by itself."""

from __future__ import annotations

import asyncio
import re
from uuid import uuid4

from playwright.async_api import FilePayload, Page, Request, expect

from tests.support.cable import cable_to
from tests.support.waiting import eventually
from tests.web.browser import Watch
from tests.web.conftest import Person, sign_in
from tests.web.seeds import named

WHILE_MS = 30_000
PIECE = 8 * 1024 * 1024
"""What an upload sends at once."""


async def _lose(page: Page, watch: Watch) -> None:
    watch.expect(r"^(failed: |console error: .*)")
    await page.context.set_offline(True)
    await expect(page.get_by_text("You are offline.")).to_be_visible()


async def _find(page: Page) -> None:
    await page.context.set_offline(False)
    await expect(page.get_by_text("You are offline.")).to_have_count(0)


async def test_a_job_that_ended_while_the_page_was_offline_is_shown_as_ended(
    page: Page, signed_in: Person, watch: Watch
) -> None:
    """Red when nobody is told of the lost connection, or the page has to be loaded anew to catch up."""
    user = signed_in.user
    upload = await user.upload("Leads.csv", b"Company,Website\nHalden,haldenlube.example\nPetrava,petrava.example\n")
    job = await user.start_job(upload["id"], ceiling_credits=1)
    await page.goto(f"/job?id={job['id']}")
    await expect(page.get_by_role("button", name="Raise the ceiling")).to_be_visible(timeout=WHILE_MS)
    await _lose(page, watch)
    await user.ask("POST", f"/v1/jobs/{job['id']}/finish")
    await user.finish(job["id"])
    await _find(page)
    await expect(page.get_by_role("region", name="Progress").get_by_text("Done", exact=True)).to_be_visible(
        timeout=WHILE_MS
    )
    await expect(page.get_by_role("grid", name="Rows").get_by_role("row").nth(2)).to_contain_text("Skipped")


async def test_events_come_again_when_the_connection_does(page: Page, signed_in: Person, watch: Watch) -> None:
    """Red when what happens after a lost connection is not heard of any more."""
    await page.goto("/billing")
    await expect(page.get_by_role("region", name="Balance").get_by_text("1,000", exact=True)).to_be_visible()
    await _lose(page, watch)
    await _find(page)
    await _spend(signed_in)
    await expect(page.get_by_role("region", name="Balance").get_by_text("999", exact=True)).to_be_visible(
        timeout=WHILE_MS
    )


async def test_what_is_saved_offline_is_saved_once_the_connection_is_back(
    page: Page, signed_in: Person, watch: Watch
) -> None:
    """Red when what was typed is lost, or has to be saved again."""
    user = signed_in.user
    before = len((await user.ask("GET", "/v1/templates"))["items"])
    await page.goto("/template")
    await page.get_by_label("Name", exact=True).fill("Written on a train")
    await _lose(page, watch)
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Written on a train")
    assert len((await user.ask("GET", "/v1/templates"))["items"]) == before
    await _find(page)
    await page.wait_for_url(re.compile(r"/template\?id="))
    saved = await user.ask("GET", f"/v1/templates/{named(page)}")
    assert (saved["name"], saved["version"]) == ("Written on a train", 1)
    assert len((await user.ask("GET", "/v1/templates"))["items"]) == before + 1


async def test_an_upload_goes_on_where_the_connection_broke_it_off(page: Page, signed_in: Person, watch: Watch) -> None:
    """Red when a broken upload begins anew, or waits for somebody to notice."""
    line = b"Halden Lubricants,haldenlube.example," + b"x" * 4000 + b"\n"
    rows = 2 * PIECE // len(line) + 100
    file: FilePayload = {
        "name": f"{uuid4().hex}.csv",
        "mimeType": "text/csv",
        "buffer": b"Company,Website,Notes\n" + line * rows,
    }
    pieces: list[Request] = []
    second = asyncio.Event()

    def sent(request: Request) -> None:
        if "/uploads/resumable" in request.url and request.method == "PATCH":
            pieces.append(request)
            if len(pieces) == 2:
                second.set()

    page.on("request", sent)
    await page.goto("/upload")
    await page.get_by_label("File", exact=True).set_input_files([file])
    await asyncio.wait_for(second.wait(), 60)
    await _lose(page, watch)
    upload_id = named(page)
    received = (await signed_in.user.ask("GET", f"/v1/uploads/{upload_id}"))["received_bytes"]
    assert received >= PIECE
    await _find(page)

    async def whole() -> bool:
        upload = await signed_in.user.ask("GET", f"/v1/uploads/{upload_id}")
        return (upload["state"], upload["row_count"]) == ("ready", rows)

    await eventually(whole)
    await expect(page.get_by_role("heading", name="What each column is")).to_be_visible(timeout=WHILE_MS)
    offsets = [int((await one.all_headers())["upload-offset"]) for one in pieces]
    assert min(offsets[1:]) >= PIECE, offsets


async def test_a_stream_of_events_that_was_cut_goes_on_after_the_last_one_heard(
    page: Page, person: Person, site: str
) -> None:
    """Red when the page does not listen again, or what happened while the line was cut is not told to it any more."""
    streams: list[Request] = []
    async with cable_to(site) as cable:
        there = f"http://127.0.0.1:{cable.port}"
        await sign_in(page, person.email, person.password, at=f"{there}/sign-in")
        page.on("request", lambda request: streams.append(request) if request.url == f"{there}/v1/events" else None)
        await page.goto(f"{there}/billing")
        balance = page.get_by_role("region", name="Balance")
        await expect(balance.get_by_text("1,000", exact=True)).to_be_visible()
        await _spend(person)
        await expect(balance.get_by_text("999", exact=True)).to_be_visible(timeout=WHILE_MS)
        before = len(streams)
        await cable.unplug()
        await _spend(person)
        await cable.plug_in()
        await expect(balance.get_by_text("998", exact=True)).to_be_visible(timeout=2 * WHILE_MS)
        assert len(streams) > before
        assert (await streams[-1].all_headers())["last-event-id"]


async def _spend(person: Person) -> None:
    """A credit, on a row."""
    upload = await person.user.upload("Lead.csv", b"Company,Website\nHalden,haldenlube.example\n")
    await person.user.finish((await person.user.start_job(upload["id"]))["id"])
