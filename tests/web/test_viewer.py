"""Somebody who may only look: every page reads well, and offers nothing that would be refused."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.support.journey import sign_up
from tests.support.waiting import eventually
from tests.support.world import World
from tests.web.browser import Watch
from tests.web.conftest import Person, sign_in
from tests.web.seeds import a_campaign, a_list
from tests.web.test_every_page import BEFORE_SIGNING_IN, LEADING_ON, settled
from tests.web.test_machinery import pages

PARTS = 4
OFFERED = """() => [...document.querySelectorAll("main button")]
    .filter((one) => !one.disabled && one.offsetParent !== null && one.ariaPressed === null && one.role !== "tab")
    .map((one) => (one.ariaLabel || one.innerText).trim())"""
READING = re.compile(
    r"^(More for the catalogue|Export|CSV|Download|Download CSV|New key|More for \S+@person\.example"
    r"|Prove again|Versions|Add a column|Check every row|Read the opening lines|Look at the calendar|Next lead|Lead before)$"
)
"""What is looked at, taken home or only typed; a key that may read; and leaving the workspace, which everybody may."""


@pytest.fixture
async def viewer(page: Page, person: Person, site: str, world: World) -> Person:
    """Signed in on `page`, in the workspace of `person`, who is its owner."""
    email, password = f"{uuid4().hex[:12]}@person.example", f"pass-{uuid4().hex}"
    async with httpx.AsyncClient(base_url=site, timeout=30, trust_env=False) as client:
        await sign_up(client, email, password=password, workspace="Elsewhere")
        await person.user.ask("POST", "/v1/invitations", json={"email": email, "role": "viewer"})
        tokens: list[str] = []

        async def mailed() -> bool:
            tokens.extend(re.findall(r"/invitation#token=([\w-]+)", str(await world.mail_to(email))))
            return bool(tokens)

        await eventually(mailed)
        # A mail is there as it was sent, too, where a soft line break may cut the token.
        token = max(tokens, key=len)
        (await client.post("/v1/invitations/accept", json={"token": token})).raise_for_status()
    await page.goto("/sign-in")
    await page.evaluate("id => localStorage.setItem('corofy.workspace', id)", person.user.workspace_id)
    await sign_in(page, email, password)
    return person


async def _of_things(owner: Person) -> list[str]:
    """Pages about something that is there."""
    user = owner.user
    upload = await user.upload("Leads.csv", b"Company,Website\nHalden,haldenlube.example\n")
    job = await user.finish((await user.start_job(upload["id"]))["id"])
    found = await a_list(user, "October", f"{uuid4().hex[:10]}.example")
    campaign = await a_campaign(user, found["id"], start=False)
    return [
        f"/upload?id={upload['id']}",
        f"/upload?id={upload['id']}&step=review",
        f"/job?id={job['id']}",
        f"/job?id={job['id']}&row=1",
        f"/list?id={found['id']}",
        f"/campaign?id={campaign['id']}",
        f"/template?id={campaign['template_id']}",
    ]


async def _offered(page: Page, paths: list[str]) -> dict[str, list[str]]:
    """What can be pressed on each page and is not for reading."""
    found = dict[str, list[str]]()
    for path in paths:
        await settled(page, path)
        await expect(page.locator("h1")).to_have_count(1)
        names = [name for name in await page.evaluate(OFFERED) if not READING.search(name)]
        if names:
            found[path] = names
    return found


@pytest.mark.parametrize("part", range(PARTS))
async def test_a_viewer_can_read_every_page_and_press_nothing_that_is_refused(
    page: Page, viewer: Person, watch: Watch, part: int
) -> None:
    """Red when a page shows a viewer a button that changes something (new buttons that only read join READING), or asks
    the API for what a viewer is refused."""
    paths = [path for path in pages() if path not in {*LEADING_ON, *BEFORE_SIGNING_IN}]
    assert await _offered(page, paths[part::PARTS]) == {}


async def test_a_viewer_can_read_what_there_is_and_press_nothing_that_is_refused(
    page: Page, viewer: Person, watch: Watch
) -> None:
    """The same where there is something to change."""
    assert await _offered(page, await _of_things(viewer)) == {}
