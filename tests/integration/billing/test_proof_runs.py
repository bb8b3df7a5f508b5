"""The nightly proof of all accounts: in slices, each account once a run, resumed by whoever comes next, told when it differs."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from libs.common.db import make_engine
from libs.common.ids import new_id
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from services.billing.repositories.credits import proofs
from services.billing.repositories.credits.proofs import ProofRun
from services.billing.tables import COMMON
from services.billing.use_cases.measure_proofs import measure_proofs
from services.billing.use_cases.prove_accounts import prove_accounts, start_proof_run
from tests.integration.billing.steps import Billing, created, forge
from tests.support.billing import headers, running_billing

NIGHT = datetime(2026, 11, 27, 2, 1, tzinfo=UTC)


@pytest.fixture
async def billing(own_database: str) -> AsyncGenerator[Billing]:
    """A database of its own: a run is about all accounts."""
    engine = make_engine(normalise_database_url(own_database), pool_size=8, service="billing")
    yield Billing(UnitOfWorkFactory(engine, COMMON))
    await engine.dispose()


async def runs(billing: Billing) -> list[ProofRun]:
    async with billing.open_uow() as uow:
        return list(await proofs.last_runs(uow.conn, limit=9))


async def test_a_night_proves_every_account_once(billing: Billing) -> None:
    """Red when a run begins at every turn, or never again."""
    for _ in range(3):
        await billing.deliver(created(new_id(), 2), await billing.workspace(5))
    proved = [await prove_accounts(open_uow=billing.open_uow, now=NIGHT + timedelta(hours=hours)) for hours in (0, 1)]
    assert proved == [3, 0]
    assert [(run.accounts, run.differing, run.finished_at) for run in await runs(billing)] == [(3, 0, NIGHT)]
    assert await prove_accounts(open_uow=billing.open_uow, now=NIGHT + timedelta(days=1)) == 3


async def test_a_run_goes_on_where_it_ended(billing: Billing) -> None:
    """Red when a turn begins from the first account again."""
    for _ in range(3):
        await billing.workspace(5)
    async with billing.open_uow() as uow:
        run = await start_proof_run(uow, now=NIGHT, actor="user:1")
    async with billing.open_uow() as uow:
        first = await proofs.next_account(uow.conn, run)
        assert first is not None
        await proofs.record_proof(uow.conn, run, first, [], now=NIGHT)
    assert await prove_accounts(open_uow=billing.open_uow, now=NIGHT) == 2
    assert [(one.id, one.accounts) for one in await runs(billing)] == [(run.id, 3)]


async def test_two_replicas_at_one_run_count_no_account_twice(billing: Billing) -> None:
    """Red when a run is moved on by whoever comes."""
    for _ in range(6):
        await billing.workspace(5)
    await asyncio.gather(*(prove_accounts(open_uow=billing.open_uow, now=NIGHT) for _ in range(3)))
    await prove_accounts(open_uow=billing.open_uow, now=NIGHT)
    assert [(run.accounts, run.finished_at) for run in await runs(billing)] == [(6, NIGHT)]


async def test_what_differs_is_told_measured_and_blocks_nothing(billing: Billing) -> None:
    """Red when a difference is found and nobody hears of it."""
    honest, forged = await billing.workspace(5), await billing.workspace(5)
    await forge(billing, ["UPDATE billing.accounts SET available = 6 WHERE workspace_id = :id"], forged)
    assert await prove_accounts(open_uow=billing.open_uow, now=NIGHT) == 2
    told = [one for one in await billing.said(forged) if one[0] == "billing.ledger.differs"]
    assert told == [("billing.ledger.differs", {"checks": ["equation_holds", "balance_equals_entries"]})]
    assert not [one for one in await billing.said(honest) if one[0] == "billing.ledger.differs"]
    async with billing.open_uow() as uow:
        await measure_proofs(uow=uow)
        found = await proofs.differing(uow.conn)
    measured = [
        REGISTRY.get_sample_value(f"billing_{name}") for name in ("differing_accounts", "proven_timestamp_seconds")
    ]
    assert measured == [1, NIGHT.timestamp()]
    assert [(one.workspace_id, one.holds) for one in found] == [(forged, False)]
    await billing.deliver(created(job_id := new_id(), 2), forged)
    assert (await billing.hold(job_id))["state"] == "held"


async def test_operators_start_a_run_and_see_what_it_found(fresh_database: str, fresh_vhost: str) -> None:
    async with running_billing(fresh_database, fresh_vhost) as service:
        asker = new_id()
        started = [
            (await service.client.post("/v1/credits/proofs", headers=headers(asker, operator=True))) for _ in range(2)
        ]
        assert [one.status_code for one in started] == [202, 202]
        shown = (await service.client.get("/v1/credits/proofs", headers=headers(asker, operator=True))).json()
        assert started[0].json()["id"] in [run["id"] for run in shown["runs"]]
        assert shown["differing"] == []
        for method in ("GET", "POST"):
            refused = await service.client.request(method, "/v1/credits/proofs", headers=headers(asker))
            assert (refused.status_code, refused.json()["code"]) == (403, "operators_only")
