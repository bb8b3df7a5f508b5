"""Erased rows: what was found out for them goes, for the others it stays, and what is written late is swept."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from libs.common.clock import utc_now
from libs.common.contracts.ingest import ErasedRow, RowsErased
from libs.common.ids import new_id
from libs.common.uow import Message
from services.enrich.repositories import checkpoints
from services.enrich.repositories.checkpoints import Checkpoint
from services.enrich.tables import COMMON, erased_rows
from services.enrich.tables import checkpoints as checkpoint_rows
from services.enrich.use_cases.erase_lead import SWEPT_FOR, erase_lead, sweep_erased
from tests.integration.enrich.bench import Bench
from tests.support.envelopes import envelope_of


async def stored(bench: Bench, job_id: UUID, *row_nos: int) -> None:
    found = [Checkpoint(job_id, row_no, "spec", "result", b'{"person": "Ada"}') for row_no in row_nos]
    async with bench.open_uow() as uow:
        await checkpoints.store(uow.conn, found)


async def kept(bench: Bench, job_id: UUID) -> list[int]:
    query = select(checkpoint_rows.c.row_no).where(checkpoint_rows.c.job_id == job_id)
    async with bench.open_uow() as uow:
        return sorted((await uow.conn.execute(query)).scalars())


async def answers(bench: Bench, erasure_id: UUID) -> int:
    body = func.encode(COMMON.outbox.c.body, "escape")
    query = select(func.count()).where(
        COMMON.outbox.c.routing_key == "enrich.lead.erased.v1", func.strpos(body, str(erasure_id)) > 0
    )
    async with bench.open_uow() as uow:
        return (await uow.conn.execute(query)).scalar_one()


async def hear(bench: Bench, event: RowsErased, tenant_id: UUID) -> None:
    """Delivered twice, the second time as if the inbox had been emptied."""
    message = Message("enrich.erase_lead", envelope_of(event, tenant_id))
    for _ in range(2):
        async with bench.open_uow() as uow:
            await erase_lead(event, uow=uow, message=message)


def part(erasure_id: UUID, part_no: int, rows: list[ErasedRow]) -> RowsErased:
    return RowsErased(erasure_id=erasure_id, email="ada@example.com", part_no=part_no, parts=2, rows=rows)


async def test_rows_are_forgotten_part_by_part_and_answered_once_all_are_heard(bench: Bench) -> None:
    """Delivered twice, in the wrong order. Red when another row goes too, or when it is answered before the last part, or
    twice."""
    tenant_id, job_id, erasure_id = new_id(), new_id(), new_id()
    await stored(bench, job_id, 1, 2, 3)
    await hear(bench, part(erasure_id, 1, [ErasedRow(job_id=job_id, row_no=3)]), tenant_id)
    assert (await kept(bench, job_id), await answers(bench, erasure_id)) == ([1, 2], 0)
    await hear(bench, part(erasure_id, 0, [ErasedRow(job_id=job_id, row_no=1)]), tenant_id)
    assert (await kept(bench, job_id), await answers(bench, erasure_id)) == ([2], 1)


async def test_what_a_worker_writes_of_an_erased_row_afterwards_is_swept(bench: Bench) -> None:
    """Red when a row that was in hand is remembered again, or when rows are swept for ever."""
    tenant_id, job_id, erasure_id = new_id(), new_id(), new_id()
    for part_no, rows in enumerate(([ErasedRow(job_id=job_id, row_no=1)], [])):
        await hear(bench, part(erasure_id, part_no, rows), tenant_id)
    await stored(bench, job_id, 1, 2)
    await sweep_erased(bench.open_uow, now=utc_now())
    assert await kept(bench, job_id) == [2]
    await sweep_erased(bench.open_uow, now=utc_now() + SWEPT_FOR)
    query = select(func.count()).where(erased_rows.c.job_id == job_id)
    async with bench.open_uow() as uow:
        assert (await uow.conn.execute(query)).scalar_one() == 0


async def filed(bench: Bench, job_id: UUID, row_no: int) -> UUID:
    """A chunk with a row that could not be worked on."""
    letter_id, body = (
        new_id(),
        f'{{"data":{{"job_id":"{job_id}","rows":[{{"row_no":{row_no},"cells":{{"a":"Ada"}}}}]}}}}',
    )
    given = {"id": letter_id, "queue": "enrich.enrich_chunk", "message_key": str(letter_id), "body": body.encode()}
    errors = {"cause": "ValueError", "attempts": 5, "first_error": "no", "last_error": "no", "tenant_id": new_id()}
    async with bench.open_uow() as uow:
        await uow.conn.execute(COMMON.dead_letters.insert().values(**given, **errors))
    return letter_id


async def test_a_chunk_that_died_is_emptied_though_no_address_stands_in_it(bench: Bench) -> None:
    """Before the erasure and after it. Red when a row's words stay in a dead letter, or when another row's, whose number begins
    like it, or another job's are emptied."""
    job_id = new_id()
    early, other_row, other_job = [await filed(bench, *one) for one in ((job_id, 1), (job_id, 12), (new_id(), 1))]
    for part_no, rows in enumerate(([ErasedRow(job_id=job_id, row_no=1)], [])):
        await hear(bench, part(new_id(), part_no, rows), new_id())
    late = await filed(bench, job_id, 1)
    letters = COMMON.dead_letters
    query = select(letters.c.id).where(letters.c.body == b"{}", letters.c.resolution == "discarded")
    async with bench.open_uow() as uow:
        assert set((await uow.conn.execute(query)).scalars()) == {early}
    await sweep_erased(bench.open_uow, now=utc_now())
    async with bench.open_uow() as uow:
        assert set((await uow.conn.execute(query)).scalars()) == {early, late}
        assert set((await uow.conn.execute(select(letters.c.id))).scalars()) == {early, late, other_row, other_job}
