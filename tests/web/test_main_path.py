"""The way that everybody takes first, from making an account to the mail that arrives, in one go."""

from __future__ import annotations

import csv
import re
from io import BytesIO
from itertools import islice
from typing import Any
from uuid import uuid4

import httpx
import openpyxl
from playwright.async_api import FilePayload, Page, expect

from deploy.local.state import CHECKOUT
from tests.support.journey import User, grant
from tests.support.waiting import eventually
from tests.support.world import World
from tests.web.seeds import named

WHILE_MS = 30_000
"""What a file takes to be read, and rows to be researched, at most: on a machine that is busy."""
ROWS = 4
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER = ["First name", "Last name", "Email", "Company", "Website", "Job title", "Segment"]


def leads(domain: str) -> list[list[str]]:
    """The first leads of the sample, written to at a domain of the test's own."""
    with (CHECKOUT / "samples" / "leads.csv").open(newline="") as file:
        rows = list(islice(csv.DictReader(file), ROWS))
    kept = [{**row, "Email": f"{row['Last name'].encode().hex()}@{domain}", "Segment": "Lubricants"} for row in rows]
    return [[row[name] for name in HEADER] for row in kept]


def workbook(rows: list[list[str]]) -> FilePayload:
    """As somebody keeps it in Excel."""
    book, file = openpyxl.Workbook(), BytesIO()
    sheet = book.worksheets[0]
    for row in [HEADER, *rows]:
        sheet.append(row)
    book.save(file)
    return {"name": "Fair contacts.xlsx", "mimeType": XLSX, "buffer": file.getvalue()}


async def test_a_newcomer_goes_from_an_account_to_a_mail_that_arrived(
    page: Page, site: str, operator: httpx.AsyncClient, world: World
) -> None:
    """Red when any step of the main path is broken, or leads to another place than the next one."""
    rows = leads(f"{uuid4().hex[:10]}.example")
    async with httpx.AsyncClient(base_url=site, timeout=30, trust_env=False) as client:
        user = await _make_account(page, client, operator)
        job_id = await _upload_map_try_and_start(page, user, workbook(rows))
        await _watch_it_finish_and_open_evidence(page, user, job_id)
        lines = await _download_and_read(page, rows)
        await _send_and_see_the_mail(page, user, world, {row[2]: line for row, line in zip(rows, lines, strict=True)})


async def _make_account(page: Page, client: httpx.AsyncClient, operator: httpx.AsyncClient) -> User:
    """In the browser; the same person over HTTP, with credits."""
    email, password = f"{uuid4().hex[:12]}@person.example", f"pass-{uuid4().hex}"
    await page.goto("/sign-up")
    await page.get_by_label("Work email").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_label("Company or team").fill("Fair Lubricants")
    await page.get_by_role("button", name="Make account").click()
    await page.wait_for_url(re.compile(r"/$"))
    await expect(page.get_by_text("Fair Lubricants").first).to_be_visible()
    who = {"email": email, "password": password}
    session = await client.post("/auth/v1/token", params={"grant_type": "password"}, json=who)
    client.headers["Authorization"] = f"Bearer {session.raise_for_status().json()['access_token']}"
    me = (await client.get("/v1/me")).raise_for_status().json()
    assert (me["email"], me["role"]) == (email, "owner")
    user = User(client, me["workspace_id"])
    await grant(user, operator, 100)
    return user


async def _upload_map_try_and_start(page: Page, user: User, file: FilePayload) -> str:
    await page.get_by_role("link", name=re.compile("Upload|New job")).first.click()
    await page.get_by_label("File", exact=True).set_input_files([file])
    await expect(page.get_by_role("heading", level=1, name="Fair contacts.xlsx")).to_be_visible(timeout=WHILE_MS)
    await page.get_by_label("Segment is used as").select_option(label="Industry")
    upload_id = named(page)

    async def mapped() -> bool:
        return "industry" in (await user.ask("GET", f"/v1/uploads/{upload_id}"))["mapping"]

    await eventually(mapped)
    await page.get_by_role("link", name="Continue").click()
    await page.get_by_role("button", name="Try 3 rows").click()
    tried = page.get_by_role("region", name="Tried rows")
    await expect(tried.get_by_text("Researched")).to_have_count(3, timeout=WHILE_MS)
    price = page.get_by_role("complementary", name="Price and start")
    # Three of the four rows are there already, for nothing.
    await expect(price.get_by_text("1 credit", exact=True)).to_be_visible(timeout=WHILE_MS)
    await price.get_by_role("button", name="Start research").click()
    await page.wait_for_url(re.compile(r"/job\?id="))
    return named(page)


async def _watch_it_finish_and_open_evidence(page: Page, user: User, job_id: str) -> None:
    progress = page.get_by_role("region", name="Progress")
    await expect(progress.get_by_text("Done", exact=True)).to_be_visible(timeout=WHILE_MS)
    job = await user.job(job_id)
    assert (job["state"], job["rows_enriched"], job["rows_free"]) == ("completed", ROWS, 3)
    assert (await user.closed_balance())["available"] == 99
    await page.get_by_role("grid", name="Rows").get_by_text("Ingrid Solheim").click()
    row = page.get_by_role("dialog", name="Ingrid Solheim")
    kept = await user.ask("GET", f"/v1/jobs/{job_id}/rows/1")
    assert kept["evidence"]
    for statement in kept["evidence"]:
        source, same = statement["sources"][0], statement["snippet"].strip() == statement["text"].strip()
        backed = (
            row.get_by_role("listitem").filter(has_text=statement["text"]).filter(has=page.get_by_role("blockquote"))
        )
        words = "In the same words at:" if same else f"“{statement['snippet']}”"
        await expect(backed.get_by_text(words).first).to_be_visible()
        link = backed.get_by_role("link", name=source["title"] or source["url"]).first
        assert await link.get_attribute("href") == source["url"]
    await page.keyboard.press("Escape")


async def _download_and_read(page: Page, rows: list[list[str]]) -> list[str]:
    """The opening lines of the sheet, which holds what was sent besides."""
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Download").click()
    file = await coming.value
    assert file.suggested_filename.endswith(".xlsx")
    sheet = openpyxl.load_workbook(BytesIO((await file.path()).read_bytes())).worksheets[0]
    header, *found = [list(cells) for cells in sheet.iter_rows(values_only=True)]
    assert header[: len(HEADER)] == HEADER
    assert [cells[: len(HEADER)] for cells in found] == rows
    research, line = header.index("sif_research"), header.index("sif_personalized")
    assert all(cells[research] and cells[line] for cells in found)
    return [str(cells[line]) for cells in found]


async def _send_and_see_the_mail(page: Page, user: User, world: World, lines: dict[str, str]) -> None:
    await page.get_by_role("link", name="Send to these").click()
    await page.get_by_role("button", name="Start sending").click()
    dialog = page.get_by_role("dialog", name="Start sending")
    await dialog.get_by_text("Days and hours").click()
    await dialog.get_by_role("radio", name="Any hour").check()
    await dialog.get_by_role("button", name="Start sending").click()
    await page.wait_for_url(re.compile(r"/campaign\?id="))
    campaign = await user.ask("GET", f"/v1/campaigns/{named(page)}")
    assert campaign["state"] in {"active", "finished"}
    for address, line in lines.items():
        mails: list[dict[str, Any]] = []

        async def arrived(to: str = address, kept: list[dict[str, Any]] = mails) -> bool:
            kept[:] = await world.mail_to(to)
            return bool(kept)

        await eventually(arrived)
        [mail] = mails
        assert line in " ".join(str(mail).split()), mail
    await page.get_by_role("button", name="Leads", exact=True).click()
    await expect(page.get_by_role("row", name=re.compile("Sent"))).to_have_count(ROWS, timeout=WHILE_MS)
