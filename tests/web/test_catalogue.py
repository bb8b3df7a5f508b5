"""The catalogue: what is changed or removed in it, and all of it from a file and to one."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

from playwright.async_api import Page, expect

from tests.support.journey import Json, User
from tests.web.axe import assert_open_to_all
from tests.web.conftest import Person

EXAMPLE = Path(__file__).parents[2] / "services" / "enrich" / "examples" / "lubricants.json"


async def _filled(user: User) -> Json:
    shipped = json.loads(EXAMPLE.read_text())
    body = {"products": shipped["products"], "rules": shipped["rules"]}
    return await user.ask("PUT", "/v1/catalogue", json=body, headers={"If-Match": '"0"'})


async def test_a_product_and_a_rule_are_changed_and_removed(page: Page, signed_in: Person) -> None:
    """Red when another one is changed or removed than is open, or a rule loses its conditions on the way."""
    user = signed_in.user
    before = await _filled(user)
    rule, other = before["rules"][0], before["rules"][1]
    await page.goto("/catalogue")
    await page.get_by_role("table", name="Rules").get_by_text(rule["name"], exact=True).click()
    panel = page.get_by_role("dialog", name=rule["name"])
    await panel.get_by_label("Name", exact=True).fill("Renamed")
    await panel.get_by_label("The rule is on").uncheck()
    await assert_open_to_all(page)
    await panel.get_by_role("button", name="Save").click()
    await expect(panel).to_have_count(0)
    kept = (await user.ask("GET", "/v1/catalogue"))["rules"][0]
    assert (kept["name"], kept["enabled"], kept["conditions"]) == ("Renamed", False, rule["conditions"])

    await page.get_by_role("table", name="Rules").get_by_text(other["name"], exact=True).click()
    panel = page.get_by_role("dialog", name=other["name"])
    await panel.get_by_role("button", name="Remove", exact=True).click()
    await expect(panel).to_have_count(0)
    now = await user.ask("GET", "/v1/catalogue")
    assert other["id"] not in {one["id"] for one in now["rules"]}
    assert len(now["rules"]) == len(before["rules"]) - 1

    product = before["products"][0]
    await page.get_by_role("table", name="Products").get_by_text(product["name"], exact=True).click()
    dialog = page.get_by_role("dialog", name=product["name"])
    await dialog.get_by_label("What a line offers").fill("a package of its own")
    await assert_open_to_all(page)
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    assert (await user.ask("GET", "/v1/catalogue"))["products"][0]["pitch"] == "a package of its own"


async def test_a_product_that_no_rule_offers_is_removed(page: Page, signed_in: Person) -> None:
    """Red when it stays, or another goes."""
    user = signed_in.user
    product = {"id": "unused", "name": "Unused", "pitch": "nothing", "description": "", "offer_when": ""}
    await user.ask("POST", "/v1/catalogue/products", json=product, headers={"If-Match": '"0"'})
    await page.goto("/catalogue")
    await page.get_by_role("table", name="Products").get_by_text("Unused", exact=True).click()
    dialog = page.get_by_role("dialog", name="Unused")
    await dialog.get_by_role("button", name="Remove", exact=True).click()
    await expect(dialog).to_have_count(0)
    assert (await user.ask("GET", "/v1/catalogue"))["products"] == []


async def test_a_catalogue_is_exported_and_imported_as_it_was(page: Page, signed_in: Person, tmp_path: Path) -> None:
    """Red when a file that the page wrote is not taken by it, or brings something else."""
    user = signed_in.user
    before = await _filled(user)
    await page.goto("/catalogue")
    for item, name in (("Export for a spreadsheet", "own.csv"), ("Export as JSON", "own.json")):
        await page.get_by_role("button", name="More for the catalogue").click()
        async with page.expect_download() as coming:
            await page.get_by_role("menuitem", name=item).click()
        await (await coming.value).save_as(tmp_path / name)
    rows = list(csv.DictReader(StringIO((tmp_path / "own.csv").read_text("utf-8-sig"))))
    assert len(rows) >= len(before["rules"])
    catalogue = json.loads((tmp_path / "own.json").read_text())
    catalogue["rules"] = catalogue["rules"][:1]
    (tmp_path / "own.json").write_text(json.dumps(catalogue))

    await page.get_by_role("button", name="More for the catalogue").click()
    await page.get_by_role("menuitem", name="Import a file").click()
    dialog = page.get_by_role("dialog", name="Import a catalogue")
    await dialog.get_by_label("File").set_input_files(tmp_path / "own.json")
    await assert_open_to_all(page)
    await dialog.get_by_role("button", name="Import").click()
    await expect(dialog).to_have_count(0)
    kept = await user.ask("GET", "/v1/catalogue")
    assert [rule["name"] for rule in kept["rules"]] == [before["rules"][0]["name"]]
    assert len(kept["products"]) == len(before["products"])
