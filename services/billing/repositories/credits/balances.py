"""A workspace's balance, what of it expires soon, what was spent in a period, and its grants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.credits.ledger import Balance, Grant
from services.billing.repositories.credits import ledger
from services.billing.repositories.credits.ledger import GRANT_COLUMNS
from services.billing.tables import accounts, grants, spent_days, subscriptions

SOON = timedelta(days=14)
_PARTS = (accounts.c.available, accounts.c.held, accounts.c.settling, accounts.c.spent, accounts.c.owed)


@dataclass(frozen=True)
class Period:
    """From when until when spending is counted, by whole days in UTC. `of` says whose period it is."""

    starts_at: datetime
    ends_at: datetime
    of: str


@dataclass(frozen=True)
class Expiring:
    """So many available credits expire then."""

    expires_at: datetime
    credits: int


@dataclass(frozen=True)
class GrantItem:
    """A grant as it is now, and why it is there."""

    grant: Grant
    reason: str
    actor: str
    created_at: datetime


async def balance(conn: AsyncConnection, workspace_id: UUID) -> Balance:
    """The workspace's balance; nothing at all for one whose account is not open yet."""
    row = (await conn.execute(select(*_PARTS).where(accounts.c.workspace_id == workspace_id))).one_or_none()
    return Balance() if row is None else Balance(*row)


async def current_period(conn: AsyncConnection, workspace_id: UUID, *, now: datetime) -> Period:
    """The subscription's period, where there is a subscription; else the calendar month of UTC."""
    query = (
        select(subscriptions.c.period_starts_at, subscriptions.c.period_ends_at)
        .where(
            subscriptions.c.workspace_id == workspace_id,
            subscriptions.c.ended_at.is_(None),
            subscriptions.c.period_starts_at <= now,
            subscriptions.c.period_ends_at > now,
        )
        .order_by((subscriptions.c.realm == "live").desc(), subscriptions.c.period_starts_at.desc())
        .limit(1)
    )
    row = (await conn.execute(query)).first()
    if row is not None:
        return Period(row[0], row[1], "subscription")
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Period(first, (first + timedelta(days=32)).replace(day=1), "month")


async def spent_since(conn: AsyncConnection, workspace_id: UUID, period: Period) -> int:
    """What was charged in a period less what was refunded in it. Reads one small row a day."""
    net = func.coalesce(func.sum(spent_days.c.captured - spent_days.c.refunded), 0)
    first, last = period.starts_at.astimezone(UTC).date(), period.ends_at.astimezone(UTC).date()
    query = select(net).where(
        spent_days.c.workspace_id == workspace_id, spent_days.c.day >= first, spent_days.c.day <= last
    )
    return int((await conn.execute(query)).scalar_one())


async def expiring(conn: AsyncConnection, workspace_id: UUID, *, before: datetime) -> Sequence[Expiring]:
    """What of the available credits expires before an instant, by when it does, earliest first."""
    query = (
        select(grants.c.expires_at, func.sum(grants.c.available))
        .where(
            grants.c.workspace_id == workspace_id,
            grants.c.is_open,
            grants.c.expires_at < before,
            grants.c.available > 0,
        )
        .group_by(grants.c.expires_at)
        .order_by(grants.c.expires_at)
    )
    return [Expiring(at, int(credits_)) for at, credits_ in await conn.execute(query)]


async def grants_page(
    conn: AsyncConnection, workspace_id: UUID, *, before: UUID | None, open_only: bool, limit: int
) -> Sequence[GrantItem]:
    """Grants, newest first, beginning after the grant `before`; with `open_only`, those that still have something."""
    query = select(*GRANT_COLUMNS, grants.c.reason, grants.c.actor, grants.c.created_at).where(
        grants.c.workspace_id == workspace_id
    )
    if before is not None:
        query = query.where(grants.c.id < before)
    if open_only:
        query = query.where(grants.c.is_open)
    rows = await conn.execute(query.order_by(grants.c.id.desc()).limit(limit))
    return [GrantItem(ledger.to_grant(row[:-3]), row.reason, row.actor, row.created_at) for row in rows]
