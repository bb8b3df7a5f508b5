"""Billing's queues about jobs: each handler translates an event and calls its use case, in one transaction with the inbox row."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.contracts.ingest import (
    ChunkCompleted,
    JobCancelled,
    JobCeilingLowered,
    JobCeilingRaised,
    JobCompleted,
    JobCreated,
    JobFailed,
    JobParked,
    JobPaused,
    JobResumed,
)
from libs.common.messaging.consumer import Subscription
from libs.common.messaging.lane import Decide, Letter, Together
from libs.common.uow import Message, UnitOfWork
from services.billing.domain.credits.lowering import LowerRequest
from services.billing.domain.credits.placing import HoldRequest
from services.billing.domain.credits.postings import Subject
from services.billing.domain.credits.raising import RaiseRequest
from services.billing.repositories.credits.memory import Memory
from services.billing.repositories.credits.sitting import Sitting
from services.billing.use_cases import capture_chunk as capturing
from services.billing.use_cases import capture_chunks as capturing_many
from services.billing.use_cases import grant_trial as trying
from services.billing.use_cases import lower_hold as lowering
from services.billing.use_cases import note_job_state as noting
from services.billing.use_cases import open_account as opening
from services.billing.use_cases import place_hold as placing
from services.billing.use_cases import place_holds as placing_many
from services.billing.use_cases import raise_hold as raising
from services.billing.use_cases import settle_job as settling

JobEnded = JobCompleted | JobFailed | JobCancelled
JobTurned = JobPaused | JobParked | JobResumed


async def open_account(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message, trial_credits: int = 0) -> None:
    """A workspace gets its account, and a newcomer's something to begin with."""
    await opening.open_account(event.workspace_id, time_zone=event.time_zone, uow=uow)
    if event.for_newcomer and trial_credits:
        await trying.grant_trial(
            event.workspace_id, trial_credits, uow=uow, now=utc_now(), actor=message.envelope.source
        )


async def place_hold(event: JobCreated, *, uow: UnitOfWork, message: Message) -> None:
    """A job's credits are held, or it is declined."""
    await placing.place_hold(
        _request(event), workspace_id=message.tenant_id, uow=uow, now=utc_now(), actor=message.envelope.source
    )


@asynccontextmanager
async def place_holds(
    letters: Sequence[Letter[JobCreated]], uow: UnitOfWork, *, memory: Memory, remembered: Sitting | None = None
) -> AsyncGenerator[Decide[JobCreated]]:
    """The same for all that have arrived."""
    about = [(tenant, _job(letter.event)) for letter in letters if (tenant := letter.message.envelope.tenant_id)]
    async with placing_many.place_holds(
        about, uow=uow, now=utc_now(), memory=memory, remembered=remembered
    ) as together:

        def decide(letter: Letter[JobCreated]) -> None:
            together.place_hold(
                _request(letter.event), workspace_id=letter.message.tenant_id, actor=letter.message.envelope.source
            )

        yield decide


@dataclass(frozen=True)
class RecallHolds:
    """The same by what is remembered of the accounts."""

    memory: Memory

    def reaches(self, workspace_id: UUID | None) -> bool:
        """Whether the account is remembered."""
        return self.memory.has(workspace_id)

    def __call__(self, letters: Sequence[Letter[Any]]) -> Together | None:
        """None where one of the accounts is not."""
        tenants = {letter.message.envelope.tenant_id for letter in letters}
        workspaces = {tenant for tenant in tenants if tenant is not None}
        remembered = self.memory.recall(workspaces, at=utc_now()) if len(workspaces) == len(tenants) else None
        return partial(place_holds, memory=self.memory, remembered=remembered) if remembered is not None else None


async def raise_hold(event: JobCeilingRaised, *, uow: UnitOfWork, message: Message) -> None:
    """More is held for a job, or it is told how many credits there are."""
    await raising.raise_hold(
        RaiseRequest(_job(event), event.round, event.credits, event.after_lowering),
        workspace_id=message.tenant_id,
        uow=uow,
        now=utc_now(),
        actor=message.envelope.source,
    )


async def lower_hold(event: JobCeilingLowered, *, uow: UnitOfWork, message: Message) -> None:
    """What a job may not spend any more is released."""
    await lowering.lower_hold(
        LowerRequest(_job(event), event.round, event.credits),
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


@asynccontextmanager
async def capture_chunks(
    letters: Sequence[Letter[ChunkCompleted]], uow: UnitOfWork, *, memory: Memory
) -> AsyncGenerator[Decide[ChunkCompleted]]:
    """The same for all that have arrived."""
    about = [
        (tenant, _job(letter.event), letter.event.chunk_no)
        for letter in letters
        if (tenant := letter.message.envelope.tenant_id)
    ]
    async with capturing_many.capture_chunks(about, uow=uow, now=utc_now(), memory=memory) as together:

        def decide(letter: Letter[ChunkCompleted]) -> None:
            event, message = letter.event, letter.message
            together.capture_chunk(
                _job(event),
                event.chunk_no,
                earned=event.credits,
                workspace_id=message.tenant_id,
                actor=message.envelope.source,
            )

        yield decide


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


def subscriptions(*, trial_credits: int = 0) -> Sequence[Subscription]:
    """One subscription per queue. Handlers of one account take turns, so few at once are enough, or many together."""
    memory = Memory()
    return [
        Subscription("billing.open_account", partial(open_account, trial_credits=trial_credits), prefetch=2),
        Subscription(
            "billing.place_hold",
            place_hold,
            together=partial(place_holds, memory=memory),
            recall=RecallHolds(memory),
            prefetch=128,
        ),
        Subscription("billing.raise_hold", raise_hold, of_the_deleted=True, prefetch=2),
        Subscription("billing.lower_hold", lower_hold, of_the_deleted=True, prefetch=2),
        Subscription("billing.note_job_state", note_job_state, prefetch=2),
        Subscription(
            "billing.capture_chunk",
            capture_chunk,
            together=partial(capture_chunks, memory=memory),
            of_the_deleted=True,
            prefetch=128,
        ),
        Subscription("billing.settle_job", settle_job, of_the_deleted=True, prefetch=2),
    ]


def _request(event: JobCreated) -> HoldRequest:
    return HoldRequest(
        _job(event),
        event.credits,
        event.price_version,
        event.credits_step,
        event.user_id,
        credits_per_row=event.credits_per_row,
    )


def _job(event: JobCreated | JobCeilingLowered | JobCeilingRaised | ChunkCompleted | JobEnded | JobTurned) -> Subject:
    return Subject("job", event.job_id)
