"""Holds, what each grant covers of them, and captures."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from libs.common.errors import Conflict
from services.billing.domain.caps import DeclineReason
from services.billing.domain.holds import Hold, HoldState, Share
from services.billing.domain.ledger import Subject
from services.billing.domain.raising import RaiseAnswer
from services.billing.tables import captures, hold_grants, hold_raises, holds

_Columns = ReadOnlyColumnCollection[str, Column[Any]]
_OPEN = holds.c.state.in_([HoldState.HELD, HoldState.SETTLING])


async def find_hold(conn: AsyncConnection, subject: Subject, *, workspace_id: UUID) -> Hold | None:
    """The subject's hold, ever. Raises Conflict `subject_of_another_workspace` when it is somebody else's."""
    row = (await conn.execute(select(holds).where(*_of(holds.c, subject)))).one_or_none()
    if row is None:
        return None
    if row.workspace_id != workspace_id:
        msg = f"{subject} belongs to another workspace than {workspace_id}"
        raise Conflict(msg, code="subject_of_another_workspace")
    shares = await conn.execute(
        select(hold_grants.c.grant_id, hold_grants.c.held, hold_grants.c.captured, hold_grants.c.refunded).where(
            *_of(hold_grants.c, subject)
        )
    )
    return Hold(
        subject,
        workspace_id,
        HoldState(row.state),
        needed=row.needed,
        placed=row.placed,
        raised=row.raised,
        shares=tuple(Share(*share) for share in shares),
        credits_total=row.credits_total,
        price_version=row.price_version,
        declined_available=row.declined_available,
        declined_reason=DeclineReason(row.declined_reason) if row.declined_reason else None,
        user_id=row.user_id,
        settled_at=row.settled_at,
    )


async def save_hold(conn: AsyncConnection, hold: Hold, *, heard_at: datetime) -> None:
    """Write the hold and its shares; its subject has been heard of."""
    values = {
        "state": hold.state,
        "needed": hold.needed,
        "placed": hold.placed,
        "raised": hold.raised,
        "held": hold.held,
        "captured": hold.captured,
        "credits_total": hold.credits_total,
        "price_version": hold.price_version,
        "declined_available": hold.declined_available,
        "declined_reason": hold.declined_reason,
        "user_id": hold.user_id,
        "settled_at": hold.settled_at,
        "last_heard_at": heard_at,
    }
    await conn.execute(
        insert(holds)
        .values(subject_kind=hold.subject.kind, subject_id=hold.subject.id, workspace_id=hold.workspace_id, **values)
        .on_conflict_do_update(index_elements=["subject_kind", "subject_id"], set_=values)
    )
    for share in hold.shares:
        amounts = {"held": share.held, "captured": share.captured, "refunded": share.refunded}
        await conn.execute(
            insert(hold_grants)
            .values(subject_kind=hold.subject.kind, subject_id=hold.subject.id, grant_id=share.grant_id, **amounts)
            .on_conflict_do_update(index_elements=["subject_kind", "subject_id", "grant_id"], set_=amounts)
        )


async def touch_hold(conn: AsyncConnection, subject: Subject, *, workspace_id: UUID, heard_at: datetime) -> None:
    """The subject has been heard of. Nothing happens when it has no hold."""
    await conn.execute(
        update(holds)
        .where(*_of(holds.c, subject), holds.c.workspace_id == workspace_id)
        .values(last_heard_at=func.greatest(holds.c.last_heard_at, heard_at))
    )


async def captured_before(conn: AsyncConnection, subject: Subject, chunk_no: int) -> int | None:
    """What was captured for a chunk, if it was."""
    found = await conn.execute(
        select(captures.c.credits).where(*_of(captures.c, subject), captures.c.chunk_no == chunk_no)
    )
    return found.scalar_one_or_none()


async def add_capture(conn: AsyncConnection, subject: Subject, chunk_no: int, credits_: int) -> None:
    """The key `capture:<subject>:<chunk>`, for ever."""
    await conn.execute(
        insert(captures).values(subject_kind=subject.kind, subject_id=subject.id, chunk_no=chunk_no, credits=credits_)
    )


async def find_raise(conn: AsyncConnection, subject: Subject, round_no: int) -> RaiseAnswer | None:
    """What a round of raising was answered, if it was."""
    query = select(hold_raises).where(*_of(hold_raises.c, subject), hold_raises.c.round == round_no)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    return RaiseAnswer(row.asked, row.credits, row.needed, row.available, DeclineReason(row.reason))


async def add_raise(
    conn: AsyncConnection, subject: Subject, round_no: int, answer: RaiseAnswer, *, workspace_id: UUID
) -> None:
    """The key `raise:<subject>:<round>` with its answer, for ever."""
    key = {"subject_kind": subject.kind, "subject_id": subject.id, "round": round_no}
    await conn.execute(insert(hold_raises).values(workspace_id=workspace_id, **key, **asdict(answer)))


async def question_quiet_holds(
    conn: AsyncConnection, *, now: datetime, quiet: timedelta, settling: timedelta, again: timedelta, limit: int
) -> Sequence[tuple[Subject, UUID, int]]:
    """Mark holds that need asking about as questioned once more: subject, workspace, and the number of the round."""
    needs_asking = or_(
        and_(holds.c.state == HoldState.HELD, holds.c.last_heard_at <= now - quiet),
        and_(holds.c.state == HoldState.SETTLING, holds.c.settled_at <= now - settling),
    )
    not_just_asked = or_(holds.c.questioned_at.is_(None), holds.c.questioned_at <= now - again)
    chosen = (
        select(holds.c.subject_kind, holds.c.subject_id)
        .where(_OPEN, needs_asking, not_just_asked)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    rows = await conn.execute(
        update(holds)
        .where(holds.c.subject_kind == chosen.c.subject_kind, holds.c.subject_id == chosen.c.subject_id)
        .values(questioned_at=now, questions=holds.c.questions + 1)
        .returning(holds.c.subject_kind, holds.c.subject_id, holds.c.workspace_id, holds.c.questions)
    )
    return [(Subject(row[0], row[1]), row[2], row[3]) for row in rows]


async def overdue_holds(
    conn: AsyncConnection, *, now: datetime, settling: timedelta, limit: int
) -> tuple[int, list[Subject]]:
    """How many holds have been settling for too long, and the first of them."""
    rows = await conn.execute(
        select(holds.c.subject_kind, holds.c.subject_id, func.count().over())
        .where(_OPEN, holds.c.state == HoldState.SETTLING, holds.c.settled_at <= now - settling)
        .order_by(holds.c.settled_at)
        .limit(limit)
    )
    found = rows.all()
    return (found[0][2] if found else 0), [Subject(row[0], row[1]) for row in found]


def _of(columns: _Columns, subject: Subject) -> tuple[ColumnElement[bool], ...]:
    return columns.subject_kind == subject.kind, columns.subject_id == subject.id
