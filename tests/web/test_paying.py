"""Buying in the browser: on the stand-in for Stripe's own pages, and back at what the account then holds."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from playwright.async_api import Locator, Page, expect

from tests.support.journey import User
from tests.support.waiting import eventually
from tests.web.conftest import Person

WHILE_MS = 20_000


async def _reaches(user: User, path: str, holds: Callable[[dict[str, object]], bool]) -> None:
    """Waits for an answer that holds what Stripe's webhook brings."""

    async def now() -> bool:
        return holds(await user.ask("GET", path))

    await eventually(now)


async def _pay(page: Page, site: str, begin: Callable[[], Awaitable[None]]) -> None:
    """Over Stripe's page, and back."""
    await begin()
    await page.get_by_label("Card number").fill("4242 4242 4242 4242")
    assert not page.url.startswith(site), "a card is given to Stripe alone"
    await page.get_by_role("button", name="Pay", exact=True).click()
    await page.wait_for_url(re.compile(rf"{site}/billing\?checkout=done"))


def _available(page: Page) -> Locator:
    return page.get_by_role("region", name="Balance")


async def test_a_pack_is_paid_for_and_its_credits_are_there(page: Page, signed_in: Person, site: str) -> None:
    """Red when the way to Stripe or back is lost, or what was paid for does not come without loading the page anew."""
    user = signed_in.user
    await page.goto("/billing")
    await expect(_available(page).get_by_text("1,000", exact=True)).to_be_visible()
    row = page.get_by_role("table", name="Packs").get_by_role("row").filter(has_text="5,000")
    await _pay(page, site, row.get_by_role("button").click)
    await expect(page.get_by_text("Thank you")).to_be_visible()
    await expect(_available(page).get_by_text("6,000", exact=True)).to_be_visible(timeout=WHILE_MS)
    assert (await user.balance())["available"] == 6000
    [bought, *_] = (await user.ask("GET", "/v1/credits/ledger", params={"operation": "grant"}))["items"]
    assert bought["changes"]["available"] == 5000

    await page.get_by_role("link", name="Ledger").click()
    ledger = page.get_by_role("table", name="Ledger")
    await expect(ledger.get_by_role("row").nth(1)).to_contain_text("+5,000")
    await page.get_by_role("link", name="Invoices").click()
    [invoice] = (await user.ask("GET", "/v1/billing/invoices"))["items"]
    shown = page.get_by_role("row").filter(has_text=invoice["number"])
    await expect(shown).to_contain_text("$65.00")
    assert await shown.get_by_role("link", name="Open").get_attribute("href") == invoice["hosted_url"]


async def test_whoever_leaves_stripe_without_paying_has_bought_nothing(
    page: Page, signed_in: Person, site: str
) -> None:
    """Red when leaving counts as buying, or nobody is told that it does not."""
    await page.goto("/billing")
    await page.get_by_role("table", name="Packs").get_by_role("button").first.click()
    await page.get_by_role("button", name="Back without paying").click()
    await page.wait_for_url(re.compile(rf"{site}/billing\?checkout=left"))
    await expect(page.get_by_text("Nothing was bought.")).to_be_visible()
    assert (await signed_in.user.balance())["available"] == 1000


async def test_a_declined_card_is_said_and_another_one_pays(page: Page, signed_in: Person, site: str) -> None:
    """Red when a refusal at Stripe ends the purchase, or counts as one."""
    await page.goto("/billing")
    await page.get_by_role("table", name="Packs").get_by_role("button").first.click()
    await page.get_by_label("Card number").fill("4000 0000 0000 0002")
    await page.get_by_role("button", name="Pay", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("declined")
    assert (await signed_in.user.balance())["available"] == 1000
    await page.get_by_label("Card number").fill("4242 4242 4242 4242")
    await page.get_by_role("button", name="Pay", exact=True).click()
    await page.wait_for_url(re.compile(rf"{site}/billing\?checkout=done"))
    await _reaches(signed_in.user, "/v1/credits", lambda now: now["available"] == 2000)


async def test_a_plan_is_taken_switched_ended_and_kept_and_its_card_is_at_stripe(
    page: Page, signed_in: Person, site: str
) -> None:
    """Red when a button of the plan does something else than it says, or the portal is somebody else's."""
    user = signed_in.user
    await page.goto("/billing")
    plans = page.get_by_role("table", name="Plans")
    starter = plans.get_by_role("row").filter(has_text="Starter")
    await _pay(page, site, starter.get_by_role("button").click)
    await expect(starter.get_by_text("Yours")).to_be_visible(timeout=WHILE_MS)
    assert (await user.ask("GET", "/v1/billing"))["plan"] == "starter"

    await plans.get_by_role("row").filter(has_text="Growth").get_by_role("button", name="Switch").click()
    dialog = page.get_by_role("dialog", name="Switch to Growth")
    preview = await user.ask("GET", "/v1/billing/subscription/preview", params={"plan": "growth", "interval": "month"})
    await expect(dialog.get_by_text(preview["says"])).to_be_visible()
    await dialog.get_by_role("button", name="Switch", exact=True).click()
    await expect(plans.get_by_role("row").filter(has_text="Growth").get_by_text("Yours")).to_be_visible(
        timeout=WHILE_MS
    )
    assert (await user.ask("GET", "/v1/billing"))["plan"] == "growth"

    await page.get_by_role("button", name="Cancel at the end of the period").click()
    await expect(page.get_by_role("button", name="Let it go on")).to_be_visible(timeout=WHILE_MS)
    assert "resume" in (await user.ask("GET", "/v1/billing"))["can"]
    await page.get_by_role("button", name="Let it go on").click()
    await expect(page.get_by_role("button", name="Cancel at the end of the period")).to_be_visible(timeout=WHILE_MS)
    assert "cancel" in (await user.ask("GET", "/v1/billing"))["can"]

    await page.get_by_role("button", name="Card and invoices at Stripe").click()
    await page.wait_for_url(re.compile(r"/stripe/portal/"))
    await expect(page.get_by_text("Growth").first).to_be_visible()
