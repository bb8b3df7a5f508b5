"""Webhooks from being added to being removed. Deliveries go to a port that nobody listens on: they fail, and are seen to."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.support.journey import Json, User
from tests.support.waiting import eventually
from tests.web.axe import assert_open_to_all
from tests.web.conftest import Person
from tests.web.seeds import once

WHERE = "https://hooks.invalid/corofy"


async def _hook(user: User) -> Json:
    wish = {"url": WHERE, "events": ["job.completed"]}
    return await user.ask("POST", "/v1/webhooks", json=wish, headers=once())


async def test_a_webhook_is_added_with_the_events_that_were_ticked_and_its_secret_shown_once(
    page: Page, signed_in: Person
) -> None:
    """Red when it is told of something else, or nobody sees what its messages are signed with."""
    await page.goto("/settings/webhooks")
    await page.get_by_role("button", name="Add webhook").click()
    dialog = page.get_by_role("dialog", name="Add a webhook")
    await dialog.get_by_label("URL").fill(WHERE)
    await dialog.get_by_label("Description").fill("The CRM")
    await dialog.get_by_role("checkbox", name=re.compile(r"^job\.completed")).check()
    await assert_open_to_all(page)
    await dialog.get_by_role("button", name="Add webhook").click()
    assert len(await page.get_by_test_id("secret").inner_text()) > 20
    await assert_open_to_all(page)
    await page.get_by_role("button", name="I have it").click()
    await expect(page.get_by_role("row", name=re.compile("hooks.invalid"))).to_be_visible()
    [kept] = (await signed_in.user.ask("GET", "/v1/webhooks"))["items"]
    assert (kept["url"], kept["description"], kept["events"]) == (WHERE, "The CRM", ["job.completed"])


async def test_a_webhook_is_changed_turned_off_and_on_given_another_secret_and_removed(
    page: Page, signed_in: Person
) -> None:
    """Red when a button does not do what it says, or a change of the address loses the events."""
    user = signed_in.user
    hook = await _hook(user)
    path = f"/v1/webhooks/{hook['id']}"
    await page.goto(f"/settings/webhooks?id={hook['id']}")
    panel = page.get_by_role("dialog", name=WHERE)
    await panel.get_by_label("Description").fill("The CRM of sales")
    await panel.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    kept = await user.ask("GET", path)
    assert (kept["description"], kept["events"]) == ("The CRM of sales", ["job.completed"])
    await assert_open_to_all(page)

    await panel.get_by_role("button", name="Turn off").click()
    await expect(panel.get_by_role("button", name="Turn on")).to_be_visible()
    assert (await user.ask("GET", path))["enabled"] is False
    await panel.get_by_role("button", name="Turn on").click()
    await expect(panel.get_by_role("button", name="Turn off")).to_be_visible()
    assert (await user.ask("GET", path))["enabled"] is True
    await panel.get_by_role("button", name="Other secret").click()
    secret = await page.get_by_test_id("secret").inner_text()
    assert secret != hook["secret"]
    await page.get_by_role("button", name="I have it").click()
    assert (await user.ask("GET", path))["old_secret_until"] is not None

    await panel.get_by_role("button", name="Remove").click()
    await page.get_by_role("dialog", name="Remove this webhook?").get_by_role("button", name="Remove webhook").click()
    await expect(page.get_by_text("No webhook yet")).to_be_visible()
    assert (await user.send("GET", path)).status_code == 404


async def test_a_test_is_sent_its_failure_told_and_it_is_sent_again(page: Page, signed_in: Person) -> None:
    """Red when nothing is sent, a failure is kept quiet, or sending again makes no other attempt."""
    user = signed_in.user
    hook = await _hook(user)
    path = f"/v1/webhooks/{hook['id']}/deliveries"
    await page.goto(f"/settings/webhooks?id={hook['id']}")
    await page.get_by_role("dialog").get_by_role("button", name="Send a test").click()
    deliveries = page.get_by_role("list", name="Deliveries").get_by_role("listitem")
    await expect(deliveries).to_have_count(1)
    tried: list[Json] = []

    async def failed() -> bool:
        tried[:] = (await user.ask("GET", path))["items"]
        return bool(tried) and tried[0]["state"] == "waiting" and tried[0]["attempts"] > 0

    await eventually(failed, every_s=0.2)
    await expect(deliveries.get_by_text("cannot be looked up")).to_be_visible(timeout=30_000)
    await deliveries.get_by_role("button", name="Try now").click()
    await expect(page.get_by_text("It is sent again")).to_be_visible()
    [now] = (await user.ask("GET", path))["items"]
    assert now["next_try_at"] != tried[0]["next_try_at"]
