"""Opening lines of a campaign: reworded and approved for it alone."""

from __future__ import annotations

from playwright.async_api import Page, expect

from deploy.local.state import CHECKOUT
from tests.support.waiting import eventually
from tests.web.axe import assert_open_to_all
from tests.web.conftest import Person
from tests.web.seeds import a_campaign, not_today

LEADS = b"".join((CHECKOUT / "samples" / "leads.csv").read_bytes().splitlines(keepends=True)[:2])
MINE = "Ingrid, your second blending line caught my eye."


async def test_a_line_is_reworded_for_a_campaign_and_the_researched_one_taken_back(
    page: Page, signed_in: Person
) -> None:
    """Red when the words or the approval are lost, or the list's own line changes with them."""
    user = signed_in.user
    job = await user.enrich("one.csv", LEADS)

    async def listed() -> bool:
        answer = await user.send("GET", f"/v1/lists/{job['list_id']}")
        return answer.is_success and answer.json()["state"] == "ready"

    await eventually(listed)
    campaign = await a_campaign(user, job["list_id"], window=not_today())
    path = f"/v1/campaigns/{campaign['id']}/lines"

    async def has_line() -> bool:
        return bool((await user.ask("GET", path))["items"])

    await eventually(has_line)
    await page.goto(f"/campaign?id={campaign['id']}&tab=lines")
    row = page.get_by_role("table", name="Opening lines").get_by_role("row").nth(1)
    await row.click()
    panel = page.get_by_role("dialog", name="Opening line")
    await panel.get_by_label("Line").fill(MINE)
    await assert_open_to_all(page)
    await panel.get_by_role("button", name="Save and approve").click()
    await expect(panel).to_have_count(0)
    await expect(row).to_contain_text(MINE)
    [line] = (await user.ask("GET", path))["items"]
    assert (line["line"], line["approved"]) == (MINE, True)
    assert line["listed"] != MINE
    await row.click()
    await panel.get_by_role("button", name="Take the researched one").click()
    await expect(panel).to_have_count(0)
    [line] = (await user.ask("GET", path))["items"]
    assert (line["line"], line["approved"]) == (line["listed"], False)
