"""An operator gives charged credits back: so many of a job or a sourcing, or those of some of a job's rows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import CreditsRefunded
from libs.common.errors import Conflict, Invalid, NotFound
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.billing.domain.credits.holds import Hold
from services.billing.domain.credits.postings import Subject
from services.billing.domain.credits.refunding import Refund
from services.billing.domain.credits.refunding import refund as decide
from services.billing.repositories.credits import grants, holds, ledger, refunds
from services.billing.repositories.credits.ledger import GrantOrigin
from services.billing.repositories.credits.refunds import StoredRefund


@dataclass(frozen=True)
class RefundRequest:
    """So many `credits`, or what these rows of a job cost: one of the two."""

    subject: Subject
    reason: str
    credits: int | None = None
    row_nos: tuple[int, ...] = ()


async def refund_credits(
    asked: RefundRequest, *, workspace_id: UUID, idempotency_key: str, uow: UnitOfWork, now: datetime, actor: str
) -> StoredRefund:
    """Key: the idempotency key in the workspace; it becomes `refund:<subject>:<n>`. Answers with the first refund again.

    Raises NotFound `nothing_charged` for a subject the workspace does not have, Conflict `idempotency_key_reused`,
    `rows_refunded_before`, `refund_above_capture`, Invalid `row_price_unknown`.
    """
    locked = await ledger.lock_books(uow.conn, workspace_id)
    earlier = await refunds.find_refund(uow.conn, workspace_id, idempotency_key)
    if earlier is not None:
        return _same(asked, earlier)
    hold = await _charged(asked.subject, workspace_id=workspace_id, uow=uow)
    refund = await _refund(asked, hold, uow=uow)
    books = await grants.join_grants(uow.conn, locked, [share.grant_id for share in hold.shares])
    renewed = {share.grant_id: new_id() for share in hold.shares}
    decision = decide(books, hold, refund, renewed=renewed, now=now)
    origin = GrantOrigin(refund.business_key, asked.reason, actor)
    await grants.add_grants(uow.conn, books, decision.books, origin=origin)
    await ledger.save_books(uow.conn, books, decision.books, decision.movements, actor=actor)
    await holds.save_hold(uow.conn, decision.hold, heard_at=now)
    available = decision.books.balance.available
    event = CreditsRefunded(job_id=asked.subject.job_id, credits=refund.credits, available=available)
    uow.publish(event, tenant_id=workspace_id, correlation_id=asked.subject.id)
    return await refunds.add_refund(
        uow.conn, workspace_id, refund, idempotency_key=idempotency_key, actor=actor, now=now
    )


async def _charged(subject: Subject, *, workspace_id: UUID, uow: UnitOfWork) -> Hold:
    hold = None
    if await refunds.has_subject(uow.conn, workspace_id, subject):
        hold = await holds.find_hold(uow.conn, subject, workspace_id=workspace_id)
    if hold is None:
        msg = f"workspace {workspace_id} has no {subject.kind} {subject.id} that credits were held for: is workspace_id right?"
        raise NotFound(msg, code="nothing_charged")
    return hold


async def _refund(asked: RefundRequest, hold: Hold, *, uow: UnitOfWork) -> Refund:
    number = await refunds.count_refunds(uow.conn, asked.subject) + 1
    if asked.credits is not None:
        return Refund(asked.subject, number, asked.credits, asked.reason)
    if hold.credits_per_row is None:
        msg = f"what a row of {asked.subject} cost is not known here: say how many credits"
        raise Invalid(msg, code="row_price_unknown")
    before = await refunds.refunded_rows(uow.conn, asked.subject, asked.row_nos)
    if before:
        msg = f"of {asked.subject}, these rows were refunded before: {', '.join(map(str, before))}"
        raise Conflict(msg, code="rows_refunded_before", extra={"rows": before})
    return Refund(asked.subject, number, hold.credits_per_row * len(asked.row_nos), asked.reason, asked.row_nos)


def _same(asked: RefundRequest, earlier: StoredRefund) -> StoredRefund:
    was = earlier.refund
    for_the_same = asked.row_nos == was.row_nos if asked.credits is None else asked.credits == was.credits
    if not for_the_same or (asked.subject, asked.reason) != (was.subject, was.reason):
        msg = f"this Idempotency-Key refunded {was.credits} credits of {was.subject} ({was.reason!r}) before: use a new key"
        raise Conflict(msg, code="idempotency_key_reused")
    return earlier
