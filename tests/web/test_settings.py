"""Settings and the catalogue: what is changed in a page is so for the API, and who may not change it is not offered to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from uuid import uuid4

import httpx
from playwright.async_api import Page, expect

from tests.support.journey import User, new_user
from tests.support.waiting import eventually
from tests.support.world import World
from tests.web.conftest import Person

EXAMPLE = Path(__file__).parents[2] / "services" / "enrich" / "examples" / "lubricants.json"


async def test_a_key_made_in_the_page_works_until_it_is_revoked(page: Page, signed_in: Person, site: str) -> None:
    """Red when the key that is shown is not the one that was made, may more than was ticked, or survives its revocation."""
    await page.goto("/settings/api-keys")
    await page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog", name="New API key")
    await dialog.get_by_label("Name").fill("CRM sync")
    await dialog.get_by_role("button", name="Make key").click()
    key = await page.get_by_test_id("api-key").inner_text()
    await page.get_by_role("button", name="I have it").click()

    async with httpx.AsyncClient(base_url=site, headers={"Authorization": f"Bearer {key}"}, trust_env=False) as program:
        assert (await program.get("/v1/catalogue")).status_code == 200
        refused = await program.post("/v1/suppressions", json={"email": "ada@halden.example"})
        assert refused.status_code == 403, "it was given nothing but reading"
        row = page.get_by_role("row", name=re.compile("CRM sync"))
        await row.get_by_role("button", name="Revoke").click()
        await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        await expect(row.get_by_text("Revoked")).to_be_visible()
        assert (await program.get("/v1/catalogue")).status_code == 401


async def test_somebody_is_invited_and_the_invitation_revoked(page: Page, signed_in: Person, world: World) -> None:
    """Red when no mail leaves, another role is given than was chosen, or a revoked link still serves."""
    email = f"{uuid4().hex[:12]}@colleague.example"
    await page.goto("/settings/members")
    await page.get_by_role("button", name="Invite").click()
    dialog = page.get_by_role("dialog", name="Invite somebody")
    await dialog.get_by_label("Email").fill(email)
    await dialog.get_by_label("Role").select_option("viewer")
    await dialog.get_by_role("button", name="Send invitation").click()
    row = page.get_by_role("row", name=re.compile(email))
    await expect(row.get_by_text("Waits for an answer")).to_be_visible()
    [invited] = (await signed_in.user.ask("GET", "/v1/invitations"))["items"]
    assert (invited["email"], invited["role"], invited["state"]) == (email, "viewer", "open")
    await _mailed_token(world, email)
    await row.get_by_role("button", name="Revoke").click()
    await expect(row.get_by_text("Revoked")).to_be_visible()
    [invited] = (await signed_in.user.ask("GET", "/v1/invitations"))["items"]
    assert invited["state"] == "revoked"


async def test_a_product_and_a_rule_are_added_and_a_row_is_tried(page: Page, signed_in: Person) -> None:
    """Red when the page saves another rule than it shows, or a try does not say which rule decides."""
    await page.goto("/catalogue")
    await page.get_by_role("button", name="Add product").click()
    dialog = page.get_by_role("dialog", name="Add a product")
    await dialog.get_by_label("Name").fill("Zinc-free package")
    await dialog.get_by_label("What a line offers").fill("a zinc-free package for hydraulic fluids")
    await dialog.get_by_role("button", name="Add product").click()
    await page.get_by_role("button", name="Add rule").click()
    panel = page.get_by_role("dialog", name="Add a rule")
    await panel.get_by_label("Name", exact=True).fill("Hydraulics")
    await panel.get_by_label("Words", exact=True).fill("*hydraul*")
    await panel.get_by_label("Words", exact=True).press("Enter")
    await panel.get_by_role("button", name="Add rule").click()
    await expect(page.get_by_role("table", name="Rules").get_by_text("contains one of *hydraul*")).to_be_visible()
    kept = await signed_in.user.ask("GET", "/v1/catalogue")
    [product], [rule] = kept["products"], kept["rules"]
    assert (rule["product"], rule["conditions"][0]["values"]) == (product["id"], ["*hydraul*"])

    await page.get_by_role("button", name="Try a row").click()
    attempt = page.get_by_role("dialog", name="Try a row")
    await attempt.get_by_label("Industry").fill("Hydraulic fluids")
    await attempt.get_by_role("button", name="Try it").click()
    await expect(attempt.get_by_text("Offered: Zinc-free package")).to_be_visible()
    await attempt.get_by_label("Industry").fill("Bakeries")
    await attempt.get_by_role("button", name="Try it").click()
    await expect(attempt.get_by_text("No rule holds")).to_be_visible()
    assert await signed_in.user.ask("GET", "/v1/catalogue") == kept, "a try changes nothing"


async def test_the_example_is_taken_and_the_version_before_brought_back(page: Page, signed_in: Person) -> None:
    """Red when the page's example is not the one that is shipped, an order is lost, or there is no way back."""
    user, shipped = signed_in.user, json.loads(EXAMPLE.read_text())
    await page.goto("/catalogue")
    await page.get_by_role("button", name="Start from the example").click()
    first, second = (rule["name"] for rule in shipped["rules"][:2])
    await page.get_by_role("button", name=f"Try {first} later").click()
    await expect(page.get_by_role("table", name="Rules").get_by_role("row").nth(1)).to_contain_text(second)
    kept = await user.ask("GET", "/v1/catalogue")
    assert [rule["name"] for rule in kept["rules"][:2]] == [second, first]
    assert {product["id"] for product in kept["products"]} == {product["id"] for product in shipped["products"]}

    await page.get_by_role("button", name="More for the catalogue").click()
    await page.get_by_role("menuitem", name="Versions").click()
    await page.get_by_role("dialog").get_by_role("button", name="Go back to it").click()
    await expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(3)
    assert [rule["name"] for rule in (await user.ask("GET", "/v1/catalogue"))["rules"][:2]] == [first, second]


async def test_an_address_is_left_alone_and_written_to_again_for_a_reason(page: Page, signed_in: Person) -> None:
    """Red when the page says so and the API does not, or the reason is lost."""
    user, email = signed_in.user, f"{uuid4().hex[:12]}@halden.example"
    await page.goto("/settings/suppressions")
    await page.get_by_role("button", name="Add", exact=True).click()
    dialog = page.get_by_role("dialog", name="Do not contact")
    await dialog.get_by_label("Address").fill(email)
    await dialog.get_by_role("button", name="Leave them alone").click()
    row = page.get_by_role("row", name=re.compile(email))
    await expect(row.get_by_text("Asked to be left alone")).to_be_visible()
    [kept] = (await user.ask("GET", "/v1/suppressions"))["items"]
    assert (kept["email"], kept["reason"], kept["scope"]) == (email, "asked", "workspace")

    await row.get_by_role("button", name="Lift").click()
    lifting = page.get_by_role("dialog", name=f"Write to {email} again?")
    await lifting.get_by_label("Why they may be written to again").fill("Signed the contract")
    await lifting.get_by_role("button", name="Lift").click()
    # Whatever lies behind a dialog is hidden from readers, the row as well.
    await expect(lifting).to_have_count(0, timeout=15_000)
    await expect(row).to_have_count(0)
    assert (await user.ask("GET", "/v1/suppressions"))["items"] == []
    newest = (await user.ask("GET", "/v1/suppressions/changes"))["items"][0]
    assert (newest["change"], newest["note"]) == ("lifted", "Signed the contract")


async def test_a_mailbox_is_added_tried_paused_and_removed(page: Page, signed_in: Person) -> None:
    """Red when a button does not do what it says."""
    user, email = signed_in.user, f"ann@{uuid4().hex[:10]}.example"

    async def mine() -> list[str]:
        found = (await user.ask("GET", "/v1/mailboxes"))["items"]
        return [one["state"] for one in found if one["address"] == email]

    await page.goto("/settings/mailboxes")
    await page.get_by_role("button", name="Add mailbox").click()
    dialog = page.get_by_role("dialog", name="Add a mailbox")
    await dialog.get_by_label("Address").fill(email)
    await dialog.get_by_label("Sender's name").fill("Ann Lee")
    await dialog.get_by_label("Carried by").select_option("sendgrid")
    await dialog.get_by_role("button", name="Add mailbox").click()
    panel = page.get_by_role("dialog", name=email)
    await panel.get_by_role("button", name="Send test").click()
    await expect(panel.get_by_text("It works")).to_be_visible()
    await panel.get_by_role("button", name="Pause").click()
    await expect(panel.get_by_role("button", name="Resume")).to_be_visible()
    assert await mine() == ["paused"]
    await panel.get_by_role("button", name="Remove").click()
    await page.get_by_role("dialog", name=f"Remove {email}?").get_by_role("button", name="Remove mailbox").click()
    # Whatever lies behind a dialog is hidden from readers, the row as well.
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_role("row", name=re.compile(email))).to_have_count(0)
    assert await mine() == []


async def test_a_viewer_reads_the_settings_and_is_offered_no_change(
    page: Page, signed_in: Person, site: str, operator: httpx.AsyncClient, world: World
) -> None:
    """Red when somebody who may only look is shown a button that would be refused."""
    owner = await new_user(site, operator, credits_=0)
    await _join_as_viewer(owner, signed_in, world)
    await page.evaluate("id => localStorage.setItem('corofy.workspace', id)", owner.workspace_id)
    for path, heading in (("sending", "Sending"), ("mailboxes", "Mailboxes"), ("providers", "Providers")):
        await page.goto(f"/settings/{path}")
        await expect(page.get_by_role("heading", level=2, name=heading)).to_be_visible()
        await expect(page.get_by_text("Owners and admins of the workspace change these settings.")).to_be_visible()
        for name in ("Save", "Use your key"):
            await expect(page.get_by_role("button", name=name)).to_have_count(0)
    await page.goto("/settings/mailboxes")
    await expect(page.get_by_role("button", name="Add mailbox")).to_be_disabled()
    await page.goto("/settings/webhooks")
    await expect(page.get_by_text("Owners and admins of the workspace see and change its webhooks.")).to_be_visible()
    await owner.client.aclose()


async def _join_as_viewer(owner: User, person: Person, world: World) -> None:
    await owner.ask("POST", "/v1/invitations", json={"email": person.email, "role": "viewer"})
    token = await _mailed_token(world, person.email)
    await person.user.ask("POST", "/v1/invitations/accept", json={"token": token})


async def _mailed_token(world: World, address: str) -> str:
    """What stands in the invitation to an address."""
    tokens: list[str] = []

    async def mailed() -> bool:
        tokens.extend(re.findall(r"/invitation#token=([\w-]+)", str(await world.mail_to(address))))
        return bool(tokens)

    await eventually(mailed, within_s=30)
    # A mail is there as it was sent, too, where a soft line break may cut the token.
    return max(tokens, key=len)
