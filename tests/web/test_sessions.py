"""A session that ends while somebody is at work: unnoticed where it can be renewed, otherwise asked for over the page."""

from __future__ import annotations

import re

import httpx
from playwright.async_api import Page, expect

from tests.web.browser import Watch
from tests.web.conftest import Person
from tests.web.seeds import named

KEY = "corofy.session"
NAME = "Half written"


async def _half_written(page: Page) -> None:
    await page.goto("/template")
    await page.get_by_label("Name", exact=True).fill(NAME)


async def _forge(page: Page) -> None:
    """The access token is none any more, whatever its time; the refresh token lives."""
    await page.evaluate(
        """key => {
            const kept = JSON.parse(localStorage.getItem(key));
            localStorage.setItem(key, JSON.stringify({...kept, access_token: kept.access_token.slice(0, -8) + "AAAAAAAA"}));
        }""",
        KEY,
    )


async def _sign_out_elsewhere(person: Person, site: str) -> None:
    """Every session of the person, as after a lost laptop."""
    async with httpx.AsyncClient(base_url=site, timeout=30, trust_env=False) as client:
        who = {"email": person.email, "password": person.password}
        session = await client.post("/auth/v1/token", params={"grant_type": "password"}, json=who)
        client.headers["Authorization"] = f"Bearer {session.raise_for_status().json()['access_token']}"
        (await client.post("/auth/v1/logout", params={"scope": "global"})).raise_for_status()
        renewed = await client.post("/auth/v1/token", params={"grant_type": "password"}, json=who)
        person.user.client.headers["Authorization"] = f"Bearer {renewed.raise_for_status().json()['access_token']}"


async def _saved(page: Page, person: Person) -> None:
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.wait_for_url(re.compile(r"/template\?id="))
    assert (await person.user.ask("GET", f"/v1/templates/{named(page)}"))["name"] == NAME


async def test_a_token_that_has_ended_is_renewed_unnoticed(page: Page, signed_in: Person, watch: Watch) -> None:
    """Red when somebody with a living session is asked to sign in, or has to click twice."""
    await _half_written(page)
    watch.expect(r"401 (GET|POST) .*/v1/")
    before = await page.evaluate("key => JSON.parse(localStorage.getItem(key)).refresh_token", KEY)
    await _forge(page)
    await _saved(page, signed_in)
    assert await page.evaluate("key => JSON.parse(localStorage.getItem(key)).refresh_token", KEY) != before


async def test_a_session_ended_elsewhere_is_signed_into_again_over_the_page(
    page: Page, signed_in: Person, watch: Watch, site: str
) -> None:
    """Red when what was typed is lost with the session, or a wrong password is let in."""
    await _half_written(page)
    watch.expect(r"(401 (GET|POST) .*/v1/|400 POST .*/auth/v1/token|40\d POST .*/auth/v1/logout)")
    await _sign_out_elsewhere(signed_in, site)
    await _forge(page)
    await page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Sign in again")
    await dialog.get_by_label("Password").fill("not the password")
    await dialog.get_by_role("button", name="Sign in").click()
    await expect(dialog.get_by_text("do not belong together")).to_be_visible()
    await dialog.get_by_label("Password").fill(signed_in.password)
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_label("Name", exact=True)).to_have_value(NAME)
    await _saved(page, signed_in)


async def test_whoever_opens_a_page_after_their_session_ended_signs_in_and_lands_on_it(
    page: Page, signed_in: Person, watch: Watch, site: str
) -> None:
    """Red when the page that was wanted is forgotten on the way over the sign-in."""
    watch.expect(r"(401 (GET|POST) .*/v1/|400 POST .*/auth/v1/token|40\d POST .*/auth/v1/logout)")
    await _sign_out_elsewhere(signed_in, site)
    await page.goto("/sign-up")
    await page.evaluate("key => localStorage.removeItem(key)", KEY)
    await page.goto("/billing/ledger?operation=grant")
    await page.wait_for_url(re.compile(r"/sign-in\?next="))
    await page.get_by_label("Email").fill(signed_in.email)
    await page.get_by_label("Password", exact=True).fill(signed_in.password)
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"/billing/ledger\?operation=grant$"))
    await expect(page.get_by_role("table", name="Ledger")).to_be_visible()


async def test_signing_out_leaves_nothing_open_in_another_tab(page: Page, signed_in: Person, watch: Watch) -> None:
    """Red when a second tab still shows what there was to somebody who comes after."""
    watch.expect(r"401 (GET|POST) .*/v1/")
    await page.goto("/billing")
    other = await page.context.new_page()
    await other.goto("/")
    await expect(other.get_by_role("heading", level=1)).to_be_visible()
    await other.keyboard.press("Control+k")
    await expect(other.get_by_role("combobox")).to_be_focused()
    await other.keyboard.type("Sign out")
    await expect(other.get_by_role("option", selected=True)).to_have_text("Sign out")
    await other.keyboard.press("Enter")
    await other.wait_for_url(re.compile(r"/sign-in"))
    await page.wait_for_url(re.compile(r"/sign-in"))
    await expect(page.get_by_label("Email")).to_be_visible()
    assert await page.evaluate("key => localStorage.getItem(key)", KEY) is None
