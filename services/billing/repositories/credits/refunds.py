"""Refunds: which there were of a subject, under which request, and which rows have had theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.credits.postings import Subject
from services.billing.domain.credits.refunding import Refund
from services.billing.tables import holds, refund_rows, refunds


@dataclass(frozen=True)
class StoredRefund:
    """A refund as it was written, for good."""

    refund: Refund
    refunded_at: datetime


async def has_subject(conn: AsyncConnection, workspace_id: UUID, subject: Subject) -> bool:
    """Whether credits were ever asked for by this subject of the workspace."""
    query = select(holds.c.workspace_id).where(
        holds.c.subject_kind == subject.kind, holds.c.subject_id == subject.id, holds.c.workspace_id == workspace_id
    )
    return (await conn.execute(query)).first() is not None


async def find_refund(conn: AsyncConnection, workspace_id: UUID, idempotency_key: str) -> StoredRefund | None:
    """What was refunded under a request's key."""
    query = select(refunds).where(refunds.c.workspace_id == workspace_id, refunds.c.idempotency_key == idempotency_key)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    subject = Subject(row.subject_kind, row.subject_id)
    rows = select(refund_rows.c.row_no).where(
        refund_rows.c.subject_kind == subject.kind,
        refund_rows.c.subject_id == subject.id,
        refund_rows.c.refund_no == row.refund_no,
    )
    row_nos = tuple((await conn.execute(rows.order_by(refund_rows.c.row_no))).scalars())
    return StoredRefund(Refund(subject, row.refund_no, row.credits, row.reason, row_nos), row.created_at)


async def count_refunds(conn: AsyncConnection, subject: Subject) -> int:
    """How many refunds the subject has had. Its account is locked."""
    query = select(func.count()).where(refunds.c.subject_kind == subject.kind, refunds.c.subject_id == subject.id)
    return (await conn.execute(query)).scalar_one()


async def refunded_rows(conn: AsyncConnection, subject: Subject, row_nos: Sequence[int]) -> list[int]:
    """Which of these rows have been refunded before."""
    query = select(refund_rows.c.row_no).where(
        refund_rows.c.subject_kind == subject.kind,
        refund_rows.c.subject_id == subject.id,
        refund_rows.c.row_no.in_(row_nos),
    )
    return list((await conn.execute(query.order_by(refund_rows.c.row_no))).scalars())


async def add_refund(
    conn: AsyncConnection, workspace_id: UUID, refund: Refund, *, idempotency_key: str, actor: str, now: datetime
) -> StoredRefund:
    """The key `refund:<subject>:<n>`, for ever, and the rows it was for."""
    subject = {"subject_kind": refund.subject.kind, "subject_id": refund.subject.id, "refund_no": refund.number}
    await conn.execute(
        insert(refunds).values(
            **subject,
            workspace_id=workspace_id,
            idempotency_key=idempotency_key,
            credits=refund.credits,
            reason=refund.reason,
            actor=actor,
            created_at=now,
        )
    )
    if refund.row_nos:
        await conn.execute(insert(refund_rows), [{**subject, "row_no": row_no} for row_no in refund.row_nos])
    return StoredRefund(refund, now)
