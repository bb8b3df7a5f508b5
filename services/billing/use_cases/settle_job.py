"""A job or a sourcing has ended: what it did not earn is released at once, and the hold closes with the last capture."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import CreditsReleased
from libs.common.uow import UnitOfWork
from services.billing.domain.credits.postings import Subject
from services.billing.domain.credits.settling import released, settle
from services.billing.repositories.credits import holds, ledger


async def settle_job(
    subject: Subject, *, credits_total: int, workspace_id: UUID, uow: UnitOfWork, now: datetime, actor: str
) -> None:
    """Key: the subject; its end is told once, whichever kind of end it is. An unknown hold becomes a tombstone.

    Raises Conflict `settlement_conflict` when the same end is told with another total, or one that cannot be.
    """
    books = await ledger.lock_books(uow.conn, workspace_id)
    before = await holds.find_hold(uow.conn, subject, workspace_id=workspace_id)
    decision = settle(books, before, subject=subject, credits_total=credits_total, now=now)
    await ledger.save_books(uow.conn, books, decision.books, decision.movements, actor=actor)
    await holds.save_hold(uow.conn, decision.hold, heard_at=now)
    given_back = released(decision)
    if given_back:
        available = decision.books.balance.available
        event = CreditsReleased(job_id=subject.job_id, credits=given_back, available=available)
        uow.publish(event, tenant_id=workspace_id, correlation_id=subject.id)
