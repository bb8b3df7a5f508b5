"""A person lets a job spend more: its hold is raised, or it is told how many credits there are."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import HoldRaised, HoldRaiseDeclined
from libs.common.errors import Transient
from libs.common.uow import UnitOfWork
from services.billing.domain.credits.raising import RaiseRequest
from services.billing.domain.credits.raising import raise_hold as decide
from services.billing.repositories.credits import holds, ledger
from services.billing.repositories.watching import caps


async def raise_hold(request: RaiseRequest, *, workspace_id: UUID, uow: UnitOfWork, now: datetime, actor: str) -> None:
    """Key: `raise:<subject>:<round>`. Whoever asks again gets the first answer again.

    Raises Transient `hold_unknown` (its request may still be on its way), `hold_not_lowered` (the lowering that it follows
    may be), Conflict `raise_conflict`.
    """
    subject, round_no = request.subject, request.round_no
    books = await ledger.lock_books(uow.conn, workspace_id)
    hold = await holds.find_hold(uow.conn, subject, workspace_id=workspace_id)
    before = await holds.find_raise(uow.conn, subject, round_no)
    await _require_lowered(request, uow=uow)
    limit = await caps.find_limit(uow.conn, workspace_id, user_id=hold.user_id if hold else None, now=now)
    decision, answer = decide(books, hold, request, before=before, now=now, limit=limit)
    await ledger.save_books(uow.conn, books, decision.books, decision.movements, actor=actor)
    await holds.save_hold(uow.conn, decision.hold, heard_at=now)
    if before is None:
        await holds.add_raise(uow.conn, subject, round_no, answer, workspace_id=workspace_id)
    event = (
        HoldRaiseDeclined(
            job_id=subject.id,
            round=round_no,
            needed=answer.needed,
            available=answer.available,
            reason=answer.reason.value,
        )
        if answer.credits is None
        else HoldRaised(job_id=subject.id, round=round_no, credits=answer.credits)
    )
    uow.publish(event, tenant_id=workspace_id, correlation_id=subject.id)


async def _require_lowered(request: RaiseRequest, *, uow: UnitOfWork) -> None:
    """A raise that overtook the lowering before it would be answered with what the job must not spend."""
    lowering = request.after_lowering
    if lowering and await holds.find_raise(uow.conn, request.subject, lowering) is None:
        msg = f"round {request.round_no} of {request.subject} follows round {lowering}, which has not been heard of"
        raise Transient(msg, code="hold_not_lowered")
