"""Sending: the quota of the day, what is unknown, what got stuck, the forecast, a dry run, and why somebody waits."""

from __future__ import annotations

import re
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.support.journey import Json, User
from tests.support.waiting import eventually
from tests.support.world import World
from tests.web.axe import assert_open_to_all
from tests.web.conftest import Person
from tests.web.seeds import a_campaign, a_list, a_mailbox, not_today

WHILE_MS = 30_000


async def _ended(user: User, list_id: str, state: str) -> dict[str, Json]:
    """A campaign whose mails have all come to this end, through a mailbox of its own; the mails by their address."""
    await a_mailbox(user)
    await a_campaign(user, list_id)
    found: dict[str, Json] = {}

    async def all_of_them() -> bool:
        mails = (await user.ask("GET", "/v1/emails"))["items"]
        found.update({mail["email"]: mail for mail in mails})
        return len(mails) == 2 and all(mail["state"] == state for mail in mails)

    await eventually(all_of_them, within_s=60, every_s=0.2)
    return found


async def _state_of(user: User, email: str) -> str:
    [state] = [mail["state"] for mail in (await user.ask("GET", "/v1/emails"))["items"] if mail["email"] == email]
    return state


async def test_a_day_holds_as_many_mails_as_are_set_and_desks_too(page: Page, signed_in: Person) -> None:
    """Red when a limit is saved in another's place, or one that was not touched is lost."""
    user = signed_in.user
    before = await user.ask("GET", "/v1/sending/settings")
    await page.goto("/settings/sending")
    await page.get_by_label("Mails a day", exact=True).fill("120")
    await page.get_by_label(re.compile("one company")).fill("2")
    await page.get_by_label("Write to desks, too").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    kept = await user.ask("GET", "/v1/sending/settings")
    assert (kept["daily_quota"], kept["domain_quota"], kept["keeps_roles"]) == (120, 2, True)
    assert kept["follow_up_share"] == before["follow_up_share"]


async def test_what_may_have_left_is_decided_one_by_one(page: Page, signed_in: Person, world: World) -> None:
    """Red when a decision is kept for another mail, or one that was sent is written again."""
    user, domain = signed_in.user, f"{uuid4().hex[:10]}.example"
    found = await a_list(user, "Lost answers", domain)
    ada, grace = f"ada@{domain}", f"grace@{domain}"
    await world.dial(smtp={"recipients": {ada: "drop_accepted", grace: "drop_lost"}})
    await _ended(user, found["id"], "unknown")
    await page.goto("/sending/unknown")
    await page.get_by_role("row", name=re.compile(ada)).get_by_role("button", name="It was sent").click()
    await expect(page.get_by_role("row", name=re.compile(ada))).to_have_count(0)
    assert await _state_of(user, ada) == "sent"
    await page.get_by_role("row", name=re.compile(grace)).get_by_role("button", name="Send again").click()
    await expect(page.get_by_text("All is known")).to_be_visible()

    # It waits until the mailbox is tried again.
    assert await _state_of(user, grace) in {"planned", "deferred", "sending"}
    assert len(await world.mail_to(ada)) == 1


async def test_what_may_have_left_is_decided_together_after_a_question(
    page: Page, signed_in: Person, world: World
) -> None:
    """Red when one of them stays undecided, or nobody is asked."""
    user, domain = signed_in.user, f"{uuid4().hex[:10]}.example"
    found = await a_list(user, "Lost answers", domain)
    lost = {f"{name}@{domain}": "drop_accepted" for name in ("ada", "grace")}
    await world.dial(smtp={"recipients": lost})
    await _ended(user, found["id"], "unknown")
    await page.goto("/sending/unknown")
    await page.get_by_role("button", name="All were sent").click()
    dialog = page.get_by_role("dialog", name="All of them were sent?")
    await expect(dialog).to_be_visible()
    await assert_open_to_all(page)
    await dialog.get_by_role("button", name="They were sent").click()
    await expect(page.get_by_text("All is known")).to_be_visible()
    assert [mail["state"] for mail in (await user.ask("GET", "/v1/emails"))["items"]] == ["sent", "sent"]


async def test_a_mail_that_got_stuck_goes_to_another_address_and_the_rest_is_let_be(
    page: Page, signed_in: Person, world: World
) -> None:
    """Red when the change is lost, the mail goes to the former address, or what is let be comes back."""
    user, domain = signed_in.user, f"{uuid4().hex[:10]}.example"
    found = await a_list(user, "Refused", domain)
    ada, grace, instead = f"ada@{domain}", f"grace@{domain}", f"ada.lee@{domain}"
    await world.dial(smtp={"recipients": {ada: "refuse", grace: "refuse"}})
    mails = await _ended(user, found["id"], "failed")
    await page.goto("/sending/dead-letters")
    await page.get_by_role("table", name="Mails that were not sent").get_by_text(ada).click()
    panel = page.get_by_role("dialog")
    await panel.get_by_label("Address").fill(instead)
    await assert_open_to_all(page)
    await panel.get_by_role("button", name="Change").click()
    await expect(page.get_by_role("dialog", name=instead)).to_be_visible()
    assert (await user.ask("GET", f"/v1/dead-letters/{mails[ada]['id']}"))["email"] == instead
    await panel.get_by_role("button", name="Send again").click()
    await expect(panel).to_have_count(0)

    async def arrived() -> bool:
        return bool(await world.mail_to(instead))

    await eventually(arrived)
    assert not await world.mail_to(ada)
    await page.get_by_role("listitem").get_by_role("button", name="Let them be").click()
    await expect(page.get_by_text("Nothing got stuck")).to_be_visible()
    [left] = (await user.ask("GET", "/v1/dead-letters", params={"state": "discarded"}))["items"]
    assert left["email"] == grace


async def test_a_campaign_is_run_dry_checked_and_looked_ahead(page: Page, signed_in: Person, world: World) -> None:
    """Red when a dry run sends, its figures are not the run's, or the forecast and the check leave somebody out."""
    user, domain = signed_in.user, f"{uuid4().hex[:10]}.example"
    found = await a_list(user, "Dry", domain)
    campaign = await a_campaign(user, found["id"], start=False)
    await page.goto(f"/campaign?id={campaign['id']}&tab=calendar")
    await expect(page.get_by_text("2 mails in these days.", exact=False)).to_be_visible()
    forecast = await user.ask("GET", f"/v1/campaigns/{campaign['id']}/forecast")
    assert sum(day["first_emails"] for day in forecast["days"]) == 2
    await page.get_by_label("Refused, %").fill("100")
    await page.get_by_role("button", name="Run it").click()
    await expect(page.get_by_text("Failed", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Check", exact=True).click()
    await page.get_by_role("button", name="Check every row").first.click()
    await expect(page.get_by_text("of 3 rows can be written to")).to_be_visible()
    assert (await user.ask("GET", f"/v1/campaigns/{campaign['id']}"))["state"] == "draft"
    assert not await world.mail_to(f"ada@{domain}")


async def test_it_is_said_why_somebody_waits_a_test_goes_to_oneself_and_the_end_is_for_good(
    page: Page, signed_in: Person, world: World
) -> None:
    """Red when the reason is another lead's, the test goes to the lead, or an ended campaign can go on."""
    user, domain = signed_in.user, f"{uuid4().hex[:10]}.example"
    found = await a_list(user, "Later", domain)
    campaign = await a_campaign(user, found["id"], window=not_today())
    await page.goto(f"/campaign?id={campaign['id']}&tab=leads")
    await page.get_by_role("table", name="Leads of the campaign").get_by_text(f"grace@{domain}").click()
    panel = page.get_by_role("dialog", name=f"grace@{domain}")
    await expect(panel.get_by_text("Why not sent?")).to_be_visible()
    await expect(panel.get_by_text("does not send on that day", exact=False)).to_be_visible()
    await assert_open_to_all(page)
    await panel.get_by_role("button", name="Send me this mail").click()
    dialog = page.get_by_role("dialog", name="Send me a test")
    await dialog.get_by_role("button", name="Send the test").click()
    await expect(dialog.get_by_text(f"Sent to {signed_in.email}")).to_be_visible(timeout=WHILE_MS)
    [mail] = await world.mail_to(signed_in.email)
    assert mail["subject"].startswith("[Test]")
    assert not await world.mail_to(f"grace@{domain}")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")

    await page.get_by_role("button", name="More", exact=True).click()
    await page.get_by_role("menuitem", name="End the campaign").click()
    await page.get_by_role("dialog").get_by_role("button", name="End the campaign").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert (await user.ask("GET", f"/v1/campaigns/{campaign['id']}"))["state"] == "finished"
