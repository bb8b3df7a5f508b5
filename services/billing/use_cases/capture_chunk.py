"""A chunk (of a sourcing: a batch) has been delivered: its exact credits are charged, once."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import CreditsCaptured
from libs.common.uow import UnitOfWork
from services.billing.domain.credits.holds import Decision
from services.billing.domain.credits.postings import Subject
from services.billing.domain.credits.settling import capture
from services.billing.repositories.credits import captures, holds, ledger


async def capture_chunk(
    subject: Subject,
    chunk_no: int,
    *,
    earned: int,
    workspace_id: UUID,
    uow: UnitOfWork,
    now: datetime,
    actor: str,
) -> None:
    """Key: `capture:<subject>:<chunk>`, with its credits, for ever. Chunks that earned nothing leave their key too.

    Raises Transient `hold_unknown` (its request may still be on its way), Conflict `capture_conflict`,
    `capture_without_hold` and `capture_above_hold`.
    """
    books = await ledger.lock_books(uow.conn, workspace_id)
    hold = await holds.find_hold(uow.conn, subject, workspace_id=workspace_id)
    before = await captures.captured_before(uow.conn, subject, chunk_no)
    decision = capture(books, hold, subject=subject, chunk_no=chunk_no, earned=earned, before=before)
    await ledger.save_books(uow.conn, books, decision.books, decision.movements, actor=actor)
    await holds.save_hold(uow.conn, decision.hold, heard_at=now)
    if before is not None:
        return
    await captures.add_capture(uow.conn, subject, chunk_no, earned)
    announce(decision, earned=earned, uow=uow)


def announce(decision: Decision, *, earned: int, uow: UnitOfWork) -> None:
    """Say that credits were captured, if any were."""
    if earned:
        subject, books = decision.hold.subject, decision.books
        event = CreditsCaptured(job_id=subject.job_id, credits=earned, available=books.balance.available)
        uow.publish(event, tenant_id=books.workspace_id, correlation_id=subject.id)
