"""Slots: the quota as rows, so that taking one is a write that only one can make."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, DateTime, Integer, Text, Uuid, bindparam, case, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from services.sender.repositories.arrays import array
from services.sender.tables import emails, enrolments, slots

NOBODYS = {"email_id": None, "campaign_id": None, "mailbox_id": None, "due_at": None, "closes_at": None}
"""What a slot says of whose it is, once it is nobody's."""

_ASSIGNED = (slots.c.email_id == bindparam("email"), slots.c.state == "assigned", slots.c.day == bindparam("today"))
_USE = Compiled(
    update(slots)
    .where(*_ASSIGNED)
    .values(state="used", used_token=bindparam("token"), changed_at=func.now())
    .returning(slots.c.number)
)


@dataclass(frozen=True)
class Taken:
    """A slot for an email."""

    number: int
    campaign_id: UUID
    email_id: UUID
    mailbox_id: UUID
    due_at: datetime
    closes_at: datetime


@dataclass(frozen=True)
class Held:
    """A slot of the day that is assigned or used, and what it counts towards."""

    campaign_id: UUID
    mailbox_id: UUID
    domain: str
    step: int
    state: str
    closes_at: datetime | None


async def held(conn: AsyncConnection, *, workspace_id: UUID, day: date) -> list[Held]:
    """The slots of the day that somebody has."""
    query = (
        select(
            slots.c.campaign_id,
            slots.c.mailbox_id,
            enrolments.c.domain,
            emails.c.step,
            slots.c.state,
            slots.c.closes_at,
        )
        .join(emails, emails.c.id == slots.c.email_id)
        .join(enrolments, enrolments.c.id == emails.c.enrolment_id)
        .where(slots.c.workspace_id == workspace_id, slots.c.day == day, slots.c.state.in_(("assigned", "used")))
    )
    return [Held(**row) for row in (await conn.execute(query)).mappings()]


async def first_to_close(conn: AsyncConnection, *, workspace_id: UUID, day: date) -> datetime | None:
    """When the first of the assigned slots of the day can be used no more."""
    mine = (slots.c.workspace_id == workspace_id, slots.c.day == day, slots.c.state == "assigned")
    return (await conn.execute(select(func.min(slots.c.closes_at)).where(*mine))).scalar_one()


async def close_earlier_days(conn: AsyncConnection, *, workspace_id: UUID, today: date) -> None:
    """What earlier days left over is gone: a slot never moves to another day."""
    query = update(slots).where(
        slots.c.workspace_id == workspace_id, slots.c.day < today, slots.c.state.in_(("assigned", "free"))
    )
    await conn.execute(query.values(state="gone", changed_at=func.now(), **NOBODYS))


async def free_numbers(conn: AsyncConnection, *, workspace_id: UUID, day: date, quota: int) -> list[int]:
    """The slot numbers of the day that nobody holds."""
    number = func.generate_series(1, quota).table_valued("number").render_derived()
    of_the_day = (slots.c.workspace_id == workspace_id, slots.c.day == day, slots.c.number == number.c.number)
    taken = select(slots.c.number).where(*of_the_day, slots.c.state.in_(("assigned", "used", "gone"))).exists()
    return list((await conn.execute(select(number.c.number).where(~taken).order_by(number.c.number))).scalars())


async def assign(conn: AsyncConnection, *, workspace_id: UUID, day: date, taken: Sequence[Taken]) -> None:
    """Give each email its slot. A number that is held, or an email with a live slot, is refused."""
    if not taken:
        return
    each = (
        func.unnest(
            array([one.number for one in taken], Integer()),
            array([one.campaign_id for one in taken], Uuid()),
            array([one.email_id for one in taken], Uuid()),
            array([one.mailbox_id for one in taken], Uuid()),
            array([one.due_at for one in taken], DateTime(timezone=True)),
            array([one.closes_at for one in taken], DateTime(timezone=True)),
        )
        .table_valued("number", "campaign_id", "email_id", "mailbox_id", "due_at", "closes_at")
        .render_derived()
    )
    of_the_day = (cast(workspace_id, Uuid), cast(day, Date), literal("assigned", Text))
    names = ["workspace_id", "day", "state", *each.c.keys()]
    query = insert(slots).from_select(names, select(*of_the_day, *each.c))
    changes = {name: query.excluded[name] for name in ("state", *each.c.keys()) if name != "number"}
    query = query.on_conflict_do_update(
        index_elements=["workspace_id", "day", "number"],
        set_={**changes, "changed_at": func.now()},
        where=slots.c.state == "free",
    )
    done = await conn.execute(query)
    assert done.rowcount == len(taken), "a slot was taken by somebody who did not hold the planning lock"


async def use_slot(conn: AsyncConnection, email_id: UUID, *, day: date, token: int) -> bool:
    """Take the email's slot of this day. No row, no send."""
    return len(await _USE.fetch(conn, email=email_id, today=day, token=token)) == 1


async def return_used(conn: AsyncConnection, email_id: UUID, *, token: int, today: date) -> bool:
    """The slot that this very attempt used comes back, on its own day only. Answers whether it is free now."""
    query = update(slots).where(slots.c.email_id == email_id, slots.c.state == "used", slots.c.used_token == token)
    state = case((slots.c.day == today, "free"), else_="gone")
    back = query.values(state=state, used_token=None, changed_at=func.now(), **NOBODYS).returning(slots.c.state)
    return (await conn.execute(back)).scalar_one_or_none() == "free"
