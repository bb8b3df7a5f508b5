"""A person lets a job spend less: what is set aside beyond that is released."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import CreditsReleased
from libs.common.uow import UnitOfWork
from services.billing.domain.credits.lowering import LowerRequest
from services.billing.domain.credits.lowering import lower_hold as decide
from services.billing.domain.credits.settling import released
from services.billing.repositories.credits import holds, ledger


async def lower_hold(request: LowerRequest, *, workspace_id: UUID, uow: UnitOfWork, now: datetime, actor: str) -> None:
    """Key: `lower:<subject>:<round>`. Told again, nothing happens.

    Raises Transient `hold_unknown` (its request may still be on its way), Conflict `lower_conflict`,
    `lower_below_capture`.
    """
    subject, round_no = request.subject, request.round_no
    books = await ledger.lock_books(uow.conn, workspace_id)
    hold = await holds.find_hold(uow.conn, subject, workspace_id=workspace_id)
    before = await holds.find_raise(uow.conn, subject, round_no)
    decision, answer = decide(books, hold, request, before=before, now=now)
    await ledger.save_books(uow.conn, books, decision.books, decision.movements, actor=actor)
    await holds.save_hold(uow.conn, decision.hold, heard_at=now)
    if before is None:
        await holds.add_raise(uow.conn, subject, round_no, answer, workspace_id=workspace_id)
    given_back = released(decision)
    if given_back:
        event = CreditsReleased(job_id=subject.job_id, credits=given_back, available=decision.books.balance.available)
        uow.publish(event, tenant_id=workspace_id, correlation_id=subject.id)
