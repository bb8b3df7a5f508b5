"""Campaigns at full size: a list of 10,000, from the upload to the last row of the workbook."""

from __future__ import annotations

import csv
import io

import httpx
import pytest

from deploy.local.stack import LocalStack
from tests.support.journey import new_user
from tests.support.operations import dead_letters_of
from tests.support.waiting import eventually
from tests.support.world import World

ROWS = 10_000
COMPANIES = 2_500


def ten_thousand_leads() -> bytes:
    """Made-up people at made-up companies, in the shape of a real export."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["ID", "First name", "Last name", "Email", "Company", "Website", "Job title", "Country", "Score"])
    for n in range(ROWS):
        company = n % COMPANIES
        domain = f"works{company}.example"
        writer.writerow(
            [
                f"{n:06}",
                f"Robin{n}",
                "Doe",
                f"robin{n}@{domain}",
                f"Works {company}",
                domain,
                "Buyer",
                "France",
                n % 100,
            ]
        )
    return out.getvalue().encode()


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_ten_thousand_rows_come_back_once_each_and_are_charged_exactly(
    stack: LocalStack, operator: httpx.AsyncClient, world: World
) -> None:
    user = await new_user(stack.url("gateway"), operator, credits_=ROWS)
    upload = await user.upload("ten-thousand.csv", ten_thousand_leads())
    assert (upload["state"], upload["row_count"]) == ("ready", ROWS)
    job = await user.finish((await user.start_job(upload["id"]))["id"], within_s=1500)
    assert job["state"] == "completed", job
    sheet = await user.workbook(job["id"])
    ids = [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert ids == [f"{n:06}" for n in range(ROWS)]
    balance = await user.closed_balance()
    assert balance["spent"] == job["credits_total"] == job["rows_enriched"]
    assert balance["available"] == ROWS - job["credits_total"]

    async def list_is_whole() -> bool:
        answer = await user.send("GET", f"/v1/lists/{job['id']}")
        return answer.is_success and answer.json()["state"] == "ready"

    await eventually(list_is_whole)
    for service in ("ingest", "enrich", "billing", "sender"):
        assert await dead_letters_of(stack, service) == []
    await user.client.aclose()
