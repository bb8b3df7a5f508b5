"""Daily plans and slots: the quota as rows, so that taking one is a write that only one can make."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Text,
    Uuid,
    and_,
    any_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from services.sender.domain.days import Day
from services.sender.tables import campaigns, daily_plans, emails, enrolments, slots, suppressions

FIRST_STEP = 1


@dataclass(frozen=True)
class Candidate:
    """A lead that could be written to: its email row, if it has one already."""

    campaign_id: UUID
    enrolment_id: UUID
    lead_id: UUID
    recipient: str
    email_id: UUID | None


async def open_day(conn: AsyncConnection, *, workspace_id: UUID, day: Day, quota: int) -> int:
    """The plan of the day, made once; answers its quota, which the first planner fixed."""
    values = {
        "workspace_id": workspace_id,
        "day": day.date,
        "quota": quota,
        "starts_at": day.starts_at,
        "ends_at": day.ends_at,
    }
    await conn.execute(insert(daily_plans).values(values).on_conflict_do_nothing())
    mine = and_(daily_plans.c.workspace_id == workspace_id, daily_plans.c.day == day.date)
    return (await conn.execute(select(daily_plans.c.quota).where(mine))).scalar_one()


async def close_earlier_days(conn: AsyncConnection, *, workspace_id: UUID, today: date) -> None:
    """What earlier days left over is gone: a slot never moves to another day."""
    query = update(slots).where(
        slots.c.workspace_id == workspace_id, slots.c.day < today, slots.c.state.in_(("assigned", "free"))
    )
    await conn.execute(query.values(state="gone", email_id=None, campaign_id=None, changed_at=func.now()))


async def stop_suppressed(conn: AsyncConnection, *, workspace_id: UUID, today: date, now: datetime) -> None:
    """Suppressed addresses leave the plan; their slots are free for the next. Those in hand are stopped by their send."""
    listed = exists().where(suppressions.c.workspace_id == workspace_id, suppressions.c.email == enrolments.c.email)
    mine = and_(enrolments.c.workspace_id == workspace_id, listed)
    await _stop(conn, mine, state="suppressed", reason="suppressed", today=today, now=now)


async def take_over(
    conn: AsyncConnection, addresses: Sequence[str], *, workspace_id: UUID, mailbox_id: UUID, today: date, now: datetime
) -> None:
    """Addresses that wait in a campaign of another mailbox, which sends no more, are free for one of this mailbox."""
    elsewhere = exists().where(campaigns.c.id == enrolments.c.campaign_id, campaigns.c.mailbox_id != mailbox_id)
    theirs = and_(enrolments.c.workspace_id == workspace_id, enrolments.c.email.in_(addresses), elsewhere)
    await _stop(conn, theirs, state="cancelled", reason="mailbox_changed", today=today, now=now)


async def _stop(
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
        .where(_one_of(emails.c.enrolment_id, ids), emails.c.state.in_(("planned", "deferred")))
        .values(state=state, reason=reason, ended_at=now)
        .returning(emails.c.id)
    )
    await release_assigned(conn, _one_of(slots.c.email_id, list(ended.scalars())), today=today)


async def release_other_mailboxes(conn: AsyncConnection, *, workspace_id: UUID, mailbox_id: UUID, today: date) -> None:
    """What was planned for another mailbox, which sends no more, does not eat up this one's day."""
    theirs = select(campaigns.c.id).where(
        campaigns.c.workspace_id == workspace_id, campaigns.c.mailbox_id != mailbox_id
    )
    await release_assigned(
        conn, and_(slots.c.workspace_id == workspace_id, slots.c.campaign_id.in_(theirs)), today=today
    )


async def release_assigned(conn: AsyncConnection, which: ColumnElement[bool], *, today: date | None) -> None:
    """Slots that were assigned and not used come back, on their own day only."""
    query = update(slots).where(slots.c.state == "assigned", which)
    state = "gone" if today is None else case((slots.c.day == today, "free"), else_="gone")
    await conn.execute(query.values(state=state, email_id=None, campaign_id=None, changed_at=func.now()))


async def free_numbers(conn: AsyncConnection, *, workspace_id: UUID, day: date, quota: int) -> list[int]:
    """The slot numbers of the day that nobody holds."""
    number = func.generate_series(1, quota).table_valued("number").render_derived()
    held = exists().where(
        slots.c.workspace_id == workspace_id,
        slots.c.day == day,
        slots.c.number == number.c.number,
        slots.c.state.in_(("assigned", "used", "gone")),
    )
    return list((await conn.execute(select(number.c.number).where(~held).order_by(number.c.number))).scalars())


async def rooms(conn: AsyncConnection, *, workspace_id: UUID, mailbox_id: UUID, day: date) -> list[tuple[UUID, int]]:
    """The active campaigns of this mailbox, oldest first, with what is left of their own quota today."""
    held = (
        select(func.count())
        .where(slots.c.campaign_id == campaigns.c.id, slots.c.day == day, slots.c.state.in_(("assigned", "used")))
        .scalar_subquery()
    )
    query = select(campaigns.c.id, (campaigns.c.daily_quota - held).label("room")).where(
        campaigns.c.workspace_id == workspace_id,
        campaigns.c.mailbox_id == mailbox_id,
        campaigns.c.state == "active",
    )
    return [(row.id, row.room) for row in await conn.execute(query.order_by(campaigns.c.id))]


async def candidates(conn: AsyncConnection, campaign_id: UUID, *, now: datetime, limit: int) -> list[Candidate]:
    """Who could be written to next, lowest position first: never tried, left over, or deferred and due again."""
    if limit <= 0:
        return []
    mail = and_(emails.c.enrolment_id == enrolments.c.id, emails.c.step == FIRST_STEP)
    has_slot = exists().where(slots.c.email_id == emails.c.id, slots.c.state == "assigned")
    again = and_(emails.c.state.in_(("planned", "deferred")), emails.c.due_at <= now, ~has_slot)
    listed = exists().where(
        suppressions.c.workspace_id == enrolments.c.workspace_id, suppressions.c.email == enrolments.c.email
    )
    query = (
        select(enrolments.c.id, enrolments.c.lead_id, enrolments.c.email, emails.c.id.label("email_id"))
        .select_from(enrolments.outerjoin(emails, mail))
        .where(enrolments.c.campaign_id == campaign_id, enrolments.c.state == "active", ~listed)
        .where(or_(emails.c.id.is_(None), again))
        .order_by(enrolments.c.position)
        .limit(limit)
    )
    rows = await conn.execute(query)
    return [Candidate(campaign_id, row.id, row.lead_id, row.email, row.email_id) for row in rows]


async def put_in_plan(conn: AsyncConnection, email_ids: Sequence[UUID]) -> None:
    """Deferred emails that were given a slot are planned again."""
    if email_ids:
        query = update(emails).where(_one_of(emails.c.id, email_ids), emails.c.state == "deferred")
        await conn.execute(query.values(state="planned"))


async def add_emails(conn: AsyncConnection, rows: Sequence[dict[str, object]]) -> None:
    """Email rows of leads that are planned for the first time."""
    if rows:
        await conn.execute(emails.insert(), list(rows))


async def assign(
    conn: AsyncConnection, *, workspace_id: UUID, day: date, taken: Sequence[tuple[int, UUID, UUID]]
) -> None:
    """Give each (number, campaign, email) its slot. A number that is held, or an email with a live slot, is refused."""
    if not taken:
        return
    numbers, campaign_ids, email_ids = zip(*taken, strict=True)
    each = (
        func.unnest(_array(numbers, Integer()), _array(campaign_ids, Uuid()), _array(email_ids, Uuid()))
        .table_valued("number", "campaign_id", "email_id")
        .render_derived()
    )
    row = select(
        cast(workspace_id, Uuid),
        cast(day, Date),
        each.c.number,
        literal("assigned", Text),
        each.c.campaign_id,
        each.c.email_id,
    )
    query = insert(slots).from_select(["workspace_id", "day", "number", "state", "campaign_id", "email_id"], row)
    query = query.on_conflict_do_update(
        index_elements=["workspace_id", "day", "number"],
        set_={
            "state": "assigned",
            "campaign_id": query.excluded.campaign_id,
            "email_id": query.excluded.email_id,
            "changed_at": func.now(),
        },
        where=slots.c.state == "free",
    )
    done = await conn.execute(query)
    assert done.rowcount == len(taken), "a slot was taken by somebody who did not hold the planning lock"


async def day_end(
    conn: AsyncConnection, *, workspace_id: UUID, now: datetime
) -> tuple[date, datetime] | tuple[None, None]:
    """The planned day that holds `now`, and when it ends; two times None when nobody has planned it."""
    query = select(daily_plans.c.day, daily_plans.c.ends_at).where(
        daily_plans.c.workspace_id == workspace_id, daily_plans.c.starts_at <= now, now < daily_plans.c.ends_at
    )
    row = (await conn.execute(query.order_by(daily_plans.c.day.desc()).limit(1))).first()
    return (row.day, row.ends_at) if row else (None, None)


async def use_slot(conn: AsyncConnection, email_id: UUID, *, day: date, token: int) -> bool:
    """Take the email's slot of this day. No row, no send."""
    query = update(slots).where(slots.c.email_id == email_id, slots.c.state == "assigned", slots.c.day == day)
    return (await conn.execute(query.values(state="used", used_token=token, changed_at=func.now()))).rowcount == 1


async def return_used(conn: AsyncConnection, email_id: UUID, *, token: int, today: date) -> bool:
    """The slot that this very attempt used comes back, on its own day only. Answers whether it is free now."""
    same_day = slots.c.day == today
    query = (
        update(slots)
        .where(slots.c.email_id == email_id, slots.c.state == "used", slots.c.used_token == token)
        .values(
            state=case((same_day, "free"), else_="gone"),
            email_id=None,
            campaign_id=None,
            used_token=None,
            changed_at=func.now(),
        )
        .returning(slots.c.state)
    )
    return (await conn.execute(query)).scalar_one_or_none() == "free"


def _one_of(column: ColumnElement[UUID], ids: Sequence[UUID]) -> ColumnElement[bool]:
    return column == any_(_array(ids, Uuid()))


def _array(values: Sequence[object], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """Many values as one: a statement takes at most 32,767."""
    return cast(literal(list(values), ARRAY(kind)), ARRAY(kind))
