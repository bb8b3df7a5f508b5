"""Everything that was held for, charged to and given back to one subject."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import NotFound
from services.billing.domain.credits.holds import Hold
from services.billing.domain.credits.postings import AccountKind, Operation, Subject
from services.billing.repositories.credits import holds as holding
from services.billing.repositories.credits import movements
from services.billing.repositories.credits.refunds import has_subject
from services.billing.tables import captures, hold_raises, holds, refunds


@dataclass(frozen=True)
class Raised:
    """A round of raising: `credits` in all were held then; None says that it was declined."""

    round: int
    asked: int
    credits: int | None
    at: datetime


@dataclass(frozen=True)
class Captured:
    """What a chunk was charged."""

    chunk_no: int
    credits: int
    at: datetime


@dataclass(frozen=True)
class Refunded:
    """The `number`-th refund."""

    number: int
    credits: int
    reason: str
    at: datetime


@dataclass(frozen=True)
class Statement:
    """One page of captures, and all the rest. `released` is what the end gave back."""

    hold: Hold
    opened_at: datetime
    raises: Sequence[Raised]
    captures: Sequence[Captured]
    released: int
    refunds: Sequence[Refunded]


async def read_statement(
    conn: AsyncConnection, subject: Subject, *, workspace_id: UUID, after_chunk: int, limit: int
) -> Statement:
    """A subject's statement. Raises NotFound `hold_not_found` for one the workspace does not have."""
    hold = None
    if await has_subject(conn, workspace_id, subject):
        hold = await holding.find_hold(conn, subject, workspace_id=workspace_id)
    if hold is None:
        msg = f"the workspace has no {subject.kind} {subject.id} that credits were held for"
        raise NotFound(msg, code="hold_not_found")
    of = {"subject_kind": subject.kind, "subject_id": subject.id}
    opened = (await conn.execute(select(holds.c.created_at).filter_by(**of))).scalar_one()
    raises = await conn.execute(
        select(hold_raises.c.round, hold_raises.c.asked, hold_raises.c.credits, hold_raises.c.created_at)
        .filter_by(**of)
        .order_by(hold_raises.c.round)
    )
    charged = await conn.execute(
        select(captures.c.chunk_no, captures.c.credits, captures.c.created_at)
        .filter_by(**of)
        .where(captures.c.chunk_no > after_chunk)
        .order_by(captures.c.chunk_no)
        .limit(limit)
    )
    given_back = await conn.execute(
        select(refunds.c.refund_no, refunds.c.credits, refunds.c.reason, refunds.c.created_at)
        .filter_by(**of)
        .order_by(refunds.c.refund_no)
    )
    release = await movements.find_movement(conn, workspace_id, f"{Operation.RELEASE}:{subject}")
    return Statement(
        hold,
        opened,
        [Raised(*row) for row in raises],
        [Captured(*row) for row in charged],
        -release.changes.get(AccountKind.HELD, 0) if release else 0,
        [Refunded(*row) for row in given_back],
    )
