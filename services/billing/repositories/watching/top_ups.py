"""Rules of buying credits by themselves, and what they bought."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, cast, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.watching.top_ups import AutoTopUp, Outcome, TopUp
from services.billing.tables import accounts, auto_top_ups, grants, top_ups

_RULE = [
    auto_top_ups.c[name]
    for name in ("workspace_id", "threshold", "pack", "maximum_minor", "off_reason", "maximum_told_for")
]
_TOP_UP = [
    top_ups.c[name]
    for name in ("id", "workspace_id", "month", "pack", "credits", "amount_minor", "currency", "asked_at", "created_at")
]
_OPEN = top_ups.c.state.in_(["asking", "paid"])
_EASTERNMOST = timedelta(hours=14)
"""The first place on earth where a month begins is so far ahead of UTC."""


@dataclass(frozen=True)
class Failure:
    """Why the last purchase failed, and where it can still be paid."""

    reason: str
    pay_url: str | None
    failed_at: datetime


async def find_rule(conn: AsyncConnection, workspace_id: UUID) -> AutoTopUp | None:
    """The workspace's rule, if it has one."""
    row = (await conn.execute(select(*_RULE).where(auto_top_ups.c.workspace_id == workspace_id))).one_or_none()
    return None if row is None else AutoTopUp(*row)


async def save_rule(conn: AsyncConnection, rule: AutoTopUp, *, user_id: UUID, now: datetime) -> None:
    """In place of what was set before. It is on."""
    values = {
        "threshold": rule.threshold,
        "pack": rule.pack,
        "maximum_minor": rule.maximum_minor,
        "is_on": True,
        "off_reason": None,
        "maximum_told_for": None,
        "set_by": user_id,
        "set_at": now,
    }
    await conn.execute(
        insert(auto_top_ups)
        .values(workspace_id=rule.workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values)
    )


async def drop_rule(conn: AsyncConnection, workspace_id: UUID) -> None:
    """Nothing is bought by itself any more. What has been asked for is still recorded."""
    await conn.execute(delete(auto_top_ups).where(auto_top_ups.c.workspace_id == workspace_id))


async def turn_off(conn: AsyncConnection, workspace_id: UUID, *, reason: str) -> None:
    """Until a person turns it on again."""
    await conn.execute(
        update(auto_top_ups).where(auto_top_ups.c.workspace_id == workspace_id).values(is_on=False, off_reason=reason)
    )


async def turn_all_off(conn: AsyncConnection, *, reason: str) -> int:
    """Every rule that is on, until a person turns it on again; answers how many."""
    query = update(auto_top_ups).where(auto_top_ups.c.is_on)
    return (await conn.execute(query.values(is_on=False, off_reason=reason))).rowcount


async def note_maximum(conn: AsyncConnection, workspace_id: UUID, *, month: date) -> None:
    """It has been told that this month's maximum is reached."""
    await conn.execute(
        update(auto_top_ups).where(auto_top_ups.c.workspace_id == workspace_id).values(maximum_told_for=month)
    )


async def due_rules(conn: AsyncConnection, *, packs: Collection[str], now: datetime, limit: int) -> Sequence[AutoTopUp]:
    """Lock the rules for one of `packs` whose workspaces are below their threshold with nothing on its way. Those that were
    told of this month's maximum are left out; near a month's end some of them are not, since it ends elsewhere first."""
    month_somewhere = (now + _EASTERNMOST).date().replace(day=1)
    under_way = exists().where(top_ups.c.workspace_id == auto_top_ups.c.workspace_id, _OPEN)
    query = (
        select(*_RULE)
        .join(accounts, accounts.c.workspace_id == auto_top_ups.c.workspace_id)
        .where(
            auto_top_ups.c.is_on,
            auto_top_ups.c.pack.in_(packs),
            accounts.c.available < auto_top_ups.c.threshold,
            or_(auto_top_ups.c.maximum_told_for.is_(None), auto_top_ups.c.maximum_told_for < month_somewhere),
            ~under_way,
        )
        .order_by(auto_top_ups.c.maximum_told_for.nulls_first(), auto_top_ups.c.workspace_id)
        .limit(limit)
        .with_for_update(of=auto_top_ups, skip_locked=True)
    )
    return [AutoTopUp(*row) for row in await conn.execute(query)]


async def spent_in(conn: AsyncConnection, workspace_id: UUID, *, month: date) -> int:
    """What was bought, or is being bought, in a month; in the smallest unit of the currency."""
    total = cast(func.coalesce(func.sum(top_ups.c.amount_minor), 0), BigInteger)
    query = select(total).where(
        top_ups.c.workspace_id == workspace_id, top_ups.c.month == month, top_ups.c.state != "failed"
    )
    return (await conn.execute(query)).scalar_one()


async def add(conn: AsyncConnection, order: TopUp) -> bool:
    """A purchase that is about to be asked for. False when the workspace has one under way."""
    values = {column.name: getattr(order, column.name) for column in _TOP_UP}
    added = await conn.execute(insert(top_ups).values(state="asking", **values).on_conflict_do_nothing())
    return added.rowcount == 1


async def claim_unanswered(
    conn: AsyncConnection, *, now: datetime, asked_before: datetime, limit: int
) -> Sequence[TopUp]:
    """Purchases that were asked for, and whose answer nobody has recorded: they are mine to ask for again."""
    chosen = (
        select(top_ups.c.id)
        .where(top_ups.c.state == "asking", top_ups.c.asked_at <= asked_before)
        .order_by(top_ups.c.asked_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    rows = await conn.execute(
        update(top_ups).where(top_ups.c.id == chosen.c.id).values(asked_at=now).returning(*_TOP_UP)
    )
    return [TopUp(*row) for row in rows]


async def record(conn: AsyncConnection, order: TopUp, outcome: Outcome) -> bool:
    """What came of a purchase, once. False when it has been recorded."""
    done = await conn.execute(
        update(top_ups)
        .where(top_ups.c.id == order.id, top_ups.c.state == "asking")
        .values(
            state=outcome.state,
            reason=outcome.reason or None,
            invoice_id=outcome.invoice_id,
            amount_minor=outcome.amount_minor or order.amount_minor,
            pay_url=outcome.pay_url,
        )
    )
    return done.rowcount == 1


async def note_credited(conn: AsyncConnection) -> int:
    """Purchases whose credits have come with their invoice are over. Answers how many."""
    credited = exists().where(
        grants.c.workspace_id == top_ups.c.workspace_id,
        func.starts_with(grants.c.business_key, func.concat("grant:stripe:", top_ups.c.invoice_id, ":")),
    )
    done = await conn.execute(update(top_ups).where(top_ups.c.state == "paid", credited).values(state="credited"))
    return done.rowcount


async def last_failure(conn: AsyncConnection, workspace_id: UUID) -> Failure | None:
    """The last purchase, if it failed."""
    columns = (top_ups.c.state, top_ups.c.reason, top_ups.c.pay_url, top_ups.c.asked_at)
    query = select(*columns).where(top_ups.c.workspace_id == workspace_id).order_by(top_ups.c.created_at.desc())
    row = (await conn.execute(query.limit(1))).one_or_none()
    return None if row is None or row[0] != "failed" else Failure(row[1] or "", row[2], row[3])
