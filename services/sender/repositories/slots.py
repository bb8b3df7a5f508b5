"""Slots: the quota as rows, so that taking one is a write that only one can make."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Integer, bindparam, case, func, literal_column, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
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

_OF_THE_DAY = (slots.c.workspace_id == bindparam("workspace"), slots.c.day == bindparam("today"))
_HELD = Compiled(
    select(
        slots.c.campaign_id, slots.c.mailbox_id, enrolments.c.domain, emails.c.step, slots.c.state, slots.c.closes_at
    )
    .join(emails, emails.c.id == slots.c.email_id)
    .join(enrolments, enrolments.c.id == emails.c.enrolment_id)
    .where(*_OF_THE_DAY, or_(slots.c.state == "assigned", slots.c.state == "used"))
)
_UNUSED = or_(slots.c.state == literal_column("'assigned'"), slots.c.state == literal_column("'free'"))
_CLOSE = Compiled(
    update(slots)
    .where(slots.c.workspace_id == bindparam("workspace"), slots.c.day < bindparam("today"), _UNUSED)
    .values(state="gone", changed_at=func.now(), **NOBODYS)
)
_number = func.generate_series(1, bindparam("quota", type_=Integer)).table_valued("number").render_derived()
_FREE = Compiled(
    select(_number.c.number)
    .where(
        ~select(slots.c.number)
        .where(*_OF_THE_DAY, slots.c.number == _number.c.number, slots.c.state != "free")
        .exists()
    )
    .order_by(_number.c.number)
)
_ASSIGN = Compiled(
    text(
        """
        INSERT INTO sender.slots AS slot (workspace_id, day, state, number, campaign_id, email_id, mailbox_id, due_at,
            closes_at)
        SELECT :workspace, :today, 'assigned', each.* FROM unnest(CAST(:numbers AS int[]), CAST(:campaign_ids AS uuid[]),
            CAST(:email_ids AS uuid[]), CAST(:mailbox_ids AS uuid[]), CAST(:due_ats AS timestamptz[]),
            CAST(:closes_ats AS timestamptz[])) AS each
        ON CONFLICT (workspace_id, day, number) DO UPDATE SET state = 'assigned', campaign_id = excluded.campaign_id,
            email_id = excluded.email_id, mailbox_id = excluded.mailbox_id, due_at = excluded.due_at,
            closes_at = excluded.closes_at, changed_at = now()
        WHERE slot.state = 'free'
        RETURNING slot.number
        """
    )
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
    return [Held(**row) for row in await _HELD.fetch(conn, workspace=workspace_id, today=day)]


async def close_earlier_days(conn: AsyncConnection, *, workspace_id: UUID, today: date) -> None:
    """What earlier days left over is gone: a slot never moves to another day."""
    await _CLOSE.fetch(conn, workspace=workspace_id, today=today)


async def free_numbers(conn: AsyncConnection, *, workspace_id: UUID, day: date, quota: int) -> list[int]:
    """The slot numbers of the day that nobody holds."""
    return [row["number"] for row in await _FREE.fetch(conn, workspace=workspace_id, today=day, quota=quota)]


async def assign(conn: AsyncConnection, *, workspace_id: UUID, day: date, taken: Sequence[Taken]) -> None:
    """Give each email its slot. A number that is held, or an email with a live slot, is refused."""
    if not taken:
        return
    each = {f"{name}s": [getattr(one, name) for one in taken] for name in Taken.__dataclass_fields__}
    done = await _ASSIGN.fetch(conn, workspace=workspace_id, today=day, **each)
    assert len(done) == len(taken), "a slot was taken by somebody who did not hold the planning lock"


async def use_slot(conn: AsyncConnection, email_id: UUID, *, day: date, token: int) -> bool:
    """Take the email's slot of this day. No row, no send."""
    return len(await _USE.fetch(conn, email=email_id, today=day, token=token)) == 1


async def return_used(conn: AsyncConnection, email_id: UUID, *, token: int, today: date) -> bool:
    """The slot that this very attempt used comes back, on its own day only. Answers whether it is free now."""
    query = update(slots).where(slots.c.email_id == email_id, slots.c.state == "used", slots.c.used_token == token)
    state = case((slots.c.day == today, "free"), else_="gone")
    back = query.values(state=state, used_token=None, changed_at=func.now(), **NOBODYS).returning(slots.c.state)
    return (await conn.execute(back)).scalar_one_or_none() == "free"
