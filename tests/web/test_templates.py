"""Templates: versions gone back to, and a template deleted."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.web.axe import assert_open_to_all
from tests.web.conftest import Person
from tests.web.seeds import TEXT, a_template


async def test_the_words_of_a_version_before_are_taken_and_saved_as_the_next(page: Page, signed_in: Person) -> None:
    """Red when going back loses what came after, or brings other words than the version shows."""
    user = signed_in.user
    template = await a_template(user, "Plain")
    path = f"/v1/templates/{template['id']}"
    await user.ask("PUT", path, json={"name": "Plain", "subject": "Newer", "text_body": TEXT})
    await page.goto(f"/template?id={template['id']}")
    await page.get_by_role("button", name="Versions").click()
    panel = page.get_by_role("dialog", name="Versions")
    await expect(panel.get_by_text("The newest")).to_be_visible()
    await assert_open_to_all(page)
    await panel.get_by_role("button", name="Take these words").click()
    await expect(page.get_by_label("Subject")).to_have_value(template["subject"])
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Version 3")).to_be_visible()
    kept = await user.ask("GET", path)
    assert (kept["version"], kept["subject"]) == (3, template["subject"])


async def test_a_template_is_deleted_after_a_question(page: Page, signed_in: Person) -> None:
    """Red when it goes unasked, or stays."""
    user = signed_in.user
    template = await a_template(user, "Plain")
    await page.goto(f"/template?id={template['id']}")
    await page.get_by_role("button", name="Delete the template").click()
    dialog = page.get_by_role("dialog", name="Delete Plain?")
    await assert_open_to_all(page)
    await dialog.get_by_role("button", name="Delete").click()
    await page.wait_for_url(re.compile(r"/templates$"))
    assert (await user.send("GET", f"/v1/templates/{template['id']}")).status_code == 404
