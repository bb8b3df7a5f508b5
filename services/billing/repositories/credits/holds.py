"""Holds, what each grant covers of them, and their raises."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from libs.common import many
from libs.common.errors import Conflict
from libs.common.many import Given
from services.billing.domain.credits.holds import Hold, HoldState, Share
from services.billing.domain.credits.postings import Subject
from services.billing.domain.credits.raising import RaiseAnswer
from services.billing.domain.watching.caps import DeclineReason
from services.billing.tables import hold_grants, hold_raises, holds

_Columns = ReadOnlyColumnCollection[str, Column[Any]]
_OPEN = holds.c.state.in_([HoldState.HELD, HoldState.SETTLING])

_SUBJECT = ("subject_kind", "subject_id")
_NUMBERS = (
    "needed",
    "placed",
    "raised",
    "lowered",
    "credits_total",
    "price_version",
    "credits_per_row",
    "declined_available",
)
_HOLD = ("workspace_id", "state", *_NUMBERS, "declined_reason", "user_id", "settled_at")
_SHARE = ("grant_id", "held", "captured", "refunded")
_row_of = attrgetter(*_HOLD, "held", "captured")
_FIND_HOLDS = many.find(holds, _SUBJECT, (*_SUBJECT, *_HOLD))
_SAVE_HOLDS = many.insert(
    holds, (*_SUBJECT, *_HOLD, "held", "captured", "last_heard_at"), key=_SUBJECT, fixed=["workspace_id"]
)
_FIND_SHARES = many.find(hold_grants, _SUBJECT, (*_SUBJECT, *_SHARE))
_ADD_HOLDS = many.insert(holds, (*_SUBJECT, *_HOLD, "held", "captured", "last_heard_at"))
_SAVE_SHARES = many.insert(hold_grants, (*_SUBJECT, *_SHARE), key=(*_SUBJECT, "grant_id"))


async def find_hold(conn: AsyncConnection, subject: Subject, *, workspace_id: UUID) -> Hold | None:
    """The subject's hold, ever. Raises Conflict `subject_of_another_workspace` when it is somebody else's."""
    return owned((await find_holds(conn, [subject])).get(subject), workspace_id=workspace_id)


def owned(hold: Hold | None, *, workspace_id: UUID) -> Hold | None:
    """The hold. Raises Conflict `subject_of_another_workspace` when it is somebody else's."""
    if hold is not None and hold.workspace_id != workspace_id:
        msg = f"{hold.subject} belongs to another workspace than {workspace_id}"
        raise Conflict(msg, code="subject_of_another_workspace")
    return hold


async def find_holds(conn: AsyncConnection, subjects: Iterable[Subject]) -> dict[Subject, Hold]:
    """The holds of these subjects, whosesoever they are."""
    return to_holds(*await many.read(conn, findings_of_holds(subjects)))


def findings_of_holds(subjects: Iterable[Subject]) -> list[Given]:
    """What is to be asked for the holds of these subjects and their shares."""
    keys = [(subject.kind, subject.id) for subject in set(subjects)]
    return [(_FIND_HOLDS, keys), (_FIND_SHARES, keys)]


def to_holds(rows: Iterable[Sequence[Any]], rows_of_shares: Iterable[Sequence[Any]]) -> dict[Subject, Hold]:
    """What `findings_of_holds` asks for."""
    shares = defaultdict[Subject, list[Share]](list)
    for kind, id_, *share in rows_of_shares:
        shares[Subject(kind, id_)].append(Share(*share))
    found: dict[Subject, Hold] = {}
    for kind, id_, workspace_id, state, *numbers, reason, user_id, settled_at in rows:
        subject = Subject(kind, id_)
        found[subject] = Hold(
            subject,
            workspace_id,
            HoldState(state),
            **dict(zip(_NUMBERS, numbers, strict=True)),
            shares=tuple(shares[subject]),
            declined_reason=DeclineReason(reason) if reason else None,
            user_id=user_id,
            settled_at=settled_at,
        )
    return found


async def save_hold(conn: AsyncConnection, hold: Hold, *, heard_at: datetime) -> None:
    """Write the hold and its shares; its subject has been heard of."""
    await many.write(conn, writings_of_holds([hold], heard_at=heard_at))


def writings_of_holds(changed: Iterable[Hold], *, heard_at: datetime, fresh: bool = False) -> list[Given]:
    """Some holds and their shares, in the order of their subjects' ids; their subjects have been heard of. If they are said
    to be `fresh`, all of it fails where one was there before."""
    ordered = sorted(changed, key=lambda hold: hold.subject.id)
    shares = [
        (hold.subject.kind, hold.subject.id, share.grant_id, share.held, share.captured, share.refunded)
        for hold in ordered
        for share in hold.shares
    ]
    return [
        (
            _ADD_HOLDS if fresh else _SAVE_HOLDS,
            [(hold.subject.kind, hold.subject.id, *_row_of(hold), heard_at) for hold in ordered],
        ),
        (_SAVE_SHARES, shares),
    ]


async def touch_hold(conn: AsyncConnection, subject: Subject, *, workspace_id: UUID, heard_at: datetime) -> None:
    """The subject has been heard of. Nothing happens when it has no hold."""
    await conn.execute(
        update(holds)
        .where(*_of(holds.c, subject), holds.c.workspace_id == workspace_id)
        .values(last_heard_at=func.greatest(holds.c.last_heard_at, heard_at))
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
