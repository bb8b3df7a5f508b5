"""Bringing a list: from a file, or from the clipboard, to a job; and what is said of a file that cannot be read."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
from playwright.async_api import Page, expect

from deploy.local.state import CHECKOUT
from tests.web.browser import Watch
from tests.web.conftest import Person

WHILE_MS = 20_000
"""What a file takes to be read and checked, and three rows to be researched, at most: on a machine that is busy."""
LEADS = CHECKOUT / "samples" / "leads.csv"


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


def named(page: Page, name: str = "id") -> str:
    """The id that the address names."""
    return str(UUID(parse_qs(urlsplit(page.url).query)[name][0]))


async def test_a_file_becomes_a_job_in_three_steps(page: Page, signed_in: Person) -> None:
    """Red when one of: sending in pieces, the guessed columns, a changed column, the trial, the price, the start is broken."""
    await page.goto("/upload")
    await page.get_by_label("File", exact=True).set_input_files(LEADS)
    await expect(page.get_by_role("heading", level=1, name="leads.csv")).to_be_visible(timeout=WHILE_MS)
    await expect(page.get_by_label("Email is used as")).to_have_value("email")
    await page.get_by_label("Lead score is used as").select_option(label="Industry")
    upload_id = named(page)

    await page.get_by_role("link", name="Continue").click()
    price = page.get_by_role("complementary", name="Price and start")
    await expect(price.get_by_text("40 credits")).to_be_visible(timeout=WHILE_MS)
    await page.get_by_role("button", name="Try 3 rows").click()
    await expect(page.get_by_role("region", name="Tried rows").get_by_text("Researched")).to_have_count(
        3, timeout=WHILE_MS
    )
    await expect(price.get_by_text("37 credits")).to_be_visible(timeout=WHILE_MS)
    trial_id = named(page, "trial")

    await page.get_by_role("radio", name="Direct").check()
    await page.get_by_label("Only the first rows").fill("5")
    await expect(price.get_by_text("2 credits", exact=True)).to_be_visible(timeout=WHILE_MS)
    await price.get_by_role("button", name="Start research").click()
    await page.wait_for_url(re.compile(r"/job\?id="))

    user = signed_in.user
    upload = await user.ask("GET", f"/v1/uploads/{upload_id}")
    assert (upload["state"], upload["row_count"], upload["suggested_by"]["industry"]) == ("ready", 41, "person")
    job = await user.ask("GET", f"/v1/jobs/{named(page)}")
    assert (job["kind"], job["upload_id"], job["first_rows"], job["rows_total"]) == ("list", upload_id, 5, 5)
    assert (await user.ask("GET", f"/v1/jobs/{trial_id}"))["kind"] == "trial"


async def test_two_tabs_that_start_the_same_make_one_job(page: Page, signed_in: Person) -> None:
    """Red when each tab, or each click, orders for itself."""
    await page.goto("/upload")
    await page.get_by_role("button", name="Use the sample list").click()
    await expect(page.get_by_role("heading", name="What each column is")).to_be_visible(timeout=WHILE_MS)
    other = await page.context.new_page()
    for tab in (page, other):
        await tab.goto(f"/upload?id={named(page)}&step=review")
        await expect(tab.get_by_text("40 credits")).to_be_visible(timeout=WHILE_MS)
    for tab in (page, other):
        await tab.get_by_role("button", name="Start research").dblclick()
        await tab.wait_for_url(re.compile(r"/job\?id="))
    assert named(page) == named(other)
    assert len((await signed_in.user.ask("GET", "/v1/jobs"))["items"]) == 1


async def test_pasted_rows_are_read_like_a_file(page: Page, signed_in: Person) -> None:
    """Red when what is pasted arrives changed, or its columns are not known."""
    await page.goto("/upload")
    await page.get_by_role("button", name="Paste rows").click()
    await page.get_by_label("Rows").fill("First name\tCompany\nÅsa\tHalden Lubricants\n")
    await page.get_by_label("Name", exact=True).fill("From the fair")
    await page.get_by_role("button", name="Read rows").click()
    await expect(page.get_by_role("heading", level=1, name="From the fair")).to_be_visible(timeout=WHILE_MS)
    await expect(page.get_by_label("Company is used as")).to_have_value("company")
    upload = await signed_in.user.ask("GET", f"/v1/uploads/{named(page)}")
    assert (upload["source"], upload["sample"]) == ("paste", [["Åsa", "Halden Lubricants"]])


async def test_a_file_that_cannot_be_read_says_why_and_what_to_do(page: Page, signed_in: Person) -> None:
    """Red when a refusal is silent, or leaves nobody a way on."""
    await page.goto("/upload")
    sent = {"name": "scan.xlsx", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"}
    await page.get_by_label("File", exact=True).set_input_files([sent])  # pyright: ignore[reportArgumentType]
    await expect(page.get_by_role("alert").filter(has_text="This is not a table")).to_be_visible(timeout=WHILE_MS)
    upload = await signed_in.user.ask("GET", f"/v1/uploads/{named(page)}")
    assert (upload["state"], upload["problem"]["code"]) == ("refused", "not_a_table")
    await page.get_by_role("link", name="Choose another file").click()
    await expect(page.get_by_role("button", name="Choose file")).to_be_enabled()


async def test_credits_that_do_not_suffice_are_said_and_what_they_pay_for_is_started(
    page: Page, signed_in: Person, watch: Watch, operator: httpx.AsyncClient
) -> None:
    """Red when nobody learns how many credits are missing, or that a part can be had."""
    taken = {"workspace_id": signed_in.user.workspace_id, "credits": -990, "reason": "test"}
    (await operator.post("/v1/credits/adjustments", json=taken, headers=key())).raise_for_status()
    await page.goto("/upload")
    await page.get_by_role("button", name="Use the sample list").click()
    await page.get_by_role("link", name="Continue").click()
    await expect(page.get_by_text("30 credits missing").first).to_be_visible(timeout=WHILE_MS)
    watch.expect(r"402 POST .*/v1/jobs")
    await page.get_by_role("button", name="Start research").click()
    await page.get_by_role("button", name="Start what I can afford").click()
    await page.wait_for_url(re.compile(r"/job\?id="))
    job = await signed_in.user.ask("GET", f"/v1/jobs/{named(page)}")
    assert (job["affordable"], job["credits_needed"]) == (True, 10)
