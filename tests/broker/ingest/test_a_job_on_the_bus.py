"""Ingest's queues, dispatcher and merge on the real broker: a job goes from its hold to its recipients by itself."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path

import aio_pika
import pytest
from aio_pika.abc import AbstractQueue

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.contracts.catalogue import LISTENERS
from libs.common.contracts.enrich import CapacityAnnounced
from libs.common.contracts.envelope import Envelope, Event
from libs.common.contracts.ingest import ChunkCompleted, ChunkCreated, JobCompleted, RecipientsPublished
from libs.common.ids import new_id
from libs.common.messaging.bus import Bus
from libs.common.outbox import encode
from libs.common.uow import UnitOfWorkFactory
from services.ingest.domain.jobs import JobState
from services.ingest.domain.window import Replica
from services.ingest.repositories import enrich_replicas
from services.ingest.tables import COMMON
from tests.integration.ingest.jobs.steps import Ingest, answer
from tests.support.ingest import RunningIngest, running_ingest
from tests.support.waiting import eventually


@pytest.fixture
async def service(fresh_database: str, fresh_vhost: str, tmp_path: Path) -> AsyncGenerator[RunningIngest]:
    async with running_ingest(fresh_database, fresh_vhost, f"file://{tmp_path}/storage", clock=True) as running:
        yield running


def envelope_of(event: Event, ingest: Ingest, *, occurred_at: datetime | None = None) -> Envelope:
    return Envelope(
        id=new_id(),
        type=event.type,
        version=event.version,
        source=event.source(),
        occurred_at=occurred_at or utc_now(),
        tenant_id=ingest.workspace_id,
        data=event.model_dump(mode="json"),
    )


async def publish(service: RunningIngest, envelope: Envelope) -> None:
    bus = service.platform.bus
    assert isinstance(bus, Bus)
    await bus.publish_event(envelope.routing_key(), encode(envelope), message_id=str(envelope.id))


async def say(service: RunningIngest, event: Event, ingest: Ingest) -> None:
    await publish(service, envelope_of(event, ingest))


async def heard(queue: AbstractQueue) -> ChunkCreated:
    raw = await queue.get(timeout=10)
    assert raw is not None
    await raw.ack()
    return ChunkCreated.model_validate(Envelope.model_validate_json(raw.body).data)


async def test_a_job_runs_from_its_hold_to_its_recipients(service: RunningIngest, fresh_vhost: str) -> None:
    """Hold, chunks, answers, merge, list: each queue is wired to its use case, the dispatcher wakes by itself."""
    open_uow = service.platform.open_uow
    assert isinstance(open_uow, UnitOfWorkFactory)
    ingest = Ingest(open_uow, service.storage)
    job = await ingest.create(await ingest.upload((2, 2, 1)))
    await say(service, HoldPlaced(job_id=job.id, credits=5), ingest)
    capacity = CapacityAnnounced(replica_id=new_id(), rows_capacity=256, rows_in_flight=0, outbox_pending=0)
    await say(service, capacity, ingest)
    connection = await aio_pika.connect(fresh_vhost)
    async with connection:
        channel = await connection.channel()
        queue = await channel.get_queue("enrich.enrich_chunk", ensure=False)

        async def dispatched() -> bool:
            return await ingest.chunk_states(job.id) == ["queued"] * 3

        await eventually(dispatched)
        for _ in range(3):
            chunk = await heard(queue)
            rows = [row.row_no for row in chunk.rows]
            done = answer(job.id, chunk.chunk_no, rows, epoch=chunk.epoch, dispatch_no=chunk.dispatch_no)
            await say(service, done, ingest)

    async def completed() -> bool:
        return (await ingest.job(job.id)).state is JobState.COMPLETED and bool(await ingest.said(RecipientsPublished))

    await eventually(completed)
    (ended,) = await ingest.said(JobCompleted)
    assert ended.credits_total == sum(done.credits for done in await ingest.said(ChunkCompleted)) == 5
    (part,) = await ingest.said(RecipientsPublished)
    assert len(part.recipients) == 5


async def test_an_answer_nobody_can_record_fails_its_chunk(service: RunningIngest, fresh_vhost: str) -> None:
    """It is dead at once; its chunk fails with the reason, and the job goes on. Red when `on_dead` is not wired."""
    open_uow = service.platform.open_uow
    assert isinstance(open_uow, UnitOfWorkFactory)
    ingest = Ingest(open_uow, service.storage)
    job_id = await ingest.processing((1,))
    await ingest.announce(rows=10)

    async def dispatched() -> bool:
        return await ingest.chunk_states(job_id) == ["queued"]

    await eventually(dispatched)
    await say(service, answer(job_id, 0, [99]), ingest)

    async def ended() -> bool:
        return (await ingest.job(job_id)).state is JobState.COMPLETED

    await eventually(ended)
    assert (await ingest.job(job_id)).tally.failed == 1


async def test_an_announcement_heard_again_changes_nothing(service: RunningIngest) -> None:
    """Delivered twice, and with the inbox emptied in between: its natural key is the replica. Red when a copy adds to the
    window, when an older word replaces a newer one, or when every announcement leaves an inbox row for a month."""
    open_uow = service.platform.open_uow
    assert isinstance(open_uow, UnitOfWorkFactory)
    ingest = Ingest(open_uow, service.storage)
    told = CapacityAnnounced(replica_id=new_id(), rows_capacity=10, rows_in_flight=2, outbox_pending=1)
    newest = envelope_of(told, ingest)
    older = envelope_of(
        told.model_copy(update={"rows_capacity": 99}), ingest, occurred_at=newest.occurred_at - timedelta(seconds=1)
    )

    async def heard_all() -> None:
        """What is said now is heard after all that was said before: one at a time, in order."""
        last = told.model_copy(update={"replica_id": new_id()})
        await say(service, last, ingest)

        async def heard_last() -> bool:
            async with open_uow() as uow:
                return last.replica_id in {replica.id for replica in await enrich_replicas.known(uow.conn)}

        await eventually(heard_last)

    async def known() -> list[Replica]:
        async with open_uow() as uow:
            return [replica for replica in await enrich_replicas.known(uow.conn) if replica.id == told.replica_id]

    await publish(service, newest)
    await heard_all()
    before = await known()
    assert [(replica.rows_capacity, replica.seen_at) for replica in before] == [(10, newest.occurred_at)]
    for again in (newest, older):
        await publish(service, again)
        await heard_all()
        assert await known() == before
        await ingest.forget_inbox()
        await publish(service, again)
        await heard_all()
        assert await known() == before
    async with open_uow() as uow:
        assert not (await uow.conn.execute(COMMON.inbox.select())).all()


async def test_every_queue_of_ingest_has_its_handler(service: RunningIngest) -> None:
    """Red when a queue of the catalogue would fill without anybody listening."""
    wired = {subscription.queue for subscription in service.parts.subscriptions}
    assert wired == {queue for queue in LISTENERS if queue.startswith("ingest.")}


async def test_a_running_service_pushes_the_progress_that_is_owed(service: RunningIngest) -> None:
    """All the time, beside the schedules. Red when nobody runs it."""
    open_uow = service.platform.open_uow
    assert isinstance(open_uow, UnitOfWorkFactory)
    ingest = Ingest(open_uow, service.storage)
    job = await ingest.create(await ingest.upload((1,)))
    await ingest.execute("UPDATE ingest.jobs SET progress_owed = true WHERE id = :id", id=job.id)

    async def pushed() -> bool:
        return not (await ingest.job(job.id)).progress_owed

    await eventually(pushed)
