"""A job as people watch it: live, with its evidence, its lines, its files, and what may be done with it by whom."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import httpx
import openpyxl
from playwright.async_api import Locator, Page, Route, expect

from deploy.local.state import CHECKOUT
from tests.support.journey import Json, User, sign_up
from tests.support.waiting import eventually
from tests.support.world import World
from tests.web.browser import Watch
from tests.web.conftest import Person, sign_in

LEADS = (CHECKOUT / "samples" / "leads.csv").read_bytes().splitlines(keepends=True)
WHILE_MS = 20_000
MINE = "Ingrid, your second blending line caught my eye."


def _leads(rows: int) -> bytes:
    """The first leads of the sample; all of them can be researched."""
    return b"".join(LEADS[: rows + 1])


async def _start(user: User, rows: int, **options: object) -> Json:
    upload = await user.upload("october.csv", _leads(rows))
    return await user.start_job(upload["id"], **options)


async def _open(page: Page, job: Json) -> None:
    await page.goto(f"/job?id={job['id']}")
    await expect(page.get_by_role("heading", level=1, name="october.csv")).to_be_visible()


async def test_a_job_is_watched_to_its_end_and_what_it_found_is_read_and_taken_home(
    page: Page, signed_in: Person, world: World, tmp_path: Path
) -> None:
    """Red when the page stands still until it is loaded anew, a statement has no source, or the sheet is another one."""
    await world.dial(groq={"latency_ms": 400})
    job = await _start(signed_in.user, 6)
    await _open(page, job)
    await expect(page.get_by_role("progressbar", name="Rows done")).to_be_visible()
    progress = page.get_by_role("region", name="Progress")
    await expect(progress.get_by_text("Done", exact=True)).to_be_visible(timeout=WHILE_MS)
    await expect(progress.get_by_text("6 of 6 rows")).to_be_visible()

    await page.get_by_role("grid", name="Rows").get_by_text("Ingrid Solheim").click()
    row = page.get_by_role("dialog", name="Ingrid Solheim")
    found = (await signed_in.user.ask("GET", f"/v1/jobs/{job['id']}/rows/1"))["evidence"]
    for statement in found:
        await expect(row.get_by_text(statement["text"], exact=True).first).to_be_visible()
        link = row.get_by_role("link", name=statement["sources"][0]["title"]).first
        assert "noreferrer" in (await link.get_attribute("rel") or "")
    assert found
    await page.keyboard.press("Escape")

    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Download").click()
    file = tmp_path / "home.xlsx"
    await (await coming.value).save_as(file)
    sheet = openpyxl.load_workbook(BytesIO(file.read_bytes())).worksheets[0]
    header = [cell.value for cell in sheet[1]]
    assert sheet.max_row == 7
    assert sheet.cell(2, header.index("sif_personalized") + 1).value
    asked = await signed_in.user.workbook(job["id"])
    assert [cell.value for cell in sheet[2]] == [cell.value for cell in asked[2]]


async def test_a_list_that_is_longer_than_browsers_draw_is_gone_through_in_parts(page: Page, signed_in: Person) -> None:
    """Red when the end of a list of half a million rows cannot be seen, or j and k stop where a part does. (Only the number of
    rows is made up.)"""
    job = await signed_in.user.finish((await _start(signed_in.user, 2))["id"])

    async def longer(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, json={**await answer.json(), "rows_total": 450_000})

    await page.route(re.compile(rf"/v1/jobs/{job['id']}$"), longer)
    await _open(page, job)
    parts, grid = page.get_by_role("group", name="Part of the list"), page.get_by_role("grid", name="Rows")
    await expect(parts.get_by_role("button")).to_have_text(["1 to 200,000", "200,001 to 400,000", "400,001 to 450,000"])
    await expect(grid.get_by_text("Ingrid Solheim")).to_be_visible()
    await page.get_by_label("Go to row").fill("450000")
    await page.keyboard.press("Enter")
    await expect(_row_at(grid, 450_000)).to_be_focused()
    await expect(parts.get_by_role("button", pressed=True)).to_have_text("400,001 to 450,000")
    await page.get_by_label("Go to row").fill("400001")
    await page.keyboard.press("Enter")
    await expect(_row_at(grid, 400_001)).to_be_focused()
    await page.keyboard.press("k")
    await expect(_row_at(grid, 400_000)).to_be_focused()
    await expect(parts.get_by_role("button", pressed=True)).to_have_text("200,001 to 400,000")
    await page.keyboard.press("j")
    await expect(_row_at(grid, 400_001)).to_be_focused()
    await parts.get_by_role("button", name="1 to 200,000", exact=True).click()
    await expect(grid.get_by_text("Ingrid Solheim")).to_be_visible()
    await expect(grid).to_have_attribute("aria-rowcount", "450001")


def _row_at(grid: Locator, row_no: int) -> Locator:
    """The line of a row; the one above them all is the header's."""
    return grid.locator(f'[role="row"][aria-rowindex="{row_no + 1}"]')


async def test_any_row_of_a_long_list_is_a_jump_away_and_its_research_comes_when_it_is_opened(
    page: Page, signed_in: Person
) -> None:
    """Red when the table asks for every page before the one that is looked at, or is sent what it does not show."""
    rows = "".join(f"p{n}@halden.example,Person,Nr {n},Halden\n" for n in range(1, 401))
    upload = await signed_in.user.upload("october.csv", f"Email,First name,Last name,Company\n{rows}".encode())
    job = await signed_in.user.finish((await signed_in.user.start_job(upload["id"]))["id"])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/rows" in request.url else None)
    await _open(page, job)
    grid = page.get_by_role("grid", name="Rows")
    await expect(grid.get_by_text("Person Nr 2", exact=True)).to_be_visible()
    await page.get_by_label("Go to row").fill("389")
    await page.keyboard.press("Enter")
    await expect(grid.get_by_text("Person Nr 389", exact=True)).to_be_visible()
    await expect(grid.get_by_role("row").filter(has_text="Person Nr 389")).to_be_focused()
    assert all("view=brief" in url for url in asked)
    assert not any("cursor=200" in url for url in asked), "a place in between was loaded"
    await page.keyboard.press("Enter")
    opened = page.get_by_role("dialog", name="Person Nr 389")
    row = await signed_in.user.ask("GET", f"/v1/jobs/{job['id']}/rows/389")
    await expect(opened.get_by_text(row["evidence"][0]["text"], exact=True).first).to_be_visible()


async def test_jobs_are_found_by_their_state_and_their_files_names(page: Page, signed_in: Person) -> None:
    """Red when a filter shows other jobs than the API has in that state, or the address does not keep it."""
    user = signed_in.user
    for name, more in (("march.csv", {}), ("May fair.csv", {}), ("june.csv", {"ceiling_credits": 1})):
        upload = await user.upload(name, _leads(2))
        await user.start_job(upload["id"], **more)

    async def named(query: str) -> list[str]:
        return [job["filename"] for job in (await user.ask("GET", f"/v1/jobs?{query}"))["items"]]

    async def settled() -> bool:
        return len(await named("state=completed")) == 2 and await named("state=parked") == ["june.csv"]

    await eventually(settled, within_s=30)
    await page.goto("/jobs")
    links = page.get_by_role("table", name="Jobs").get_by_role("link")

    async def show(*names: str) -> None:
        await expect(links).to_have_text([re.compile(f"^{re.escape(name)}") for name in names])

    await show("june.csv", "May fair.csv", "march.csv")
    await page.get_by_label("State").select_option("Waiting or paused")
    await show("june.csv")
    await page.get_by_label("State").select_option("Done")
    await show("May fair.csv", "march.csv")
    await page.get_by_label("Find a file").fill("FAIR")
    await show(*await named("state=completed&containing=FAIR"))
    await expect(page).to_have_url(re.compile(r"state=done&file=FAIR"))
    await page.reload()
    await show("May fair.csv")
    await page.get_by_label("Find a file").fill("april")
    await expect(page.get_by_role("heading", name="No such job")).to_be_visible()
    await page.get_by_role("button", name="Show all jobs").click()
    await show("june.csv", "May fair.csv", "march.csv")
    await expect(page.get_by_label("Find a file")).to_have_value("")


async def test_a_line_is_reworded_and_approved_and_the_next_sheet_has_it(
    page: Page, signed_in: Person, watch: Watch
) -> None:
    """Red when an edit or an approval is lost, or a sheet of before is given out as the one with the edit."""
    user = signed_in.user
    job = await user.finish((await _start(user, 2))["id"])
    await _open(page, job)
    await page.get_by_role("grid", name="Rows").get_by_text("Ingrid Solheim").click()
    row = page.get_by_role("dialog", name="Ingrid Solheim")
    await row.get_by_role("button", name="Edit").click()
    await row.get_by_label("Your wording").fill(MINE)
    await row.get_by_role("button", name="Save and approve").click()
    await expect(row.get_by_role("button", name="Take the approval back")).to_be_visible()
    await row.get_by_text("History of the line").click()
    await expect(row.get_by_role("listitem").filter(has_text=MINE)).to_be_visible()
    kept = await user.ask("GET", f"/v1/jobs/{job['id']}/rows/1")
    assert (kept["line"], kept["approved_at"] is not None) == (MINE, True)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("grid").get_by_text(MINE)).to_be_visible()

    watch.expect(r"409 POST .*/download-url")
    await page.get_by_role("button", name="Download").click()
    files = page.get_by_role("table", name="Files")
    await expect(files.get_by_text("Ready")).to_be_visible(timeout=WHILE_MS)
    async with page.expect_download() as coming:
        await files.get_by_role("button", name="Download").click()
    sheet = openpyxl.load_workbook(BytesIO((await (await coming.value).path()).read_bytes())).worksheets[0]
    assert MINE in [cell.value for cell in sheet[2]]
    [made] = (await user.ask("GET", f"/v1/jobs/{job['id']}/exports"))["items"]
    assert (made["state"], made["format"]) == ("ready", "xlsx")


async def test_a_job_at_its_ceiling_is_raised_finished_and_the_rest_tried_again(page: Page, signed_in: Person) -> None:
    """Red when the reason of a standstill is not said, or a button does not do what it says."""
    user = signed_in.user
    job = await _start(user, 4, ceiling_credits=1)
    await _open(page, job)
    await expect(page.get_by_role("note").filter(has_text="raise its ceiling")).to_be_visible(timeout=WHILE_MS)
    await page.get_by_role("button", name="Raise the ceiling").click()
    await page.get_by_label("Credits in all").fill("2")
    await page.get_by_role("button", name="Set the ceiling").click()

    async def at_two() -> bool:
        now = await user.job(job["id"])
        return (now["ceiling_credits"], now["rows_enriched"], now["state"]) == (2, 2, "parked")

    await eventually(at_two, within_s=20)
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Finish with what there is").click()
    await page.get_by_role("dialog").get_by_role("button", name="Finish").click()
    await expect(page.get_by_role("button", name="Download")).to_be_visible(timeout=WHILE_MS)
    assert (await user.job(job["id"]))["rows_skipped"] == 2

    await page.get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Retry rows").click()
    await page.get_by_label("Rows that nobody got to").check()
    await page.get_by_role("dialog").get_by_role("button", name="Retry rows").click()
    await expect(page.get_by_role("link", name="The whole list")).to_be_visible()
    retry = await user.finish(page.url.split("id=")[1])
    assert (retry["kind"], retry["rows_enriched"]) == ("retry", 2)


async def test_a_cancelled_job_is_deleted_after_a_question(page: Page, signed_in: Person) -> None:
    """Red when a job is cancelled or deleted without being asked about, or not at all."""
    user = signed_in.user
    job = await _start(user, 3, ceiling_credits=1)
    await _open(page, job)
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Cancel the job").click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()
    await expect(page.get_by_role("region", name="Progress").get_by_text("Cancelled")).to_be_visible()
    assert (await user.job(job["id"]))["state"] == "cancelled"
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    await page.wait_for_url(re.compile(r"/jobs$"))
    assert (await user.send("GET", f"/v1/jobs/{job['id']}")).status_code == 404


async def test_a_viewer_reads_everything_and_changes_nothing(
    page: Page, person: Person, site: str, world: World
) -> None:
    """Red when somebody who may only look is shown a button that would be refused, or is kept from reading."""
    job = await person.user.finish((await _start(person.user, 2))["id"])
    email, password = f"{uuid4().hex[:12]}@person.example", f"pass-{uuid4().hex}"
    async with httpx.AsyncClient(base_url=site, timeout=30, trust_env=False) as viewer:
        await sign_up(viewer, email, password=password, workspace="Elsewhere")
        await person.user.ask("POST", "/v1/invitations", json={"email": email, "role": "viewer"})
        token = await _mailed_token(world, email)
        (await viewer.post("/v1/invitations/accept", json={"token": token})).raise_for_status()
    await page.goto("/sign-in")
    await page.evaluate("id => localStorage.setItem('corofy.workspace', id)", person.user.workspace_id)
    await sign_in(page, email, password)
    await _open(page, job)
    await expect(page.get_by_role("button", name="Download")).to_be_visible()
    await page.get_by_role("grid", name="Rows").get_by_text("Ingrid Solheim").click()
    row = page.get_by_role("dialog", name="Ingrid Solheim")
    await expect(row.get_by_text("The company")).to_be_visible()
    for name in ("Approve", "Edit", "Research this row again"):
        await expect(row.get_by_role("button", name=name)).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="More")).to_have_count(0)


async def _mailed_token(world: World, address: str) -> str:
    """What stands in the invitation to an address."""
    tokens: list[str] = []

    async def mailed() -> bool:
        tokens.extend(re.findall(r"#token=([\w-]+)", str(await world.mail_to(address))))
        return bool(tokens)

    await eventually(mailed, within_s=30)
    return tokens[0]
