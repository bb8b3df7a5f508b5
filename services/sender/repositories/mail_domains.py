"""Domains of leads, and whether they take mail."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Text, Update, and_, any_, cast, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.mail_domains import BELIEVED, Finding
from services.sender.repositories.arrays import array
from services.sender.tables import leads, mail_domains, recipients


async def note(conn: AsyncConnection, names: Iterable[str], *, now: datetime) -> None:
    """Have them looked up, unless that was done lately or is due already. One statement, whatever their number."""
    # In one order: two lists with the same domains that arrive at once wait for each other instead of deadlocking.
    each = func.unnest(array(sorted(set(names)), Text())).table_valued("name").render_derived()
    query = insert(mail_domains).from_select(
        ["name", "check_at"], select(each.c.name, cast(now, mail_domains.c.check_at.type)).order_by(each.c.name)
    )
    stale = or_(mail_domains.c.checked_at.is_(None), mail_domains.c.checked_at < now - BELIEVED)
    await conn.execute(
        query.on_conflict_do_update(
            index_elements=["name"],
            set_={"check_at": now, "tries": 0},
            where=and_(mail_domains.c.check_at.is_(None), stale),
        )
    )


async def without_mail(conn: AsyncConnection, names: Iterable[str]) -> set[str]:
    """Which of these are known to take no mail."""
    query = select(mail_domains.c.name).where(
        mail_domains.c.name == any_(array(sorted(set(names)), Text())), mail_domains.c.state == "no_mx"
    )
    return set((await conn.execute(query)).scalars())


@dataclass(frozen=True)
class Due:
    """A domain to look up, and how often that was done in vain before."""

    name: str
    tries: int


async def claim_due(conn: AsyncConnection, *, now: datetime, lease: timedelta, limit: int) -> list[Due]:
    """Take domains whose look-up is due; nobody else takes them before the lease has run out."""
    some = (
        select(mail_domains.c.name)
        .where(mail_domains.c.check_at <= now)
        .order_by(mail_domains.c.check_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    names = list((await conn.execute(some)).scalars())
    query = update(mail_domains).where(mail_domains.c.name.in_(names)).values(check_at=now + lease)
    rows = await conn.execute(query.returning(mail_domains.c.name, mail_domains.c.tries))
    return [Due(row.name, row.tries) for row in rows]


async def record(
    conn: AsyncConnection, name: str, *, finding: Finding, tries: int, check_at: datetime | None, now: datetime
) -> None:
    """Keep what was found. A look-up without an answer leaves what is known as it is."""
    values: dict[str, object] = {"check_at": check_at, "tries": tries}
    if finding != "unknown":
        values |= {"state": finding, "checked_at": now}
    await conn.execute(update(mail_domains).where(mail_domains.c.name == name).values(values))


async def set_aside(conn: AsyncConnection, name: str) -> int:
    """Set aside the rows whose people have their mail there, but for those that somebody took in; answers how many."""
    query = _rows(name).where(recipients.c.set_aside.is_(None), ~recipients.c.taken_in, ~recipients.c.sandboxed)
    return (await conn.execute(query.values(set_aside="no_mx"))).rowcount


async def take_back(conn: AsyncConnection, name: str) -> int:
    """Rows that were set aside for their domain, which takes mail after all, are written to; answers how many."""
    query = _rows(name).where(recipients.c.set_aside == "no_mx")
    return (await conn.execute(query.values(set_aside=None))).rowcount


def _rows(name: str) -> Update:
    return update(recipients).where(recipients.c.lead_id == leads.c.id, leads.c.domain == name)
