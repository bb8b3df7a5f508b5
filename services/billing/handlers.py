"""Billing's queues: each handler translates an event and calls its use case, in one transaction with the inbox row."""

from collections.abc import Sequence

from libs.common.clock import utc_now
from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.contracts.ingest import (
    ChunkCompleted,
    JobCancelled,
    JobCompleted,
    JobCreated,
    JobFailed,
    JobParked,
    JobPaused,
    JobResumed,
)
from libs.common.messaging.consumer import Subscription
from libs.common.uow import Message, UnitOfWork
from services.billing.domain.ledger import Subject
from services.billing.domain.placing import HoldRequest
from services.billing.use_cases import capture_chunk as capturing
from services.billing.use_cases import note_job_state as noting
from services.billing.use_cases import open_account as opening
from services.billing.use_cases import place_hold as placing
from services.billing.use_cases import settle_job as settling

JobEnded = JobCompleted | JobFailed | JobCancelled
JobTurned = JobPaused | JobParked | JobResumed


async def open_account(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
    """A workspace gets its account."""
    del message
    await opening.open_account(event.workspace_id, uow=uow)


async def place_hold(event: JobCreated, *, uow: UnitOfWork, message: Message) -> None:
    """A job's credits are held, or it is declined."""
    await placing.place_hold(
        HoldRequest(_job(event), event.credits, event.price_version),
        workspace_id=message.tenant_id,
        uow=uow,
        now=utc_now(),
        actor=message.envelope.source,
    )


async def capture_chunk(event: ChunkCompleted, *, uow: UnitOfWork, message: Message) -> None:
    """A delivered chunk is charged."""
    await capturing.capture_chunk(
        _job(event),
        event.chunk_no,
        earned=event.credits,
        workspace_id=message.tenant_id,
        uow=uow,
        now=utc_now(),
        actor=message.envelope.source,
    )


async def settle_job(event: JobEnded, *, uow: UnitOfWork, message: Message) -> None:
    """An ended job's surplus is released."""
    await settling.settle_job(
        _job(event),
        credits_total=event.credits_total,
        workspace_id=message.tenant_id,
        uow=uow,
        now=utc_now(),
        actor=message.envelope.source,
    )


async def note_job_state(event: JobTurned, *, uow: UnitOfWork, message: Message) -> None:
    """A job is alive."""
    await noting.note_job_state(_job(event), workspace_id=message.tenant_id, uow=uow, now=utc_now())


def subscriptions() -> Sequence[Subscription]:
    """One subscription per queue. Handlers of one account take turns anyway, so few at once are enough."""
    return [
        Subscription("billing.open_account", open_account, prefetch=2),
        Subscription("billing.place_hold", place_hold, prefetch=4),
        Subscription("billing.note_job_state", note_job_state, prefetch=2),
        Subscription("billing.capture_chunk", capture_chunk, prefetch=4),
        Subscription("billing.settle_job", settle_job, prefetch=2),
    ]


def _job(event: JobCreated | ChunkCompleted | JobEnded | JobTurned) -> Subject:
    return Subject("job", event.job_id)
