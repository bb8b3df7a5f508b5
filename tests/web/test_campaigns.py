"""From a list to mails: starting, pausing, templates and their preview, and who of a list is not written to."""

from __future__ import annotations

import re
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.support.waiting import eventually
from tests.support.world import World
from tests.web.browser import Watch
from tests.web.conftest import Person
from tests.web.seeds import TEXT, a_campaign, a_list, a_template, named, not_today, once


async def test_a_list_is_written_to_from_its_page(page: Page, signed_in: Person, world: World) -> None:
    """Red when the dialog makes another campaign than it shows, does not start it, or no mail leaves."""
    user, domain = signed_in.user, f"{uuid4().hex[:10]}.example"
    found, template = await a_list(user, "October", domain), await a_template(user, "Short and plain")
    await page.goto("/lists")
    await page.get_by_role("link", name="October").click()
    await page.get_by_role("button", name="Start sending").click()
    dialog = page.get_by_role("dialog", name="Start sending")
    await dialog.get_by_label("Template").select_option(label="Short and plain")
    await dialog.get_by_label("Mails a day, at most").fill("50")
    await dialog.get_by_text("Days and hours").click()
    await dialog.get_by_role("radio", name="Any hour").check()
    await dialog.get_by_role("button", name="Start sending").click()
    await page.wait_for_url(re.compile(r"/campaign\?id="))
    await expect(page.get_by_role("heading", level=1, name="October")).to_be_visible()

    campaign = await user.ask("GET", f"/v1/campaigns/{named(page)}")
    assert (campaign["list_id"], campaign["template_id"]) == (found["id"], template["id"])
    assert (campaign["daily_quota"], campaign["window"]["to"]) == (50, "24:00")

    async def arrived() -> bool:
        return bool(await world.mail_to(f"ada@{domain}") and await world.mail_to(f"grace@{domain}"))

    await eventually(arrived, within_s=60)
    [mail] = await world.mail_to(f"ada@{domain}")
    assert mail["subject"] == "A thought about Halden"
    assert not await world.mail_to(f"info@{domain}"), "the desk was set aside"
    await page.get_by_role("button", name="Leads", exact=True).click()
    await expect(page.get_by_role("row", name=re.compile(f"ada@{domain}.*Sent"))).to_be_visible(timeout=30_000)


async def test_a_campaign_is_paused_given_other_hours_and_resumed(page: Page, signed_in: Person) -> None:
    """Red when a button does not do what it says, or the page does not say what the leads wait for."""
    user = signed_in.user
    found = await a_list(user, "November", f"{uuid4().hex[:10]}.example")
    made = await a_campaign(user, found["id"], window=not_today())
    await page.goto(f"/campaign?id={made['id']}")
    await expect(page.get_by_role("table", name="What leads wait for")).to_contain_text("does not send on that day")

    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("button", name="Resume")).to_be_visible()
    assert (await user.ask("GET", f"/v1/campaigns/{made['id']}"))["state"] == "paused"
    await page.get_by_role("button", name="Change").click()
    dialog = page.get_by_role("dialog", name="Days and hours")
    await dialog.get_by_label("From").select_option("08:30")
    await dialog.get_by_role("button", name="Save hours").click()
    await expect(dialog).to_be_hidden()
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()
    campaign = await user.ask("GET", f"/v1/campaigns/{made['id']}")
    assert (campaign["state"], campaign["window"]["from"]) == ("active", "08:30")


async def test_a_list_is_renamed_where_its_name_stands_and_called_as_before_again(
    page: Page, signed_in: Person
) -> None:
    """Red when Enter does not save, Escape saves, or the name cannot be taken back."""
    user = signed_in.user
    found = await a_list(user, "October", f"{uuid4().hex[:10]}.example")

    async def is_called(name: str) -> None:
        async def named() -> bool:
            return (await user.ask("GET", f"/v1/lists/{found['id']}"))["name"] == name

        await eventually(named, within_s=20)

    await page.goto(f"/list?id={found['id']}")
    rename = page.get_by_role("button", name="Rename the list")
    await rename.click()
    await page.get_by_label("Name of the list").fill("Nothing")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("heading", level=1, name="October")).to_be_visible()
    await expect(rename).to_be_focused()
    await page.keyboard.press("Enter")
    await page.get_by_label("Name of the list").fill("Autumn")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1, name="Autumn")).to_be_visible()
    await is_called("Autumn")
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("heading", level=1, name="October")).to_be_visible()
    await is_called("October")


async def test_a_draft_is_given_another_template(page: Page, signed_in: Person) -> None:
    """Red when the page shows another template than the campaign has, or offers it once mails are planned."""
    user = signed_in.user
    found = await a_list(user, "October", f"{uuid4().hex[:10]}.example")
    first, second = await a_template(user, "First words"), await a_template(user, "Second words")
    wish = {"list_id": found["id"], "template_id": first["id"]}
    made = await user.ask("POST", "/v1/campaigns", json=wish, headers=once())
    await page.goto(f"/campaign?id={made['id']}")
    await expect(page.get_by_role("link", name="First words")).to_be_visible()
    await page.get_by_role("button", name="Choose another template").click()
    dialog = page.get_by_role("dialog", name="Template")
    await expect(dialog.get_by_label("Template")).to_have_value(first["id"])
    await dialog.get_by_label("Template").select_option(label="Second words")
    await dialog.get_by_role("button", name="Use this template").click()
    await expect(page.get_by_role("link", name="Second words")).to_be_visible()
    assert (await user.ask("GET", f"/v1/campaigns/{made['id']}"))["template_id"] == second["id"]
    await user.ask("POST", f"/v1/campaigns/{made['id']}/start")
    await page.reload()
    await expect(page.get_by_role("link", name="Second words")).to_be_visible()
    await expect(page.get_by_role("button", name="Choose another template")).to_have_count(0)


async def test_a_preview_shows_the_lead_and_what_an_unknown_field_may_have_meant(page: Page, signed_in: Person) -> None:
    """Red when the preview lags behind the words, takes another lead, or keeps a mistake to itself until the start."""
    user = signed_in.user
    found = await a_list(user, "Readers", f"{uuid4().hex[:10]}.example")
    await page.goto("/template")
    await page.get_by_label("Name", exact=True).fill("By name")
    preview = page.get_by_role("region", name="Preview")
    await preview.get_by_label("List").select_option(label="Readers")
    await preview.get_by_role("button", name="Next lead").click()
    await expect(preview.get_by_text(re.compile(r"^grace@"))).to_be_visible()
    await expect(preview.get_by_text(re.compile(r"(Hi|Hello) Grace,"))).to_be_visible()
    words = await page.get_by_label("Text", exact=True).input_value()
    await page.get_by_label("Text", exact=True).fill("{{ firstname }}" + words)
    await expect(preview.get_by_text("did you mean first_name?")).to_be_visible()
    await preview.get_by_role("button", name="Use first_name").click()
    await expect(page.get_by_label("Text", exact=True)).to_have_value("{{ first_name }}" + words)
    await expect(preview.get_by_text("did you mean")).to_have_count(0)
    await page.get_by_label("Text", exact=True).fill("A word. " + words)
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.wait_for_url(re.compile(r"/template\?id="))
    saved = await user.ask("GET", f"/v1/templates/{named(page)}")
    assert (saved["name"], saved["version"], saved["text_body"][:8]) == ("By name", 1, "A word. ")
    assert found["set_aside"] == 1


async def test_a_template_that_somebody_else_changed_is_not_overwritten_unasked(
    page: Page, signed_in: Person, watch: Watch
) -> None:
    """Red when the second of two savers undoes the first without knowing."""
    user = signed_in.user
    template = await a_template(user, "Shared")
    path = f"/v1/templates/{template['id']}"
    await page.goto(f"/template?id={template['id']}")
    await page.get_by_label("Subject").fill("Mine")
    await user.ask("PUT", path, json={"name": "Shared", "subject": "Theirs", "text_body": TEXT})
    watch.expect(r"412 PUT .*/v1/templates/")
    await page.get_by_role("button", name="Save", exact=True).click()
    notice = page.get_by_role("note").filter(has_text="Somebody else has changed this template")
    await expect(notice.get_by_text("Theirs", exact=True)).to_be_visible()
    assert (await user.ask("GET", path))["subject"] == "Theirs"
    await notice.get_by_role("button", name="Save mine over it").click()
    await expect(page.get_by_text("Version 3")).to_be_visible()
    assert (await user.ask("GET", path))["subject"] == "Mine"


async def test_rows_that_were_set_aside_are_taken_in_and_a_list_is_deleted(page: Page, signed_in: Person) -> None:
    """Red when the page takes in others than it names, or a list stays after its deletion."""
    user = signed_in.user
    found = await a_list(user, "Desks", f"{uuid4().hex[:10]}.example")
    await page.goto(f"/list?id={found['id']}")
    await page.get_by_role("button", name="Write to them anyway").click()
    await expect(page.get_by_role("heading", name="Set aside")).to_have_count(0)
    assert (await user.ask("GET", f"/v1/lists/{found['id']}"))["set_aside"] == 0
    await page.get_by_role("button", name="Delete the list").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete the list").click()
    await page.wait_for_url(re.compile(r"/lists$"))
    assert (await user.send("GET", f"/v1/lists/{found['id']}")).status_code == 404
