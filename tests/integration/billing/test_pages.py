"""What a workspace sees: its balance over time, its grants, its ledger under every filter and as CSV, a job's statement."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.common.clock import utc_now
from libs.common.ids import new_id
from libs.common.uow import UnitOfWorkFactory
from services.billing.domain.credits.postings import Operation, Subject
from services.billing.repositories.credits.movements import LedgerFilter, ledger_page, page_query
from tests.integration.billing.steps import Billing, completed, created, ended, raised
from tests.support.billing import RunningBilling, headers


async def ask(service: RunningBilling, path: str, workspace_id: UUID, *, accept: str = "*/*", **query: Any) -> Any:
    asked = headers(workspace_id) | {"Accept": accept}
    answer = await service.client.get(f"/v1/credits{path}", params=query, headers=asked)
    assert answer.status_code == 200, answer.text
    return answer.json() if answer.headers["content-type"].startswith("application/json") else answer.text


async def refused(service: RunningBilling, path: str, workspace_id: UUID) -> httpx.Response:
    return await service.client.get(f"/v1/credits{path}", headers=headers(workspace_id))


async def busy(events: Billing) -> tuple[UUID, UUID]:
    """A grant of 30; one job that is charged twice and ended, one that runs."""
    workspace_id, job_id = await events.workspace(30), new_id()
    await events.deliver(created(job_id, 10), workspace_id)
    await events.deliver(raised(job_id, 1, 12), workspace_id)
    await events.deliver(completed(job_id, 0, 4), workspace_id)
    await events.deliver(completed(job_id, 1, 3), workspace_id)
    await events.deliver(ended(job_id, 7), workspace_id)
    await events.deliver(created(new_id(), 5), workspace_id)
    return workspace_id, job_id


async def test_the_balance_says_what_was_spent_in_this_month_and_in_all(
    service: RunningBilling, events: Billing
) -> None:
    """Red when the days are not counted, or last month's count too."""
    workspace_id, _ = await busy(events)
    await events.execute("INSERT INTO billing.spent_days VALUES (:id, current_date - 40, 100, 1)", id=workspace_id)
    balance = await ask(service, "", workspace_id)
    assert {name: balance[name] for name in ("available", "held", "settling", "spent", "spent_in_period")} == {
        "available": 18,
        "held": 5,
        "settling": 0,
        "spent": 7,
        "spent_in_period": 7,
    }
    assert balance["period"]["starts_at"].endswith("-01T00:00:00Z")


async def test_the_period_is_the_subscriptions_where_there_is_one(service: RunningBilling, events: Billing) -> None:
    workspace_id, _ = await busy(events)
    await events.execute(
        "INSERT INTO billing.subscriptions (subscription_id, workspace_id, realm, customer_id, status, price_id, item_id,"
        " period_starts_at, period_ends_at, cancels_at_period_end, fetch_no, made_at, fetched_at)"
        " VALUES (:sub, :id, 'test', 'cus_1', 'active', 'price_1', 'si_1', now() - interval '40 days',"
        " now() + interval '1 day', false, 1, now(), now())",
        id=workspace_id,
        sub=f"sub_{workspace_id}",
    )
    await events.execute("INSERT INTO billing.spent_days VALUES (:id, current_date - 39, 100, 1)", id=workspace_id)
    balance = await ask(service, "", workspace_id)
    assert (balance["period"]["of"], balance["spent_in_period"]) == ("subscription", 106)


async def test_what_expires_within_14_days_is_told_by_date(service: RunningBilling, events: Billing) -> None:
    workspace_id, now = await events.workspace(9), utc_now()
    for days, size in ((3, 5), (20, 7), (1, 2)):
        await events.grant(workspace_id, size, expires_at=now + timedelta(days=days))
    soon = (await ask(service, "", workspace_id))["expiring_soon"]
    assert [one["credits"] for one in soon] == [2, 5]


async def test_grants_say_where_their_credits_are(service: RunningBilling, events: Billing) -> None:
    workspace_id, _ = await busy(events)
    await events.grant(workspace_id, 8)
    page = await ask(service, "/grants", workspace_id, limit=1)
    rest = await ask(service, "/grants", workspace_id, limit=1, cursor=page["next_cursor"])
    assert [page["items"][0]["credits"], rest["items"][0]["credits"], rest["next_cursor"]] == [8, 30, None]
    assert {name: rest["items"][0][name] for name in ("available", "held", "spent")} == {
        "available": 18,
        "held": 5,
        "spent": 7,
    }
    await events.execute(
        "UPDATE billing.grants SET voided = 8, available = 0 WHERE size = 8 AND workspace_id = :id", id=workspace_id
    )
    assert len((await ask(service, "/grants", workspace_id, open=True))["items"]) == 1
    assert (await ask(service, "/grants", await events.workspace()))["items"] == []


async def test_the_ledger_is_filtered(service: RunningBilling, events: Billing) -> None:
    """Red when a filter is dropped, or two of them are joined by "or"."""
    workspace_id, job_id = await busy(events)
    grant_id = (await ask(service, "/grants", workspace_id))["items"][0]["id"]
    other = await events.grant(workspace_id, 2)

    async def seen(**query: Any) -> list[str]:
        return [item["operation"] for item in (await ask(service, "/ledger", workspace_id, **query))["items"]]

    assert await seen(operation="capture") == ["capture", "capture"]
    assert await seen(operation=["grant", "release"]) == ["grant", "release", "grant"]
    assert await seen(job_id=job_id) == ["release", "capture", "capture", "raise", "hold"]
    assert await seen(job_id=job_id, operation=["hold", "grant"]) == ["hold"]
    assert await seen(sourcing_id=job_id) == []
    assert await seen(grant_id=other.id) == ["grant"]
    assert await seen(grant_id=grant_id, operation="capture") == ["capture", "capture"]
    now = utc_now()
    assert await seen(**{"from": (now + timedelta(minutes=1)).isoformat()}) == []
    assert await seen(to=(now - timedelta(minutes=1)).isoformat()) == []
    assert len(await seen(**{"from": (now - timedelta(minutes=1)).isoformat()}, to=now.isoformat())) == 8


@pytest.mark.parametrize("query", [{}, {"operation": ["capture", "hold"]}, {"grant": True}], ids=str)
async def test_pages_put_together_are_the_whole(
    service: RunningBilling, events: Billing, query: dict[str, Any]
) -> None:
    """Red when a page begins at the movement its cursor names, or one after the next."""
    workspace_id, _ = await busy(events)
    if query.pop("grant", False):
        query["grant_id"] = (await ask(service, "/grants", workspace_id))["items"][0]["id"]
    whole = (await ask(service, "/ledger", workspace_id, **query))["items"]
    paged, cursor = list[Any](), dict[str, str]()
    while True:
        page = await ask(service, "/ledger", workspace_id, limit=2, **query, **cursor)
        paged += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert paged == whole
    assert len(whole) > 2


async def test_the_ledger_comes_as_csv_that_runs_no_formula(service: RunningBilling, events: Billing) -> None:
    """Red when a reason that a person wrote begins a cell as a formula does."""
    workspace_id, _ = await busy(events)
    await events.execute("UPDATE billing.grants SET reason = reason WHERE workspace_id = :id", id=workspace_id)
    asked = headers(workspace_id, operator=True) | {"Idempotency-Key": "k"}
    body = {"credits": 1, "reason": '=HYPERLINK("http://x.example","y")'}
    assert (await service.client.post("/v1/credits/grants", json=body, headers=asked)).status_code == 201
    by_header = await ask(service, "/ledger", workspace_id, accept="text/csv")
    assert by_header == await ask(service, "/ledger.csv", workspace_id)
    rows = list(csv.DictReader(io.StringIO(by_header)))
    assert [row["operation"] for row in rows][:2] == ["grant", "hold"]
    assert rows[0]["reason"] == '\'=HYPERLINK("http://x.example","y")'
    assert (rows[1]["available"], rows[1]["held"]) == ("-5", "5")
    only = await ask(service, "/ledger.csv", workspace_id, operation="raise")
    assert [row["business_key"].split(":")[0] for row in csv.DictReader(io.StringIO(only))] == ["raise"]


async def test_the_csv_of_a_long_ledger_is_read_page_by_page(
    service: RunningBilling, events: Billing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when the pages of the CSV overlap or stop early."""
    monkeypatch.setattr("services.billing.api.ledger._CSV_PAGE", 2)
    workspace_id, _ = await busy(events)
    rows = list(csv.DictReader(io.StringIO(await ask(service, "/ledger.csv", workspace_id))))
    assert [row["operation"] for row in rows] == ["hold", "release", "capture", "capture", "raise", "hold", "grant"]


async def test_the_statement_of_a_job_tells_all(service: RunningBilling, events: Billing) -> None:
    workspace_id, job_id = await busy(events)
    found = await ask(service, f"/jobs/{job_id}", workspace_id)
    names = ("state", "asked", "held_at_first", "raised", "held", "captured", "released", "refunded", "total")
    assert [found[name] for name in names] == ["closed", 10, 10, 2, 0, 7, 5, 0, 7]
    assert [(one["round"], one["asked"], one["credits"]) for one in found["raises"]] == [(1, 12, 12)]
    assert [(one["chunk_no"], one["credits"]) for one in found["captures"]] == [(0, 4), (1, 3)]
    assert (found["price_version"], found["next_chunk"]) == (1, None)
    assert found["receipts"] == {"job": f"/v1/jobs/{job_id}/receipt", "row": f"/v1/jobs/{job_id}/rows/{{row_no}}"}
    first = await ask(service, f"/jobs/{job_id}", workspace_id, limit=1)
    assert (len(first["captures"]), first["next_chunk"]) == (1, 0)
    rest = await ask(service, f"/jobs/{job_id}", workspace_id, after_chunk=0)
    assert [one["chunk_no"] for one in rest["captures"]] == [1]


async def test_the_statement_of_another_workspaces_job_is_not_found(service: RunningBilling, events: Billing) -> None:
    """Red when a job is looked for without its workspace."""
    _, job_id = await busy(events)
    answer = await refused(service, f"/jobs/{job_id}", await events.workspace(1))
    assert (answer.status_code, answer.json()["code"]) == (404, "hold_not_found")


FILTERS = {
    "all": (LedgerFilter(), "ix_entries_page"),
    "one operation": (LedgerFilter(operations=frozenset({Operation.CAPTURE})), "ix_entries_operation"),
    "operations": (LedgerFilter(operations=frozenset({Operation.CAPTURE, Operation.HOLD})), "ix_entries_operation"),
    "job": (LedgerFilter(subject=Subject("job", new_id())), "ix_entries_subject"),
    "grant": (LedgerFilter(grant_id=new_id()), "ix_entries_grant"),
    "time": (
        LedgerFilter(since=datetime(2025, 6, 1, tzinfo=UTC), until=datetime(2025, 7, 1, tzinfo=UTC)),
        "ix_entries_page",
    ),
}


@pytest.mark.parametrize("wanted", FILTERS)
async def test_no_page_of_a_large_ledger_is_sorted_or_found_by_reading_all(
    large_ledger: tuple[Billing, UUID], wanted: str
) -> None:
    """Red when an index of the ledger's pages is dropped."""
    billing, workspace_id = large_ledger
    filtered, index = FILTERS[wanted]
    query = page_query(workspace_id, filtered, before=new_id(), limit=51)
    async with billing.open_uow() as uow:
        compiled = query.compile(uow.conn.engine, compile_kwargs={"literal_binds": True})
        plan = "\n".join((await uow.conn.exec_driver_sql(f"EXPLAIN {compiled}")).scalars())
        page = await ledger_page(uow.conn, workspace_id, filtered, before=None, limit=51)
    assert len(page) == (0 if wanted in {"job", "grant"} else 51)
    assert index in plan, plan
    assert "Seq Scan" not in plan, plan
    assert "Sort  " not in plan, plan


@pytest.fixture(scope="module")
async def large_ledger(service: RunningBilling) -> tuple[Billing, UUID]:
    """A workspace with a year's 30,000 movements among another's, whose statistics the planner knows."""
    open_uow = service.platform.open_uow
    assert isinstance(open_uow, UnitOfWorkFactory)
    billing = Billing(open_uow)
    ours, theirs = await billing.workspace(5), await billing.workspace(5)
    await billing.execute("ALTER TABLE billing.entries DISABLE TRIGGER USER")
    for workspace_id, digit in ((ours, "a"), (theirs, "b")):
        await billing.execute(_MANY, id=workspace_id, digit=digit)
    await billing.execute("ALTER TABLE billing.entries ENABLE TRIGGER USER")
    await billing.execute("ANALYZE billing.entries")
    return billing, ours


_MANY = """
    INSERT INTO billing.entries (transaction_id, line_no, workspace_id, operation, business_key, account_kind,
        amount_credits, actor, reason, place, hash, created_at)
    SELECT (lpad(to_hex(made), 12, '0') || '7000800' || :digit || lpad(to_hex(n), 12, '0'))::uuid, 1, :id,
        (ARRAY['hold', 'capture', 'release'])[1 + n % 3], 'k' || n, 'available', 1, '', '', n + 10,
        decode(repeat('00', 32), 'hex'), to_timestamp(made / 1000.0)
    FROM generate_series(1, 30000) n, LATERAL (SELECT 1740000000000 + n * 1000000::bigint AS made) at
"""
