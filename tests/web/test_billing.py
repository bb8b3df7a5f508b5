"""Billing: limits, top-ups, a plan from its trial to its end, the ledger and the proof; each looked at again by the API."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from playwright.async_api import Page, expect

from tests.support.journey import Json, User
from tests.support.waiting import eventually
from tests.web.axe import assert_open_to_all
from tests.web.conftest import Person, sign_in
from tests.web.seeds import once

LEADS = b"Email,First name,Company\nada@halden.example,Ada,Halden\n"
LONG_MS = 40_000
"""For what Stripe's stand-in tells by a webhook."""


async def test_caps_are_set_for_all_and_for_one_and_taken_away(page: Page, signed_in: Person) -> None:
    """Red when a cap is saved as another, for somebody else, or stays when it is taken away."""
    user = signed_in.user
    await page.goto("/billing/limits")
    await page.get_by_label("A day", exact=True).fill("200")
    await page.get_by_label("A month", exact=True).fill("3000")
    await page.get_by_role("button", name="Save caps").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    caps = await user.ask("GET", "/v1/billing/caps")
    assert (caps["per_day"], caps["per_month"], caps["per_member"]) == (200, 3000, None)

    await page.get_by_label("Member", exact=True).select_option(label=signed_in.email)
    await page.get_by_label("Credits a month").fill("500")
    await page.get_by_role("button", name="Give a cap").click()
    mine = page.get_by_role("table", name="Caps of members").get_by_role("row", name=re.compile(signed_in.email))
    await expect(mine).to_contain_text("500")
    [kept] = (await user.ask("GET", "/v1/billing/caps/members"))["items"]
    assert kept["per_month"] == 500
    await mine.get_by_role("button", name="Take away").click()
    await expect(mine).to_have_count(0)
    assert (await user.ask("GET", "/v1/billing/caps/members"))["items"] == []


async def test_alerts_are_those_that_are_typed(page: Page, signed_in: Person) -> None:
    """Red when one of several is lost, or an empty field keeps the former ones."""
    await page.goto("/billing/limits")
    await page.get_by_label("Below").fill("400, 50")
    await page.get_by_role("button", name="Save alerts").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert (await signed_in.user.ask("GET", "/v1/billing/alerts"))["thresholds"] == [400, 50]


async def test_top_ups_are_turned_on_with_a_limit_and_off(page: Page, signed_in: Person) -> None:
    """Red when another pack is bought than was chosen, or buying goes on after it was turned off."""
    user = signed_in.user
    await page.goto("/billing/limits")
    await page.get_by_label("When fewer are left than").fill("40")
    await page.get_by_label("Buy", exact=True).select_option("5k")
    await page.get_by_label(re.compile("At most a month")).fill("130")
    await page.get_by_role("button", name="Turn on").click()
    await expect(page.get_by_role("button", name="Turn off")).to_be_visible()
    known = await user.ask("GET", "/v1/billing/auto-top-up")
    assert (known["on"], known["threshold"], known["pack"], known["monthly_maximum_minor"]) == (True, 40, "5k", 13_000)
    await page.get_by_role("button", name="Turn off").click()
    await expect(page.get_by_role("button", name="Turn on")).to_be_visible()
    assert (await user.ask("GET", "/v1/billing/auto-top-up"))["on"] is False


async def test_a_plan_is_begun_changed_cancelled_and_kept_after_all(page: Page, signed_in: Person) -> None:
    """Red when a plan's button leads to another plan, a switch does not say what it costs, or an end cannot be taken back."""
    user = signed_in.user
    await page.goto("/billing")
    plans = page.get_by_role("table", name="Plans", exact=True)
    await plans.get_by_role("row", name=re.compile("^Starter")).get_by_role("button").click()
    await page.get_by_label(re.compile("card", re.IGNORECASE)).first.fill("4242 4242 4242 4242")
    await page.get_by_role("button", name=re.compile("^(Pay|Subscribe|Start)", re.IGNORECASE)).first.click()
    await page.wait_for_url(re.compile(r"/billing\?checkout=done"))
    await _subscribed(user, "starter")
    await page.goto("/billing")

    await plans.get_by_role("row", name=re.compile("^Growth")).get_by_role("button", name="Switch").click()
    dialog = page.get_by_role("dialog", name="Switch to Growth")
    await expect(dialog.get_by_text("To pay now")).to_be_visible()
    await assert_open_to_all(page)
    await dialog.get_by_role("button", name="Switch").click()
    await expect(dialog).to_have_count(0)
    await _subscribed(user, "growth")
    await page.get_by_role("button", name="Cancel at the end of the period").click()
    await expect(page.get_by_role("button", name="Let it go on")).to_be_visible(timeout=LONG_MS)
    assert "resume" in (await user.ask("GET", "/v1/billing"))["can"]
    await page.get_by_role("button", name="Let it go on").click()
    await expect(page.get_by_role("button", name="Cancel at the end of the period")).to_be_visible(timeout=LONG_MS)
    assert "cancel" in (await user.ask("GET", "/v1/billing"))["can"]


async def test_the_card_is_looked_after_at_stripe_and_the_way_leads_back(page: Page, signed_in: Person) -> None:
    """Red when the button leads to nowhere, or there is no way back. An invoice that was paid is listed here."""
    user = signed_in.user
    pack = {"pack": "1k", "quantity": 1}
    checkout = await user.ask("POST", "/v1/billing/checkout", json=pack, headers=once())
    async with httpx.AsyncClient(trust_env=False) as stripe:
        await stripe.post(checkout["url"], data={"action": "pay", "card": "4242424242424242"})

    async def invoiced() -> bool:
        return bool((await user.ask("GET", "/v1/billing/invoices"))["items"])

    await eventually(invoiced)
    [invoice] = (await user.ask("GET", "/v1/billing/invoices"))["items"]
    await page.goto("/billing/invoices")
    row = page.get_by_role("table", name="Invoices").get_by_role("row", name=re.compile(re.escape(invoice["number"])))
    await expect(row).to_contain_text("1,000")
    await page.goto("/billing")
    await page.get_by_role("button", name="Card and invoices at Stripe").click()
    await expect(page.get_by_role("heading", name=re.compile("Billing of"))).to_be_visible()
    await page.get_by_role("link", name="Back").click()
    await expect(page.get_by_role("heading", level=1, name="Billing")).to_be_visible()
    assert "portal" in (await user.ask("GET", "/v1/billing"))["can"]


async def test_the_ledger_is_narrowed_saved_and_led_back_to_the_job(
    page: Page, signed_in: Person, tmp_path: Path
) -> None:
    """Red when a filter shows another kind, the file holds other lines than the page, or the statement adds up otherwise."""
    user = signed_in.user
    job = await user.enrich("one.csv", LEADS)
    await user.closed_balance()
    await page.goto("/billing/ledger")
    ledger = page.get_by_role("table", name="Ledger")
    await page.get_by_label("Kind").select_option(label="Hold")
    await expect(ledger.get_by_role("row")).to_have_count(2)
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="CSV").click()
    file = tmp_path / "ledger.csv"
    await (await coming.value).save_as(file)
    asked = await user.send("GET", "/v1/credits/ledger.csv", params={"operation": "hold"})
    assert file.read_bytes() == asked.content
    assert job["id"] in file.read_text()

    await ledger.get_by_role("link", name="Job statement").click()
    await expect(page.get_by_role("heading", name="Statement of a job")).to_be_visible()
    statement = await user.ask("GET", f"/v1/credits/jobs/{job['id']}")
    charges = page.get_by_role("table", name="Charges")
    await expect(charges.get_by_role("row")).to_have_count(len(statement["captures"]) + 1)
    await expect(page.get_by_text(f"{statement['total']} credit", exact=False).first).to_be_visible()


async def test_the_books_are_proved_anew(page: Page, signed_in: Person) -> None:
    """Red when the page shows a proof of before, or calls what differs right."""
    await page.goto("/billing/proof")
    checks = page.get_by_role("table", name="Checks")
    await expect(checks.get_by_text("Holds").first).to_be_visible()
    async with page.expect_response(re.compile("/v1/credits/proof")):
        await page.get_by_role("button", name="Prove again").click()
    proof = await signed_in.user.ask("GET", "/v1/credits/proof")
    assert proof["holds"]
    await expect(checks.get_by_role("row")).to_have_count(len(proof["checks"]) + 1)


async def test_an_operator_gives_credits_to_the_workspace_at_hand(page: Page, operator: httpx.AsyncClient) -> None:
    """Red when they go to another workspace, or are given without the reason that was typed."""
    await sign_in(page, "operator@corofy.example", "a password for the operator")
    await page.goto("/billing")
    await page.get_by_label("Credits", exact=True).fill("25")
    await page.get_by_label("Reason").fill("For the fair")
    await page.get_by_role("button", name="Give", exact=True).click()
    await expect(page.get_by_text("25 credits given")).to_be_visible()
    given: Json = (await operator.get("/v1/credits/grants", params={"open": True})).raise_for_status().json()
    assert (25, "For the fair") in [(one["credits"], one["reason"]) for one in given["items"]]


async def _subscribed(user: User, plan: str) -> None:
    async def told() -> bool:
        subscription = (await user.ask("GET", "/v1/billing"))["subscription"]
        return bool(subscription) and subscription["plan"] == plan

    await eventually(told)
