"""DESIGN 4: every handler may hear its message again, also when the inbox has forgotten it. Nothing changes."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from libs.common.contracts.billing import (
    EntitlementsChanged,
    HoldDeclined,
    HoldPlaced,
    HoldQuestioned,
    HoldRaised,
    HoldRaiseDeclined,
    PricesChanged,
)
from libs.common.contracts.catalogue import LISTENERS
from libs.common.contracts.envelope import Event
from libs.common.contracts.gateway import LeadErased, WorkspaceCreated, WorkspaceDeleted
from libs.common.ids import new_id
from services.ingest.use_cases.raise_ceiling import raise_ceiling
from tests.integration.ingest.jobs.steps import (
    IN_ONE_TRANSACTION,
    Ingest,
    answer,
    exhausted,
    failed,
    keys_changed,
    recovered,
    returned,
)


async def reserving(ingest: Ingest) -> UUID:
    return (await ingest.create(await ingest.upload((2, 1)))).id


async def queued(ingest: Ingest) -> UUID:
    return await ingest.queued((2, 1))


async def parked(ingest: Ingest) -> UUID:
    job_id = await ingest.queued((2, 1))
    await ingest.deliver(exhausted(1))
    return job_id


async def parked_workspace(ingest: Ingest) -> UUID:
    await parked(ingest)
    return ingest.workspace_id


async def with_one_chunk_left(ingest: Ingest) -> UUID:
    job_id = await ingest.queued((2, 1))
    await ingest.deliver(answer(job_id, 1, [3]))
    return job_id


async def asking_for_more(ingest: Ingest) -> UUID:
    job = await ingest.create(await ingest.upload((3,)), ceiling_credits=1)
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=1))
    async with ingest.open_uow() as uow:
        await raise_ceiling(uow, job.id, workspace_id=ingest.workspace_id, ceiling_credits=3)
    return job.id


Prepare = Callable[[Ingest], Awaitable[UUID]]
CASES: dict[str, tuple[Prepare, Callable[[UUID], Event]]] = {
    "workspace created": (
        reserving,
        lambda job_id: WorkspaceCreated(workspace_id=job_id, name="Acme", owner_user_id=new_id()),
    ),
    "workspace deleted": (reserving, lambda job_id: WorkspaceDeleted(workspace_id=job_id)),
    "lead erased": (reserving, lambda job_id: LeadErased(erasure_id=job_id, email="ada@example.com")),
    "entitlements changed": (
        reserving,
        lambda _: EntitlementsChanged(entitlements_version=2, plan="free", rows_per_job=3),
    ),
    "prices changed": (reserving, lambda _: PricesChanged(price_version=2, credits_per_row=2)),
    "hold placed": (reserving, lambda job_id: HoldPlaced(job_id=job_id, credits=3)),
    "hold declined": (reserving, lambda job_id: HoldDeclined(job_id=job_id, needed=3, available=1)),
    "hold raised": (asking_for_more, lambda job_id: HoldRaised(job_id=job_id, round=1, credits=3)),
    "raise declined": (
        asking_for_more,
        lambda job_id: HoldRaiseDeclined(job_id=job_id, round=1, needed=2, available=1),
    ),
    "chunk enriched": (queued, lambda job_id: answer(job_id, 0, [1, 2])),
    "part of a chunk enriched": (queued, lambda job_id: answer(job_id, 0, [2])),
    "last chunk enriched": (with_one_chunk_left, lambda job_id: answer(job_id, 0, [1, 2])),
    "chunk returned": (queued, lambda job_id: returned(job_id, 0)),
    "chunk failed": (queued, lambda job_id: failed(job_id, 0)),
    "last chunk failed": (with_one_chunk_left, lambda job_id: failed(job_id, 0)),
    "provider exhausted": (queued, lambda _: exhausted(1)),
    "provider recovered": (parked, lambda _: recovered(2)),
    "own keys changed": (parked_workspace, lambda us: keys_changed(1, "serper", workspace_id=us)),
}


@pytest.mark.parametrize("case", list(CASES))
async def test_a_message_heard_again_changes_nothing(ingest: Ingest, case: str) -> None:
    """First by the inbox, then, with the inbox emptied, by the natural key alone. Red when an effect rests on the inbox."""
    prepare, event_of = CASES[case]
    event, heard = event_of(await prepare(ingest)), new_id()
    before = await ingest.snapshot()
    await ingest.deliver(event, id_=heard)
    after, said = await ingest.snapshot(), await ingest.all_said()
    assert after != before, "the first delivery has its effect"
    await ingest.deliver(event, id_=heard)
    assert (await ingest.snapshot(), await ingest.all_said()) == (after, said)
    await ingest.forget_inbox()
    await ingest.deliver(event, id_=heard)
    await ingest.deliver(event, id_=new_id())
    assert (await ingest.snapshot(), await ingest.all_said()) == (after, said)


async def test_a_question_heard_again_is_answered_again_and_changes_nothing(ingest: Ingest) -> None:
    """Saying it again is what it is for; billing's keys make it harmless."""
    job_id = await with_one_chunk_left(ingest)
    before = await ingest.snapshot()
    for _ in range(2):
        await ingest.deliver(HoldQuestioned(job_id=job_id, round=1))
        await ingest.forget_inbox()
    assert await ingest.snapshot() == before


def test_every_queue_of_jobs_is_covered_here_or_by_the_merge() -> None:
    """Red when a queue is added without a delivered-twice test: those that call out have theirs where they are tested.
    Announcements are heard by the real consumer (broker)."""
    calls_out = {"ingest.read_upload", "ingest.check_upload", "ingest.merge_results", "ingest.write_export"}
    elsewhere = calls_out | {"ingest.note_capacity"}
    ours = {queue for queue in LISTENERS if queue.startswith("ingest.")} - elsewhere
    assert ours == {queue for queue, _ in IN_ONE_TRANSACTION.values()}
