"""A password that was forgotten, and the way out."""

from __future__ import annotations

import re

import httpx
from playwright.async_api import Page, expect

from tests.support.waiting import eventually
from tests.support.world import World
from tests.web.conftest import Person


async def test_a_forgotten_password_is_replaced_by_the_mailed_link_once(
    page: Page, person: Person, site: str, world: World
) -> None:
    """Red when no mail leaves, its link leads nowhere, the former password still lets in, or the new one does not."""
    await page.goto("/sign-in")
    await page.get_by_role("link", name="Forgotten?").click()
    await page.get_by_label("Email").fill(person.email)
    await page.get_by_role("button", name="Send the link").click()
    await expect(page.get_by_role("heading", name="Look in your inbox")).to_be_visible()
    # Pasted over the page that asked for it, where the browser changes only what follows the #.
    await page.goto(await _mailed_link(world, person.email))
    await page.get_by_label("New password").fill("another password")
    await page.get_by_role("button", name="Set password").click()
    await page.wait_for_url(re.compile(r"/$"))
    await expect(page.get_by_text("Acme Lubricants").first).to_be_visible()
    async with httpx.AsyncClient(base_url=site, timeout=30, trust_env=False) as client:
        for password, status in ((person.password, 400), ("another password", 200)):
            who = {"email": person.email, "password": password}
            answer = await client.post("/auth/v1/token", params={"grant_type": "password"}, json=who)
            assert answer.status_code == status
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert (await client.get("/auth/v1/user", headers=bearer)).json()["email"] == person.email


async def test_who_signs_out_is_out(page: Page, signed_in: Person) -> None:
    """Red when the page looks signed out and the session goes on."""
    kept = await page.evaluate("() => Object.values(localStorage).find((one) => one.includes('refresh_token'))")
    token = re.findall(r'"refresh_token":"([^"]+)"', kept)[0]
    await page.get_by_role("button", name=re.compile("^Your account")).click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await page.wait_for_url(re.compile(r"/sign-in"))
    renewed = await signed_in.user.send(
        "POST", "/auth/v1/token", params={"grant_type": "refresh_token"}, json={"refresh_token": token}
    )
    assert renewed.status_code == 400
    assert (await signed_in.user.send("GET", "/v1/me")).status_code == 401, "everywhere, as Supabase does"


async def _mailed_link(world: World, address: str) -> str:
    """The address in the mail, whole: a mail is there as it was sent, too, where a soft line break may cut it."""
    links: list[str] = []

    async def mailed() -> bool:
        links.extend(re.findall(r"https?://[^\s\"'<>\\]+/reset#[^\s\"'<>\\]+", str(await world.mail_to(address))))
        return bool(links)

    await eventually(mailed, within_s=30)
    return max(links, key=len)
