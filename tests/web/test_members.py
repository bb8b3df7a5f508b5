"""Who is in a workspace: invited again, joined, given another role, removed, made owner; and workspaces of one's own."""

from __future__ import annotations

import re
from uuid import uuid4

import asyncpg
import httpx
from playwright.async_api import Page, expect

from deploy.local.stack import LocalStack
from tests.support.journey import Json, User, new_user, sign_up
from tests.support.waiting import eventually
from tests.support.world import World
from tests.web.axe import assert_open_to_all
from tests.web.browser import Watch
from tests.web.conftest import Person
from tests.web.seeds import once


async def _joined(owner: User, email: str, client: httpx.AsyncClient, world: World, *, role: str = "member") -> Json:
    """Somebody who is a member from now on; `client` is them."""
    me = await sign_up(client, email, password=uuid4().hex, workspace="Elsewhere")
    await owner.ask("POST", "/v1/invitations", json={"email": email, "role": role})
    token = await mailed_token(world, email)
    (await client.post("/v1/invitations/accept", json={"token": token})).raise_for_status()
    return me


async def mailed_token(world: World, address: str, *, mails: int = 1) -> str:
    """What stands in the newest of so many invitations to an address."""
    tokens: list[str] = []

    async def mailed() -> bool:
        found = await world.mail_to(address)
        if len(found) < mails:
            return False
        # A mail is there as it was sent, too, where a soft line break may cut the token.
        tokens.append(max(re.findall(r"/invitation#token=([\w-]+)", str(found[-1])), key=len))
        return True

    await eventually(mailed, within_s=30)
    return tokens[-1]


async def _mailed_earlier(stack: LocalStack, email: str) -> None:
    """Two mails to somebody are at least five minutes apart."""
    connection = await asyncpg.connect(stack.database_url)
    try:
        query = "UPDATE gateway.invitations SET mailed_at = mailed_at - interval '6 minutes' WHERE address = $1"
        assert await connection.execute(query, email) == "UPDATE 1"
    finally:
        await connection.close()


async def test_a_member_is_given_another_role_and_removed(
    page: Page, signed_in: Person, site: str, world: World
) -> None:
    """Red when the role is not kept, or somebody who was removed still gets in."""
    email = f"{uuid4().hex[:12]}@colleague.example"
    async with httpx.AsyncClient(base_url=site, timeout=30, trust_env=False) as colleague:
        them = await _joined(signed_in.user, email, colleague, world)
        await page.goto("/settings/members")
        await page.get_by_label(f"Role of {email}").select_option("viewer")
        await expect(page.get_by_text(f"{email} is viewer now")).to_be_visible()
        members = (await signed_in.user.ask("GET", "/v1/members"))["items"]
        assert {one["user_id"]: one["role"] for one in members}[them["user_id"]] == "viewer"

        await page.get_by_role("button", name=f"More for {email}").click()
        await page.get_by_role("menuitem", name="Remove").click()
        dialog = page.get_by_role("dialog", name=f"Remove {email}?")
        await assert_open_to_all(page)
        await dialog.get_by_role("button", name="Remove").click()
        await expect(page.get_by_label(f"Role of {email}")).to_have_count(0)
        inside = {"X-Workspace-Id": signed_in.user.workspace_id}
        assert (await colleague.get("/v1/lists", headers=inside)).status_code in {401, 403, 404}
    assert len((await signed_in.user.ask("GET", "/v1/members"))["items"]) == 1


async def test_a_workspace_is_handed_over_and_left(
    page: Page, signed_in: Person, site: str, world: World, watch: Watch
) -> None:
    """Red when there are two owners or none, or who has left is still in it."""
    user, email = signed_in.user, f"{uuid4().hex[:12]}@colleague.example"
    async with httpx.AsyncClient(base_url=site, timeout=30, trust_env=False) as colleague:
        await _joined(user, email, colleague, world, role="admin")
        await page.goto("/settings/members")
        await page.get_by_role("button", name=f"More for {email}").click()
        await page.get_by_role("menuitem", name="Make owner in your place").click()
        await page.get_by_role("dialog").get_by_role("button", name="Hand over").click()
        await expect(page.get_by_text(f"{email} owns the workspace")).to_be_visible()
        members = (await user.ask("GET", "/v1/members"))["items"]
        assert {one["email"]: one["role"] for one in members} == {signed_in.email: "admin", email: "owner"}

        # Nobody leaves the only one they are in.
        await user.ask("POST", "/v1/workspaces", json={"name": "Second", "time_zone": "UTC"}, headers=once())
        await page.get_by_role("button", name=f"More for {signed_in.email}").click()
        await page.get_by_role("menuitem", name="Leave the workspace").click()
        watch.expect(r"40[134] .*/v1/")
        await page.get_by_role("dialog").get_by_role("button", name="Leave").click()
        inside = {"X-Workspace-Id": user.workspace_id}

        async def alone() -> bool:
            return len((await colleague.get("/v1/members", headers=inside)).json()["items"]) == 1

        await eventually(alone)
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_an_invitation_is_mailed_again_with_another_link(
    page: Page, signed_in: Person, world: World, stack: LocalStack
) -> None:
    """Red when no second mail leaves, or it brings the same link."""
    user, email = signed_in.user, f"{uuid4().hex[:12]}@colleague.example"
    await user.ask("POST", "/v1/invitations", json={"email": email, "role": "viewer"})
    first = await mailed_token(world, email)
    await _mailed_earlier(stack, email)
    await page.goto("/settings/members")
    await page.get_by_role("row", name=re.compile(email)).get_by_role("button", name="Send again").click()
    await expect(page.get_by_text("Another link is on its way")).to_be_visible()
    assert await mailed_token(world, email, mails=2) != first
    [invited] = (await user.ask("GET", "/v1/invitations"))["items"]
    assert invited["state"] == "open"


async def test_who_is_invited_joins_by_the_link(
    page: Page, signed_in: Person, site: str, operator: httpx.AsyncClient, world: World
) -> None:
    """Red when the link leads nowhere, or makes somebody a member of another workspace or in another role."""
    owner = await new_user(site, operator, credits_=0)
    await owner.ask("POST", "/v1/invitations", json={"email": signed_in.email, "role": "member"})
    token = await mailed_token(world, signed_in.email)
    await page.goto(f"/invitation#token={token}")
    await page.get_by_role("button", name="Accept the invitation").click()
    await page.wait_for_url(re.compile(r"/$"))
    members = (await owner.ask("GET", "/v1/members"))["items"]
    assert {one["email"]: one["role"] for one in members}[signed_in.email] == "member"
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    await owner.client.aclose()


async def test_another_workspace_is_made_and_gone_to_and_renamed(page: Page, signed_in: Person) -> None:
    """Red when one goes on working in the former, or its name or its day is not kept."""
    user = signed_in.user
    await page.get_by_role("button", name=re.compile("^Workspace")).click()
    await page.get_by_role("menuitem", name="New workspace").click()
    dialog = page.get_by_role("dialog", name="New workspace")
    await dialog.get_by_label("Name").fill("Second")
    await assert_open_to_all(page)
    await dialog.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("button", name=re.compile("^Workspace"))).to_contain_text("Second")
    mine = {one["name"]: one["id"] for one in (await user.ask("GET", "/v1/workspaces"))["items"]}
    assert mine.keys() == {"Acme Lubricants", "Second"}

    await page.goto("/settings")
    await page.get_by_label("Name", exact=True).fill("Second to none")
    await page.get_by_label("Time zone of its day").select_option("Europe/Oslo")
    await page.get_by_role("button", name="Save").first.click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    kept = await user.ask("GET", "/v1/workspace", headers={"X-Workspace-Id": mine["Second"]})
    assert (kept["name"], kept["time_zone"]) == ("Second to none", "Europe/Oslo")
    assert (await user.ask("GET", "/v1/workspace"))["name"] == "Acme Lubricants"


async def test_who_writes_is_kept_beside_the_quotas(page: Page, signed_in: Person) -> None:
    """Red when the address is lost, or saving it puts a quota back."""
    user = signed_in.user
    limits = {"daily_quota": 77, "domain_quota": None, "follow_up_share": 50, "campaign_pause_days": 0}
    wish = {"sender_name": "", "postal_address": "", "keeps_roles": False, **limits}
    await user.ask("PUT", "/v1/sending/settings", json=wish)
    await page.goto("/settings")
    await page.get_by_label("Sender's name").fill("Ann Lee")
    await page.get_by_label("Postal address").fill("1 Mill Lane, Halden")
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    kept = await user.ask("GET", "/v1/sending/settings")
    assert (kept["sender_name"], kept["postal_address"], kept["daily_quota"]) == (
        "Ann Lee",
        "1 Mill Lane, Halden",
        77,
    )
