"""A company is researched once for all rows that ask the same of it, whichever process they are in."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, func, select, update

from libs.common.contracts.enrich import ChunkEnriched, ChunkReturned
from libs.common.contracts.ingest import ExtraColumn
from libs.common.ids import new_id
from services.enrich.domain.research import Checked
from services.enrich.in_flight.companies import LEASE_S
from services.enrich.repositories.company_research import CompanyKey, Known, look
from services.enrich.tables import checkpoints, company_websites, row_work
from services.enrich.tables import company_research as table
from services.enrich.use_cases import research_company
from services.enrich.use_cases.sweep_companies import sweep_companies
from tests.integration.enrich.bench import INGRID, OTHER_TENANT, TENANT, Bench, bench_on
from tests.support.waiting import PATIENCE_S, eventually

FIRM = {"Company": "Bolt Harbour Works", "Website": "boltharbour.example", "City": "Bodø", "Country": "Norway"}
COLLEAGUES = [
    {**FIRM, "First": "Ingrid", "Last": "Solheim", "Job": "Head of Sales"},
    {**FIRM, "First": "Henrik", "Last": "Dahl", "Job": "Plant Manager"},
    {**FIRM, "First": "Amina", "Last": "Okafor", "Job": "Head of Procurement"},
]


def questions(bench: Bench) -> Counter[str]:
    """How often the model was asked about what, as the sandbox counts."""
    return bench.world.box.calls.tasks


async def texts_stored(bench: Bench) -> str:
    async with bench.open_uow() as uow:
        payloads = (await uow.conn.execute(select(table.c.payload))).scalars()
        return "".join(payload.decode() for payload in payloads if payload)


async def known(bench: Bench) -> int:
    async with bench.open_uow() as uow:
        found = select(func.count()).select_from(table).where(table.c.payload.is_not(None))
        return (await uow.conn.execute(found)).scalar_one()


async def test_the_rows_of_a_company_share_one_research_whose_cost_one_of_them_bears(bench: Bench) -> None:
    """Red when each row asks for itself, or the others' receipts hide that they were served from what was there."""
    await bench.deliver(bench.chunk(COLLEAGUES))
    rows = await bench.rows_said(ChunkEnriched)
    assert questions(bench) == {"company": 1, "person": 3, "line": 3}
    assert [row["status"] for row in rows] == ["enriched"] * 3
    calls = sorted(row["receipt"]["provider_calls"].get("serper", 0) for row in rows)
    assert calls == [1, 1, 3]
    assert sorted(row["receipt"]["cache_hits"] for row in rows) == [0, 1, 1]
    assert sum(row["receipt"]["provider_calls"]["groq"] for row in rows) == 7
    companies = [[one["snippet"] for one in row["research"]["company"]] for row in rows]
    assert companies[0] == companies[1] == companies[2] != []


async def test_another_job_is_served_while_it_is_fresh_and_asks_again_when_it_is_old(bench: Bench) -> None:
    """Red when research is shared within a job only, or believed for ever."""
    await bench.deliver(bench.chunk([COLLEAGUES[0]]))
    bench.job_id = new_id()
    await bench.deliver(bench.chunk([COLLEAGUES[1]]))
    assert questions(bench)["company"] == 1
    assert bench.world.answered("serper") == 3 + 1
    async with bench.open_uow() as uow:
        week_ago = func.now() - func.make_interval(0, 0, 0, 7, 1)
        await uow.conn.execute(update(table).values(found_at=week_ago, lease_until=week_ago))
    bench.job_id = new_id()
    await bench.deliver(bench.chunk([COLLEAGUES[2]]))
    assert questions(bench)["company"] == 2
    assert await known(bench) == 1


async def test_a_workspace_is_not_served_what_another_has_found(bench: Bench) -> None:
    """Red when the key leaves the workspace out."""
    await bench.deliver(bench.chunk([INGRID]))
    bench.job_id = new_id()
    await bench.deliver(bench.chunk([INGRID]), tenant=OTHER_TENANT)
    assert questions(bench)["company"] == 2


@pytest.mark.parametrize(
    "other",
    [
        {"language": "de"},
        {"extra_columns": [ExtraColumn(name="Staff", description="Number of employees", kind="number")]},
    ],
)
async def test_who_asks_something_else_of_a_company_is_not_served_the_answer_to_another_question(
    bench: Bench, other: dict[str, Any]
) -> None:
    """Red when an option that changes the answer is not in the key."""
    await bench.deliver(bench.chunk([INGRID]))
    bench.job_id = new_id()
    await bench.deliver(bench.chunk([INGRID], hash="spec-2", **other))
    assert questions(bench)["company"] == 2


async def test_nothing_of_the_person_is_shared(bench: Bench) -> None:
    """Red when statements on the row's person are left in what the rows of the company share."""
    text = "Ingrid Solheim opened the second blending line of Halden Lubricants."
    bench.world.box.world.put_page("haldenlube.example", "home", f"{text} Halden Lubricants blends 9 oils.")
    await bench.deliver(bench.chunk([INGRID]))
    stored = orjson.loads(await texts_stored(bench))
    assert stored["found"]["statements"]
    assert "Solheim" not in orjson.dumps(stored["found"]).decode()
    assert {page["kind"] for page in stored["pages"]} == {"website"}
    (row,) = await bench.rows_said(ChunkEnriched)
    assert text in [one["snippet"] for one in row["research"]["person"]], "which is the person's part"


async def test_two_replicas_ask_once(database: str, bench: Bench) -> None:
    """Red when the lease is not looked at: a company is paid for as often as there are replicas."""
    bench.world.turn(groq={"latency_ms": 150})
    async with bench_on(database, bench.world) as other:
        await asyncio.gather(
            bench.deliver(bench.chunk(COLLEAGUES)),
            other.deliver(other.chunk(COLLEAGUES)),
        )
    assert questions(bench)["company"] == 1
    assert len(await bench.rows_said(ChunkEnriched)) == 6


async def test_when_the_asking_replica_dies_another_takes_over(database: str, bench: Bench) -> None:
    """Red when a lease of a dead holder is held for ever: the rows of its companies would wait until their chunk is over."""
    async with bench_on(database, bench.world) as doomed:
        bench.world.turn(groq={"hang": True})
        dying = asyncio.create_task(doomed.deliver(doomed.chunk([COLLEAGUES[0]])))
        await eventually(lambda: bench.world.in_flight("groq"))
        waiting = asyncio.create_task(bench.deliver(bench.chunk([COLLEAGUES[1]])))
        await eventually(lambda: bench.world.answered("serper") >= 4)
        doomed.floor.companies._hold = _unheard  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] - it is dead
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
    bench.world.turn(groq={"hang": False})
    async with bench.open_uow() as uow:
        assert (await uow.conn.execute(select(func.count()).select_from(table))).scalar_one() == 1
        await uow.conn.execute(update(table).values(lease_until=func.to_timestamp(0)))
    await asyncio.wait_for(waiting, PATIENCE_S)
    (row,) = await bench.rows_said(ChunkEnriched)
    assert row["status"] == "enriched"
    assert row["research"]["company"]


async def _unheard(*_keys: object, **_lease: object) -> None:
    """A dead process gives nothing back."""


async def test_a_row_that_is_called_off_leaves_the_company_to_those_who_wait(bench: Bench) -> None:
    """Red when those who wait for a row whose chunk ends fail with it, or wait for nobody."""
    bench.world.turn(groq={"hang": True})
    first = asyncio.create_task(bench.deliver(bench.chunk([COLLEAGUES[0]])))
    await eventually(lambda: bench.world.in_flight("groq"))
    second = replace(bench, job_id=new_id())
    waiting = asyncio.create_task(second.deliver(second.chunk([COLLEAGUES[1]])))
    await eventually(lambda: bench.world.answered("serper") >= 4)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    bench.world.turn(groq={"hang": False})
    await asyncio.wait_for(waiting, LEASE_S)
    assert [row["status"] for row in await bench.rows_said(ChunkEnriched)] == ["enriched"]


async def test_a_failure_is_everyones_who_waits_and_kept_for_nobody(bench: Bench) -> None:
    """Red when each row of a company tries for itself while its provider is down, or the next job gets the old failure."""
    bench.world.turn(groq={"fail_rate": 1, "fail_status": 500, "latency_ms": 150})
    await bench.deliver(bench.chunk(COLLEAGUES), floor=bench.with_limits(row_budget_s=0.01))
    rows = await bench.rows_said(ChunkEnriched)
    assert [row["status"] for row in rows] == ["degraded"] * 3
    asked = sum(count for (name, _, _), count in bench.world.box.calls.counts.items() if name == "groq")
    assert asked == 1 + 3, "the company once, each person"
    assert await known(bench) == 0
    bench.world.reset()
    bench.job_id = new_id()
    await bench.deliver(bench.chunk([INGRID]))
    assert (await bench.rows_said(ChunkEnriched))[-1]["status"] == "enriched"
    assert questions(bench)["company"] == 1


async def test_research_that_could_back_nothing_is_not_shared_and_not_repeated_for_its_row(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when a useless answer serves the company's rows for a week, or a redelivery pays for it again."""

    def nothing(*_claims: object, **_about: object) -> Checked:
        return Checked(statements=[], dropped=[])

    with monkeypatch.context() as changed:
        changed.setattr(research_company, "check_research", nothing)
        await bench.deliver(bench.chunk([COLLEAGUES[0]]))
    assert await known(bench) == 0
    async with bench.open_uow() as uow:
        await uow.conn.execute(delete(checkpoints).where(checkpoints.c.stage == "result"))
        await uow.conn.execute(update(row_work).values(lease_until=func.to_timestamp(0)))
    await bench.deliver(bench.chunk([COLLEAGUES[0]], dispatch=2))
    assert questions(bench) == {"company": 1, "person": 1, "line": 2}
    bench.job_id = new_id()
    await bench.deliver(bench.chunk([COLLEAGUES[1]]))
    assert questions(bench)["company"] == 2


async def test_rows_that_wait_for_another_give_their_slots_back(database: str, bench: Bench) -> None:
    """Two slots. Red when the rows of a slow company occupy them all: a row of another company could not be worked on."""
    async with bench_on(database, bench.world, slots=2) as narrow:
        bench.world.turn(groq={"hang": True})
        nameless = {**INGRID, "First": "", "Last": ""}
        slow = asyncio.create_task(narrow.deliver(narrow.chunk([nameless] * 4)))
        await eventually(lambda: bench.world.in_flight("groq"))
        await eventually(lambda: narrow.floor.slots.in_use == 1)
        bench.world.turn(groq={"hang": False})
        quick = replace(narrow, job_id=new_id())
        await asyncio.wait_for(
            quick.deliver(quick.chunk([{**nameless, "Website": "", "Company": "Quarry Nine"}])), PATIENCE_S
        )
        assert str(quick.job_id) in {one["job_id"] for one in await narrow.said(ChunkEnriched)}
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
        assert narrow.floor.slots.in_use == 0


async def test_many_rows_of_few_companies_come_through_few_slots(database: str, bench: Bench) -> None:
    """Red when rows that wait and rows that could go on wait for each other."""
    rows = [
        {**INGRID, "Company": f"Firm {nth % 3} Works", "Website": f"firm{nth % 3}.example", "Last": name}
        for nth in range(30)
        for name in [f"Sol{'abcdefghijklmnopqrstuvwxyzåäö'[nth % 29]}heim"]
    ]
    async with bench_on(database, bench.world, slots=2) as narrow:
        await asyncio.wait_for(narrow.deliver(narrow.chunk(rows)), PATIENCE_S)
        assert len(await narrow.rows_said(ChunkEnriched)) == 30
        assert questions(narrow)["company"] == 3
        assert narrow.floor.slots.in_use == 0


async def test_a_chunk_that_stops_lets_go_of_rows_that_only_wait(bench: Bench) -> None:
    """Red when rows that wait for another's research keep a chunk in hand when the process stops."""
    bench.world.turn(groq={"hang": True})
    nameless = {**INGRID, "First": "", "Last": ""}
    first = asyncio.create_task(bench.deliver(bench.chunk([nameless])))
    await eventually(lambda: bench.world.in_flight("groq"))
    second = replace(bench, job_id=new_id())
    waiting = asyncio.create_task(second.deliver(second.chunk([nameless]), floor=bench.with_limits(chunk_s=0.5)))
    await asyncio.wait_for(waiting, PATIENCE_S)
    assert [one["reason"] for one in await bench.said(ChunkReturned)] == ["out_of_time"]
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def test_of_many_who_look_at_once_one_has_the_company(bench: Bench) -> None:
    """Red when a live lease can be taken, or what is found is not seen."""
    key = CompanyKey(new_id(), "k")

    async def ask() -> Known:
        async with bench.open_uow() as uow:
            found = await look(uow.conn, [key], holder=new_id(), lease_s=60, fresh_s=60)
        return found[key]

    states = Counter([(await one).state for one in [asyncio.create_task(ask()) for _ in range(8)]])
    assert states == {"mine": 1, "others": 7}


async def test_what_is_old_is_swept_and_what_is_fresh_or_under_way_stays(bench: Bench) -> None:
    """Red when research is swept that still serves, or the table only grows."""
    await bench.deliver(bench.chunk(2))
    assert await known(bench) == 2
    assert await sweep_companies(bench.open_uow, fresh_s=3600) == 0
    async with bench.open_uow() as uow:
        old = func.now() - func.make_interval(0, 0, 0, 0, 2)
        key = select(table.c.key).limit(1).scalar_subquery()
        await uow.conn.execute(update(table).where(table.c.key == key).values(found_at=old, lease_until=old))
    assert await sweep_companies(bench.open_uow, fresh_s=3600) == 1
    assert await known(bench) == 1


async def test_three_extra_columns_are_answered_each_with_its_evidence(bench: Bench) -> None:
    """Red when answers are not asked for, not typed, or kept without a snippet that stands in their source."""
    columns = [
        ExtraColumn(name="Number of employees", description="How many people work there", kind="number"),
        ExtraColumn(name="What they sell", description="Products the company sells", kind="list"),
        ExtraColumn(name="Favourite colour", description="The colour the founder likes best", kind="text"),
    ]
    await bench.deliver(bench.chunk([INGRID], extra_columns=columns))
    (row,) = await bench.rows_said(ChunkEnriched)
    extra: dict[str, Any] = row["extra"]
    assert isinstance(extra["Number of employees"]["value"], int)
    assert str(extra["Number of employees"]["value"]) in extra["Number of employees"]["snippet"]
    assert isinstance(extra["What they sell"]["value"], list)
    assert "Favourite colour" not in extra
    known_sources = {source["id"] for source in row["research"]["sources"]}
    assert {one for answer in extra.values() for one in answer["source_ids"]} <= known_sources


async def test_websites_are_not_the_companies(bench: Bench) -> None:
    """Red when a workspace's research lies where all workspaces read."""
    await bench.deliver(bench.chunk([INGRID]))
    async with bench.open_uow() as uow:
        (site,) = (await uow.conn.execute(select(company_websites.c.domain))).scalars()
    assert site == "haldenlube.example"


async def test_a_lease_that_nobody_of_this_process_uses_any_more_is_taken_up_by_the_next_who_asks(
    database: str, bench: Bench
) -> None:
    """A row that is called off while it looks may claim the company after it was given back. Red when the next row takes
    that for another replica's work: it would wait for it, and prolong it, for ever."""
    key, companies = CompanyKey(TENANT, "called off"), bench.floor.companies
    companies.begin(key)
    assert (await companies.look(key)).state == "mine"
    companies.leave(key)
    async with bench_on(database, bench.world) as other:
        other.floor.companies.begin(key)
        assert (await other.floor.companies.look(key)).state == "others"
        other.floor.companies.leave(key)
    companies.begin(key)
    assert (await companies.look(key)).state == "mine"


async def test_what_a_row_gives_back_is_not_taken_from_the_next_who_has_begun(database: str, bench: Bench) -> None:
    """Red when a row that failed frees the company of the row after it: then two replicas ask."""
    key, companies = CompanyKey(TENANT, "begun again"), bench.floor.companies
    companies.begin(key)
    assert (await companies.look(key)).state == "mine"
    companies.land(key, None)
    companies.begin(key)
    await eventually(lambda: not companies._giving_back)  # pyright: ignore[reportPrivateUsage]
    async with bench_on(database, bench.world) as other:
        other.floor.companies.begin(key)
        assert (await other.floor.companies.look(key)).state == "others"
        other.floor.companies.leave(key)
