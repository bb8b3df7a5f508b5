"""A job or a sourcing asks for credits: they are set aside, or it is told how many there are."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import HoldDeclined, HoldPlaced
from libs.common.uow import UnitOfWork
from services.billing import metrics
from services.billing.domain.credits.holds import Hold, HoldState
from services.billing.domain.credits.placing import HoldRequest, place
from services.billing.domain.watching.caps import DeclineReason
from services.billing.repositories.credits import holds, ledger
from services.billing.repositories.watching import caps


async def place_hold(request: HoldRequest, *, workspace_id: UUID, uow: UnitOfWork, now: datetime, actor: str) -> None:
    """Key: `hold:<subject>`. Whoever asks again gets the first answer again; after a tombstone nobody answers.

    The account's lock makes concurrent requests take turns: exactly as many succeed as can be paid for.
    """
    books = await ledger.lock_books(uow.conn, workspace_id)
    before = await holds.find_hold(uow.conn, request.subject, workspace_id=workspace_id)
    limit = await caps.find_limit(uow.conn, workspace_id, user_id=request.user_id, now=now)
    decision = place(books, before, request, now=now, limit=limit)
    await ledger.save_books(uow.conn, books, decision.books, decision.movements, actor=actor)
    await holds.save_hold(uow.conn, decision.hold, heard_at=now)
    answer(decision.hold, before=before, uow=uow)


def answer(hold: Hold, *, before: Hold | None, uow: UnitOfWork) -> None:
    """Say what became of a request, each time it comes; it is counted the first time."""
    if before is None:
        uow.when_committed(metrics.HOLDS_ANSWERED.labels(hold.state).inc)
    job_id = hold.subject.id
    if hold.state is HoldState.TOMBSTONE:
        return
    if hold.state is HoldState.DECLINED:
        available = hold.declined_available or 0
        reason = (hold.declined_reason or DeclineReason.CREDITS).value
        event = HoldDeclined(
            job_id=job_id, needed=hold.needed, available=available, subject=hold.subject.kind, reason=reason
        )
    else:
        event = HoldPlaced(job_id=job_id, credits=hold.placed, subject=hold.subject.kind)
    uow.publish(event, tenant_id=hold.workspace_id, correlation_id=job_id)
