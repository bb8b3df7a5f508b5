"""What the tests do to billing: grant, deliver events, look at the ledger. Handlers are the real ones, on real tables."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Event
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
    SourcingBatchRevealed,
    SourcingCreated,
    SourcingEnded,
)
from libs.common.ids import new_id
from libs.common.uow import Message, UnitOfWork, UnitOfWorkFactory
from services.billing import handlers, sourcing_handlers
from services.billing.domain.credits.ledger import Balance, Grant, GrantKind
from services.billing.domain.credits.proof import Check
from services.billing.repositories.credits import balances
from services.billing.tables import COMMON, entries
from services.billing.use_cases.grant_credits import GrantRequest, grant_credits
from services.billing.use_cases.prove_ledger import prove_ledger
from tests.support.envelopes import envelope_of

HANDLERS: dict[type[Event], Callable[..., Awaitable[None]]] = {
    WorkspaceCreated: handlers.open_account,
    JobCreated: handlers.place_hold,
    JobCeilingRaised: handlers.raise_hold,
    JobCeilingLowered: handlers.lower_hold,
    ChunkCompleted: handlers.capture_chunk,
    JobCompleted: handlers.settle_job,
    JobFailed: handlers.settle_job,
    JobCancelled: handlers.settle_job,
    JobPaused: handlers.note_job_state,
    JobParked: handlers.note_job_state,
    JobResumed: handlers.note_job_state,
    SourcingCreated: sourcing_handlers.place_sourcing_hold,
    SourcingBatchRevealed: sourcing_handlers.capture_sourcing_batch,
    SourcingEnded: sourcing_handlers.settle_sourcing,
}


def created(job_id: UUID, credits_: int, *, credits_per_row: int | None = None) -> JobCreated:
    return JobCreated(job_id=job_id, credits=credits_, price_version=1, credits_per_row=credits_per_row)


def raised(job_id: UUID, round_no: int, credits_: int, *, after: int = 0) -> JobCeilingRaised:
    return JobCeilingRaised(job_id=job_id, round=round_no, credits=credits_, after_lowering=after)


def lowered(job_id: UUID, round_no: int, credits_: int) -> JobCeilingLowered:
    return JobCeilingLowered(job_id=job_id, round=round_no, credits=credits_)


def completed(job_id: UUID, chunk_no: int, credits_: int) -> ChunkCompleted:
    return ChunkCompleted(job_id=job_id, chunk_no=chunk_no, credits=credits_)


def ended(job_id: UUID, total: int, *, kind: type[JobCompleted | JobFailed | JobCancelled] = JobCompleted) -> Event:
    return kind(job_id=job_id, job_version=9, credits_total=total)


def message_of(event: Event, workspace_id: UUID, *, id_: UUID | None = None) -> Message:
    """The message that carries an event to its queue."""
    handler = HANDLERS[type(event)]
    queue = f"billing.{getattr(handler, 'func', handler).__name__}"
    envelope = envelope_of(event, workspace_id, id_=id_)
    return Message(queue, envelope)


@dataclass(frozen=True)
class Billing:
    """Billing with its handlers, without its edges."""

    open_uow: UnitOfWorkFactory

    async def workspace(self, *sizes: int) -> UUID:
        """A new workspace with a grant of each size."""
        workspace_id = new_id()
        for size in sizes:
            await self.grant(workspace_id, size)
        return workspace_id

    async def grant(self, workspace_id: UUID, size: int, *, key: str | None = None, **more: Any) -> Grant:
        request = GrantRequest(size, "a test", GrantKind.PURCHASED, **more)
        async with self.open_uow() as uow:
            return await grant_credits(
                request,
                workspace_id=workspace_id,
                idempotency_key=key or str(new_id()),
                uow=uow,
                now=utc_now(),
                actor="user:test",
            )

    async def deliver(self, event: Event, workspace_id: UUID, *, times: int = 1) -> None:
        """Deliver an event, past the inbox: as if it had been emptied each time."""
        for _ in range(times):
            async with self.open_uow() as uow:
                await apply(event, workspace_id, uow=uow)

    async def balance(self, workspace_id: UUID) -> Balance:
        async with self.open_uow() as uow:
            return await balances.balance(uow.conn, workspace_id)

    async def proof(self, workspace_id: UUID) -> list[Check]:
        async with self.open_uow() as uow:
            return await prove_ledger(workspace_id, uow=uow, now=utc_now())

    async def hold(self, job_id: UUID) -> dict[str, Any]:
        return await self.one("SELECT * FROM billing.holds WHERE subject_id = :id", id=job_id)

    async def one(self, query: str, **values: object) -> dict[str, Any]:
        async with self.open_uow() as uow:
            return dict((await uow.conn.execute(text(query), values)).mappings().one())

    async def execute(self, statement: str, **values: object) -> None:
        async with self.open_uow() as uow:
            await uow.conn.execute(text(statement), values)

    async def movements(self, workspace_id: UUID) -> list[str]:
        """The business keys of a workspace's transactions, oldest first."""
        query = select(entries.c.business_key).where(entries.c.workspace_id == workspace_id, entries.c.line_no == 1)
        async with self.open_uow() as uow:
            return list((await uow.conn.execute(query.order_by(entries.c.transaction_id))).scalars())

    async def said(self, workspace_id: UUID) -> list[tuple[str, dict[str, Any]]]:
        """What billing has announced about a workspace: type and data, oldest first."""
        async with self.open_uow() as uow:
            return await announced(uow.conn, workspace_id)


async def forge(billing: Billing, statements: Sequence[str], workspace_id: UUID) -> None:
    """Run statements about one workspace (`:id`) as the owner of the database could, its own refusals switched off."""
    async with billing.open_uow() as uow:
        await uow.conn.execute(text("ALTER TABLE billing.entries DISABLE TRIGGER USER"))
        for statement in statements:
            await uow.conn.execute(text(statement), {"id": workspace_id})
        await uow.conn.execute(text("ALTER TABLE billing.entries ENABLE TRIGGER USER"))


async def apply(event: Event, workspace_id: UUID, *, uow: UnitOfWork) -> None:
    """Run the event's handler in a unit of work."""
    await HANDLERS[type(event)](event, uow=uow, message=message_of(event, workspace_id))


async def announced(conn: AsyncConnection, workspace_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    return [(one["type"], one["data"]) for one in await _envelopes(conn) if one["tenant_id"] == str(workspace_id)]


async def told_to_all(conn: AsyncConnection) -> list[tuple[str, dict[str, Any]]]:
    """What was announced that belongs to no workspace: type and data, oldest first."""
    return [(one["type"], one["data"]) for one in await _envelopes(conn) if one["tenant_id"] is None]


async def _envelopes(conn: AsyncConnection) -> list[dict[str, Any]]:
    rows = (await conn.execute(select(COMMON.outbox.c.body).order_by(COMMON.outbox.c.id))).scalars()
    return [orjson.loads(body) for body in rows]
