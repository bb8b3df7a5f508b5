"""The main path without a mouse. Wherever the keyboard stops on the way, somebody who looks can see where that is."""

from __future__ import annotations

import asyncio
import contextlib
import re
from uuid import uuid4

from playwright.async_api import FileChooser, FilePayload, Locator, Page, expect

from deploy.local.state import CHECKOUT
from tests.support.waiting import eventually
from tests.web.conftest import Person
from tests.web.seeds import a_template, named

WHILE_MS = 30_000
MOST_STOPS = 80
# A field of the palette holds the caret alone; of a choice that is drawn, its label shows where the keyboard is.
SEEN = """() => {
    const here = document.activeElement;
    const told = here.outerHTML.slice(0, 160);
    if (here === document.body || here.matches("[cmdk-input]")) return "";
    const outlined = [here, here.closest("label")].some((one) => {
        const style = one && getComputedStyle(one);
        return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1.5;
    });
    if (!outlined) return `no outline: ${told}`;
    const { top, bottom, left, right } = here.getBoundingClientRect();
    const inside = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
    return inside ? "" : `out of sight: ${told}`;
}"""


def _leads(domain: str) -> bytes:
    """The first leads of the sample, at addresses of the test's own."""
    rows = (CHECKOUT / "samples" / "leads.csv").read_bytes().splitlines(keepends=True)[:4]
    return re.sub(rb"@[\w.]+", f"@{domain}".encode(), b"".join(rows))


async def _press(page: Page, key: str) -> None:
    await page.keyboard.press(key)
    unseen = ""

    async def seen() -> bool:
        nonlocal unseen
        unseen = await page.evaluate(SEEN)
        return unseen == ""

    await eventually(seen, within_s=5)


async def _tab_to(page: Page, target: Locator) -> None:
    """By Tab alone."""
    await expect(target).to_be_visible(timeout=WHILE_MS)
    for _ in range(MOST_STOPS):
        if await target.evaluate("one => one === document.activeElement"):
            return
        await _press(page, "Tab")
    msg = f"not within {MOST_STOPS} stops: {target}"
    raise AssertionError(msg)


async def _go(page: Page, place: str) -> None:
    """By the command palette."""
    palette = page.get_by_role("dialog", name="Command palette")
    for _ in range(2):
        # A page that has just been drawn may not have heard of the keyboard yet.
        await page.keyboard.press("Control+k")
        with contextlib.suppress(AssertionError):
            await expect(palette.get_by_role("combobox")).to_be_focused()
            break
    await expect(palette.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type(place)
    await expect(palette.get_by_role("option", selected=True)).to_contain_text(place)
    await page.keyboard.press("Enter")
    await expect(palette).to_have_count(0)
    await expect(page.get_by_role("heading", level=1, name=place)).to_be_visible(timeout=WHILE_MS)


async def test_the_main_path_needs_no_mouse(page: Page, person: Person) -> None:
    """Red when a step cannot be reached by the keyboard, the keyboard gets lost on the way, or stops where nobody sees it."""
    await a_template(person.user, "Plain")
    # From here on, as Chromium is told to hand such dialogs to us only while somebody listens.
    asked = _file_dialogs(page)
    await page.goto("/sign-in")
    await expect(page.get_by_label("Email")).to_be_focused()
    await page.keyboard.type(person.email)
    await _tab_to(page, page.get_by_label("Password", exact=True))
    await page.keyboard.type(person.password)
    await _press(page, "Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("."), timeout=WHILE_MS)
    await page.wait_for_url(re.compile(r"/$"))
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    await _go(page, "New job")
    job_id = await _upload_and_start(page, asked)
    await _open_evidence(page, person, job_id)
    await _start_sending(page, person)


def _file_dialogs(page: Page) -> asyncio.Queue[FileChooser]:
    asked = asyncio.Queue[FileChooser]()
    page.on("filechooser", asked.put_nowait)
    return asked


async def _upload_and_start(page: Page, asked: asyncio.Queue[FileChooser]) -> str:
    name, domain = "by-keyboard.csv", f"{uuid4().hex[:10]}.example"
    file: FilePayload = {"name": name, "mimeType": "text/csv", "buffer": _leads(domain)}
    await _tab_to(page, page.get_by_role("button", name="Choose file"))
    await page.keyboard.press("Enter")
    async with asyncio.timeout(WHILE_MS / 1000):
        dialog = await asked.get()
    await dialog.set_files([file])
    await expect(page.get_by_role("heading", level=1, name=name)).to_be_visible(timeout=WHILE_MS)
    role = page.get_by_label("Lead score is used as")
    await _tab_to(page, role)
    await page.keyboard.type("Industry")
    await expect(role).to_have_value("industry")
    await _tab_to(page, page.get_by_role("link", name="Continue"))
    await page.keyboard.press("Enter")
    tone = page.get_by_role("radio", name="Direct")
    # Of a group of choices, Tab stops at the chosen one; the arrows choose.
    await _tab_to(page, page.locator(f"input[name='{await tone.get_attribute('name')}']:checked"))
    for _ in range(6):
        if await tone.is_checked():
            break
        await _press(page, "ArrowRight")
    await expect(tone).to_be_checked()
    await _tab_to(page, page.get_by_role("button", name="Start research"))
    await page.keyboard.press("Space")
    await page.wait_for_url(re.compile(r"/job\?id="))
    return named(page)


async def _open_evidence(page: Page, person: Person, job_id: str) -> None:
    """With j, k and Enter; Escape leads back to the row."""
    progress = page.get_by_role("region", name="Progress")
    await expect(progress.get_by_text("Done", exact=True)).to_be_visible(timeout=WHILE_MS)
    for key, row_no in (("j", 1), ("j", 2), ("j", 3), ("k", 2)):
        await _press(page, key)
        await expect(page.locator("[role=row]:focus")).to_have_attribute("aria-rowindex", str(row_no + 1))
    await page.keyboard.press("Enter")
    kept = await person.user.ask("GET", f"/v1/jobs/{job_id}/rows/2")
    panel = page.get_by_role("dialog", name="Thomas Müller")
    source = kept["evidence"][0]["sources"][0]
    link = panel.get_by_role("link", name=source["title"] or source["url"]).first
    await _tab_to(page, link)
    assert await link.get_attribute("href") == source["url"]
    await page.keyboard.press("k")
    await expect(page.get_by_role("dialog", name="Ingrid Solheim")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.locator("[role=row]:focus")).to_have_count(1)


async def _start_sending(page: Page, person: Person) -> None:
    user = person.user

    async def listed() -> bool:
        return any(one["state"] == "ready" for one in (await user.ask("GET", "/v1/lists"))["items"])

    await eventually(listed)
    await page.keyboard.press("g")
    await page.keyboard.press("l")
    await expect(page.get_by_role("heading", level=1, name="Lists")).to_be_visible()
    # The row that had the keyboard is gone with its page.
    await expect(page.get_by_role("link", name="by-keyboard.csv")).to_be_visible()
    await _press(page, "j")
    await expect(page.get_by_role("link", name="by-keyboard.csv")).to_be_focused()
    await page.keyboard.press("Enter")
    await _tab_to(page, page.get_by_role("button", name="Start sending"))
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Start sending")
    await _tab_to(page, dialog.get_by_label("Template"))
    await page.keyboard.type("Plain")
    await _tab_to(page, dialog.locator("summary").filter(has_text="Days and hours"))
    await page.keyboard.press("Enter")
    await _tab_to(page, dialog.get_by_role("radio", name="Working hours"))
    await _press(page, "ArrowRight")
    await expect(dialog.get_by_role("radio", name="Any hour")).to_be_checked()
    await _tab_to(page, dialog.get_by_role("button", name="Start sending"))
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"/campaign\?id="))
    campaign = await user.ask("GET", f"/v1/campaigns/{named(page)}")
    assert (campaign["state"] in {"starting", "active"}, campaign["window"]["to"]) == (True, "24:00")
