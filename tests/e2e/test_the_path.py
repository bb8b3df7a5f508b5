"""A real file through the real broker and database: what comes out, what it cost, what was sent."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import openpyxl
import orjson

from deploy.local.stack import LocalStack
from tests.support.hours import ANY_HOUR
from tests.support.journey import User
from tests.support.waiting import eventually
from tests.support.world import World

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
ADDED = ["sif_research", "sif_personalized"]


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def as_it_was(cell: str) -> str:
    """Without the apostrophe that keeps a cell text which a spreadsheet would otherwise run as a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in {"=", "+", "-", "@", "\t", "\r"} else cell


async def csv_of(user: User, job_id: str) -> list[list[str]]:
    answer = await user.send("GET", f"/v1/jobs/{job_id}/download", params={"format": "csv"})
    assert answer.status_code == 200, answer.text
    return rows_of(answer.content)


async def all_rows(user: User, job_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await user.ask("GET", f"/v1/jobs/{job_id}/rows", params={"cursor": cursor} if cursor else {})
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


async def test_the_sample_comes_back_whole_researched_charged_exactly_and_its_mails_leave(
    user: User, world: World
) -> None:
    """P1, P2, P4, P9 in one run: every row once and in order, own columns untouched, exact credits, within the quota."""
    source = (SAMPLES / "leads.csv").read_bytes()
    expected = rows_of(source)
    job = await user.enrich("leads.csv", source)
    assert job["state"] == "completed", job

    returned = await csv_of(user, job["id"])
    width = len(expected[0])
    assert returned[0] == [*expected[0], *ADDED]
    assert [[as_it_was(cell) for cell in row[:width]] for row in returned] == expected

    rows = await all_rows(user, job["id"])
    assert [row["row_no"] for row in rows] == list(range(1, len(expected)))
    delivered = [row for row in rows if row["status"] == "enriched"]
    assert len(delivered) > len(expected) // 2
    assert job["credits_total"] == len(delivered)

    await costs_what_its_rows_say(user, job, rows)

    balance = await user.closed_balance()
    assert (balance["available"], balance["spent"]) == (1000 - len(delivered), len(delivered))
    assert (await user.ask("GET", "/v1/credits/proof"))["holds"] is True

    await sends_within_quota(user, world, job["id"], quota=5)


async def costs_what_its_rows_say(user: User, job: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """The job's receipt is the sum of its rows', by provider and by model, and the workspace's days are that of its jobs."""
    receipt = await user.ask("GET", f"/v1/jobs/{job['id']}/receipt")
    took, told = receipt["sandboxed"], [row["receipt"] for row in rows if row["receipt"]]
    for name in ("cost_microusd", "tokens_in", "tokens_out", "cache_hits", "attempts", "duration_ms"):
        parts = took[name], receipt["real"][name]
        assert sum(parts) == sum(one[name] for one in told), name
    for one in took["providers"]:
        assert one["calls"] == sum(row["provider_calls"].get(one["provider"], 0) for row in told)
    assert sum(one["cost_microusd"] for one in took["providers"]) == took["cost_microusd"] > 0
    assert sum(one["tokens_in"] for one in took["models"]) == took["tokens_in"] > 0
    assert took["credits"] == job["credits_total"]
    usage = await user.ask("GET", "/v1/usage")
    assert usage["total"] == receipt["with_retries"]


async def sends_within_quota(user: User, world: World, list_id: str, *, quota: int) -> None:
    async def list_is_ready() -> bool:
        answer = await user.send("GET", f"/v1/lists/{list_id}")
        return answer.is_success and answer.json()["state"] == "ready"

    await eventually(list_is_ready)
    campaign = await user.ask(
        "POST", "/v1/campaigns", json={"list_id": list_id, "daily_quota": quota, "window": ANY_HOUR}
    )
    assert campaign["sandboxed"] is True
    await user.ask("POST", f"/v1/campaigns/{campaign['id']}/start")

    async def quota_used() -> bool:
        seen = await user.ask("GET", f"/v1/campaigns/{campaign['id']}")
        return seen["counts"]["sent"] == quota

    await eventually(quota_used)
    seen = await user.ask("GET", f"/v1/campaigns/{campaign['id']}")
    assert seen["quota_today"] == {"limit": quota, "used": quota}
    asked = {"campaign_id": campaign["id"], "state": "sent"}
    sent = (await user.ask("GET", "/v1/emails", params=asked))["items"]
    assert len({email["email"] for email in sent}) == quota
    for email in sent:
        # The sample's people are written to by other tests, too.
        mails = [f"<{mail['message_id']}>" for mail in await world.mail_to(email["email"])]
        assert mails.count(email["message_id"]) == 1, email


async def test_every_statement_quotes_its_source(user: User, world: World) -> None:
    job = await user.enrich("leads.csv", (SAMPLES / "leads.csv").read_bytes())
    for row in await all_rows(user, job["id"]):
        if row["status"] != "enriched":
            assert row["reason"], row
            continue
        research = row["research"]
        statements = [*research["person"], *research["company"], *research["signals"]]
        known = {source["id"] for source in research["sources"]}
        assert statements, row
        assert all(statement["snippet"] and set(statement["source_ids"]) <= known for statement in statements)
        assert research["sandboxed"] is True
        assert row["receipt"]["sandboxed"] is True
        assert row["line"]


async def test_real_companies_without_people_come_back_in_the_types_they_had(user: User) -> None:
    """503 real companies as XLSX: dates stay dates, numbers stay numbers, text stays text."""
    source = sp500_workbook()
    job = await user.enrich("sp500.xlsx", source)
    assert job["state"] == "completed", job
    assert (job["rows_total"], job["rows_failed"]) == (503, 0)
    sheet = await user.workbook(job["id"])
    original = openpyxl.load_workbook(io.BytesIO(source)).worksheets[0]
    returned = [list(row) for row in sheet.iter_rows(values_only=True)]
    expected = [list(row) for row in original.iter_rows(values_only=True)]
    width = len(expected[0])
    assert [row[:width] for row in returned] == expected
    assert returned[0][width:] == ADDED
    research = orjson.loads(str(returned[1][width]))
    assert research["company"]
    assert job["list_id"] is None or (await user.send("GET", f"/v1/lists/{job['id']}")).status_code == 404


async def test_real_companies_as_csv_come_back_whole(user: User) -> None:
    source = (SAMPLES / "sp500-companies.csv").read_bytes()
    job = await user.enrich("sp500-companies.csv", source)
    assert (job["state"], job["rows_total"]) == ("completed", 503)
    returned = await csv_of(user, job["id"])
    expected = rows_of(source)
    assert [row[: len(expected[0])] for row in returned] == expected


def sp500_workbook() -> bytes:
    """The CSV as a workbook a person might have: dates and numbers in their own types."""
    rows = rows_of((SAMPLES / "sp500-companies.csv").read_bytes())
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(rows[0])
    for symbol, security, sector, industry, place, added, cik, founded in rows[1:]:
        when = date.fromisoformat(added) if added else None
        year = int(founded) if founded.isdigit() else founded
        sheet.append([symbol, security, sector, industry, place, when, int(cik), year])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def one_lead(company: str = "Halden Lubricants", domain: str = "haldenlube.example") -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["First name", "Last name", "Email", "Company", "Website", "Job title"])
    writer.writerow(["Ingrid", "Solheim", f"ingrid.solheim@{domain}", company, domain, "Head of Sales"])
    return out.getvalue().encode()


async def research_of(user: User, job_id: str) -> dict[str, Any]:
    """The research of the first row, read out of the workbook."""
    sheet = await user.workbook(job_id)
    header, first = (list(row) for row in sheet.iter_rows(min_row=1, max_row=2, values_only=True))
    return orjson.loads(str(first[header.index("sif_research")]))


async def let_what_is_known_age(stack: LocalStack) -> None:
    """As if the days had gone for which a website and what was found of a company are believed."""
    connection = await asyncpg.connect(stack.database_url)
    try:
        await connection.execute("UPDATE enrich.company_websites SET fresh_until = now() - interval '1 second'")
        await connection.execute(
            "UPDATE enrich.company_research SET found_at = now() - interval '8 days' WHERE found_at IS NOT NULL"
        )
        await connection.execute("UPDATE enrich.company_research SET lease_until = now() - interval '8 days'")
    finally:
        await connection.close()


async def test_changing_a_cell_changes_the_research_and_the_cited_snippet(user: User) -> None:
    one = await research_of(user, (await user.enrich("a.csv", one_lead()))["id"])
    other = await research_of(
        user, (await user.enrich("b.csv", one_lead("Petrava Schmierstoffe", "petrava.example")))["id"]
    )
    snippets = [{s["snippet"] for s in research["company"]} for research in (one, other)]
    assert snippets[0]
    assert snippets[1]
    assert snippets[0].isdisjoint(snippets[1])


async def test_changing_a_sentence_of_a_page_changes_the_research_and_the_cited_snippet(
    user: User, world: World, stack: LocalStack
) -> None:
    """Red when what is known of a company is believed for ever, or its page is not read."""
    before = await research_of(user, (await user.enrich("a.csv", one_lead()))["id"])
    await let_what_is_known_age(stack)
    sentence = "Halden Lubricants now makes a biodegradable chain oil for forest harvesters."
    await world.set_page("haldenlube.example", "home", sentence)
    after = await research_of(user, (await user.enrich("b.csv", one_lead()))["id"])
    quotes = [" ".join(s["snippet"] for s in [*r["company"], *r["signals"]]) for r in (before, after)]
    assert "forest harvesters" not in quotes[0]
    assert "forest harvesters" in quotes[1]
