"""What became of a mailbox's mail, day by day: what the guardrails look at."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.mailboxes.guardrails import WINDOW, Tally
from services.sender.tables import mailbox_days


async def count(conn: AsyncConnection, mailbox_id: UUID, more: Tally, *, day: date) -> None:
    """Add to a day (of UTC)."""
    values = {"mails": more.mails, "bounces": more.bounces, "complaints": more.complaints}
    query = insert(mailbox_days).values(mailbox_id=mailbox_id, day=day, **values)
    added = {name: mailbox_days.c[name] + value for name, value in values.items() if value}
    await conn.execute(query.on_conflict_do_update(index_elements=["mailbox_id", "day"], set_=added))


async def tally(conn: AsyncConnection, mailbox_id: UUID, *, now: datetime) -> Tally:
    """The last seven days."""
    sums = (func.coalesce(func.sum(mailbox_days.c[name]), 0) for name in ("mails", "bounces", "complaints"))
    query = select(*sums).where(mailbox_days.c.mailbox_id == mailbox_id, mailbox_days.c.day > (now - WINDOW).date())
    return Tally(*map(int, (await conn.execute(query)).one()))


async def forget(conn: AsyncConnection, mailbox_id: UUID) -> None:
    """Counting begins anew."""
    await conn.execute(delete(mailbox_days).where(mailbox_days.c.mailbox_id == mailbox_id))


async def forget_old(conn: AsyncConnection, *, now: datetime) -> int:
    """Take out what no guardrail looks at any more."""
    query = delete(mailbox_days).where(mailbox_days.c.day < (now - 2 * WINDOW).date())
    return (await conn.execute(query)).rowcount
