"""Which mailboxes have something to send right now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.tables import mailboxes, slots


@dataclass(frozen=True, slots=True)
class Work:
    """So many mails (counted up to a bound) of a mailbox are due."""

    mailbox_id: UUID
    mails: int


async def with_work(conn: AsyncConnection, *, now: datetime, call_s: float, most: int) -> list[Work]:
    """Mailboxes that may send and have due slots; each costs a look at its own part of an index. `most` bounds the count."""
    closes = now + timedelta(seconds=call_s)
    due = (
        select(slots.c.number)
        .where(slots.c.state == "assigned", slots.c.mailbox_id == mailboxes.c.id)
        .where(slots.c.due_at <= now, slots.c.closes_at >= closes)
        .limit(most)
        .correlate(mailboxes)
        .subquery()
    )
    counted = select(func.count().label("mails")).select_from(due).lateral()
    query = (
        select(mailboxes.c.id, counted.c.mails)
        .join(counted, true())
        .where(mailboxes.c.state == "active", mailboxes.c.deleted_at.is_(None), counted.c.mails > 0)
        .where(or_(mailboxes.c.retry_at.is_(None), mailboxes.c.retry_at <= now))
    )
    return [Work(row.id, row.mails) for row in await conn.execute(query)]
