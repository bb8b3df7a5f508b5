"""Daily plans, and what leaves them: slots that come back, enrolments that stop."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Uuid,
    all_,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from services.sender.domain.days import Day
from services.sender.repositories.arrays import one_of
from services.sender.repositories.slots import NOBODYS
from services.sender.repositories.suppressions import is_suppressed
from services.sender.tables import daily_plans, emails, enrolments, slots

_NEAR = timedelta(days=2)
"""Two zones may differ by a day, and a little more."""
_DAY_END = Compiled(
    select(daily_plans.c.day, daily_plans.c.ends_at)
    .where(daily_plans.c.workspace_id == bindparam("workspace_id"), daily_plans.c.starts_at <= bindparam("now"))
    .where(bindparam("now") < daily_plans.c.ends_at)
    .order_by(daily_plans.c.day.desc())
    .limit(literal_column("1"))
)

_QUOTA = Compiled(
    select(daily_plans.c.quota).where(
        daily_plans.c.workspace_id == bindparam("workspace"), daily_plans.c.day == bindparam("day")
    )
)
_OPEN = Compiled(
    insert(daily_plans).values(
        workspace_id=bindparam("workspace"),
        day=bindparam("date"),
        quota=bindparam("allowed"),
        starts_at=bindparam("starts"),
        ends_at=bindparam("ends"),
    )
)
_SENT = Compiled(
    select(func.count().label("count"))
    .select_from(slots.join(emails, emails.c.id == slots.c.email_id))
    .where(slots.c.workspace_id == bindparam("workspace"), slots.c.state == "used")
    .where(slots.c.day.between(bindparam("first"), bindparam("last")), slots.c.day != bindparam("day"))
    .where(emails.c.sending_at >= bindparam("since"))
)
_ASSIGNED_TODAY = (
    slots.c.workspace_id == bindparam("workspace"),
    slots.c.day == bindparam("today"),
    slots.c.state == literal_column("'assigned'"),
)
_SUPPRESSED = Compiled(
    select(enrolments.c.id)
    .join(emails, emails.c.enrolment_id == enrolments.c.id)
    .join(slots, slots.c.email_id == emails.c.id)
    .where(*_ASSIGNED_TODAY, is_suppressed(enrolments.c.workspace_id, enrolments.c.email))
)
_RELEASE_LOST = Compiled(
    update(slots)
    .where(*_ASSIGNED_TODAY)
    .where(
        or_(
            slots.c.closes_at < bindparam("call_ends_at"),
            slots.c.mailbox_id != all_(bindparam("mailboxes", type_=ARRAY(Uuid))),
        )
    )
    .values(state="free", changed_at=func.now(), **NOBODYS)
)


async def open_day(conn: AsyncConnection, *, workspace_id: UUID, day: Day, quota: int) -> int:
    """The plan of the day, made once; answers its quota, which the first planner fixed.

    What was sent since its beginning under another date counts: the workspace may have moved to another time zone.
    """
    fixed = await _QUOTA.fetch(conn, workspace=workspace_id, day=day.date)
    if fixed:
        return fixed[0]["quota"]
    left = max(quota - await _sent_under_other_dates(conn, workspace_id=workspace_id, day=day), 0)
    await _OPEN.fetch(conn, workspace=workspace_id, date=day.date, allowed=left, starts=day.starts_at, ends=day.ends_at)
    return left


async def _sent_under_other_dates(conn: AsyncConnection, *, workspace_id: UUID, day: Day) -> int:
    (found,) = await _SENT.fetch(
        conn,
        workspace=workspace_id,
        first=day.date - _NEAR,
        last=day.date + _NEAR,
        day=day.date,
        since=day.starts_at,
    )
    return found["count"]


async def quota_of(conn: AsyncConnection, *, workspace_id: UUID, day: date) -> int | None:
    """The quota of a day that was planned."""
    mine = and_(daily_plans.c.workspace_id == workspace_id, daily_plans.c.day == day)
    return (await conn.execute(select(daily_plans.c.quota).where(mine))).scalar_one_or_none()


async def day_end(
    conn: AsyncConnection, *, workspace_id: UUID, now: datetime
) -> tuple[date, datetime] | tuple[None, None]:
    """The planned day that holds `now`, and when it ends; two times None when nobody has planned it."""
    found = await _DAY_END.fetch(conn, workspace_id=workspace_id, now=now)
    return (found[0]["day"], found[0]["ends_at"]) if found else (None, None)


async def stop_suppressed(conn: AsyncConnection, *, workspace_id: UUID, today: date, now: datetime) -> None:
    """Suppressed addresses leave the plan; their slots are free for the next. Those in hand are stopped by their send.

    Who has no slot leaves when it would be given one.
    """
    found = await _SUPPRESSED.fetch(conn, workspace=workspace_id, today=today)
    await stop_enrolments(conn, [row["id"] for row in found], today=today, now=now)


async def stop_enrolments(conn: AsyncConnection, ids: Sequence[UUID], *, today: date, now: datetime) -> None:
    """These are suppressed."""
    if ids:
        mine = one_of(enrolments.c.id, ids)
        await stop(conn, mine, state="suppressed", reason="suppressed", today=today, now=now)


async def stop(
    conn: AsyncConnection, which: ColumnElement[bool], *, state: str, reason: str, today: date, now: datetime
) -> None:
    """End active enrolments that have no email in hand; what was planned for them ends in `state`."""
    in_hand = exists().where(
        emails.c.enrolment_id == enrolments.c.id, emails.c.state.in_(("claimed", "sending", "unknown"))
    )
    stopped = await conn.execute(
        update(enrolments)
        .where(enrolments.c.state == "active", which, ~in_hand)
        .values(state="stopped", reason=reason, ended_at=now)
        .returning(enrolments.c.id)
    )
    ids = list(stopped.scalars())
    if not ids:
        return
    ended = await conn.execute(
        update(emails)
        .where(one_of(emails.c.enrolment_id, ids), emails.c.state.in_(("planned", "deferred")))
        .values(state=state, reason=reason, ended_at=now)
        .returning(emails.c.id)
    )
    await release_assigned(conn, one_of(slots.c.email_id, list(ended.scalars())), today=today)


async def release_lost(
    conn: AsyncConnection, *, workspace_id: UUID, mailbox_ids: Sequence[UUID], today: date, call_ends_at: datetime
) -> None:
    """Slots whose window closes too soon for a call serve others, and who missed it heads the next plan. So do those of
    mailboxes that do not send: they do not eat up the day of the others."""
    await _RELEASE_LOST.fetch(
        conn, workspace=workspace_id, today=today, mailboxes=list(mailbox_ids), call_ends_at=call_ends_at
    )


async def release_assigned(conn: AsyncConnection, which: ColumnElement[bool], *, today: date | None) -> None:
    """Slots that were assigned and not used come back, on their own day only."""
    query = update(slots).where(slots.c.state == "assigned", which)
    state = "gone" if today is None else case((slots.c.day == today, "free"), else_="gone")
    await conn.execute(query.values(state=state, changed_at=func.now(), **NOBODYS))
