"""What people do with a job under way or a row of one that has ended: pause, go on, begin again, one row once more."""

from __future__ import annotations

from playwright.async_api import Page, expect

from deploy.local.state import CHECKOUT
from tests.support.journey import Json
from tests.support.waiting import eventually
from tests.support.world import World
from tests.web.axe import assert_open_to_all
from tests.web.conftest import Person

LEADS = (CHECKOUT / "samples" / "leads.csv").read_bytes().splitlines(keepends=True)
WHILE_MS = 30_000


def _leads(rows: int) -> bytes:
    return b"".join(LEADS[: rows + 1])


async def test_a_job_is_paused_and_goes_on(page: Page, signed_in: Person, world: World) -> None:
    """Red when a paused job goes on by itself, or a resumed one stands still."""
    user = signed_in.user
    await world.dial(groq={"hang": True, "hang_s": 20})
    upload = await user.upload("october.csv", _leads(2))
    job = await user.start_job(upload["id"])
    await page.goto(f"/job?id={job['id']}")
    await page.get_by_role("button", name="Pause").click(timeout=WHILE_MS)
    await expect(page.get_by_role("button", name="Resume")).to_be_visible()
    assert (await user.job(job["id"]))["state"] == "paused"
    await world.reset()
    await page.get_by_role("button", name="Resume").click()
    assert (await user.finish(job["id"]))["rows_done"] == 2


async def test_rows_that_were_not_completed_are_begun_again(page: Page, signed_in: Person, world: World) -> None:
    """Red when the menu's item asks for nothing, or rows that are done are charged again."""
    user = signed_in.user
    upload = await user.upload("october.csv", _leads(3))
    job = await user.start_job(upload["id"], ceiling_credits=1)

    async def waits() -> bool:
        return (await user.job(job["id"]))["state"] == "parked"

    await eventually(waits)
    await page.goto(f"/job?id={job['id']}")
    await page.get_by_role("button", name="More", exact=True).click()
    await page.get_by_role("menuitem", name="Begin unfinished rows again").click()
    await expect(page.get_by_text("Begun once more", exact=False)).to_be_visible()
    await eventually(waits)
    now = await user.job(job["id"])
    assert (now["rows_enriched"], now["credits_total"]) == (1, 1)


async def test_one_row_is_researched_again_with_another_tone(page: Page, signed_in: Person) -> None:
    """Red when the wish is lost, another row is researched, or the price is not said first."""
    user = signed_in.user
    upload = await user.upload("october.csv", _leads(2))
    job = await user.finish((await user.start_job(upload["id"]))["id"])
    before = await user.ask("GET", f"/v1/jobs/{job['id']}/rows/1")
    await page.goto(f"/job?id={job['id']}")
    await page.get_by_role("grid", name="Rows").get_by_text("Ingrid Solheim").click()
    row = page.get_by_role("dialog", name="Ingrid Solheim")
    await row.get_by_role("button", name="Research this row again").click()
    await row.get_by_label("Tone").select_option("direct")
    await expect(row.get_by_role("button", name="Research again for 1 credit")).to_be_enabled()
    await assert_open_to_all(page)
    await row.get_by_role("button", name="Research again for 1 credit").click()
    await expect(page.get_by_text("Row 1 is being researched again", exact=False)).to_be_visible()
    again: list[Json] = []

    async def done() -> bool:
        again[:] = [one for one in (await user.ask("GET", "/v1/jobs"))["items"] if one["kind"] == "retry"]
        return bool(again) and again[0]["state"] == "completed"

    await eventually(done)
    assert (again[0]["root_id"], again[0]["rows_total"]) == (job["id"], 1)
    kept = await user.ask("GET", f"/v1/jobs/{job['id']}/rows/1")
    assert kept["line"] != before["line"], "the wish reached the writer"
