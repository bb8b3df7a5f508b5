"""Sourcings in Postgres: saved by compare-and-swap on their version, worked at under a lease with a fencing token."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import TIMESTAMP, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import NotFound
from services.ingest.domain.sourcing import Sourcing, SourcingState
from services.ingest.tables import sourcings

_NAMES = [one.name for one in fields(Sourcing)]
_COLUMNS = [sourcings.c[name] for name in _NAMES]


def _to_sourcing(row: Row[*tuple[Any, ...]]) -> Sourcing:
    values: dict[str, Any] = {name: getattr(row, name) for name in _NAMES}
    values["state"] = SourcingState(row.state)
    return Sourcing(**values)


def _values(sourcing: Sourcing) -> dict[str, Any]:
    return asdict(sourcing) | {"state": sourcing.state.value}


async def insert_new(
    conn: AsyncConnection, sourcing: Sourcing, *, idempotency_key: str | None, fingerprint: str
) -> bool:
    """Write a new sourcing. False when the workspace has one under this idempotency key already."""
    written = await conn.execute(
        insert(sourcings)
        .values(**_values(sourcing), idempotency_key=idempotency_key, request_fingerprint=fingerprint)
        .on_conflict_do_nothing(index_elements=["workspace_id", "idempotency_key"])
    )
    return written.rowcount == 1


async def load(conn: AsyncConnection, sourcing_id: UUID, *, workspace_id: UUID, in_turn: bool = False) -> Sourcing:
    """One sourcing of a workspace. Raises NotFound, the same for an unknown one and for somebody else's."""
    query = select(*_COLUMNS).where(sourcings.c.id == sourcing_id, sourcings.c.workspace_id == workspace_id)
    row = (await conn.execute(query.with_for_update(key_share=True) if in_turn else query)).first()
    if row is None:
        msg = f"there is no sourcing {sourcing_id} in this workspace"
        raise NotFound(msg, code="unknown_sourcing")
    return _to_sourcing(row)


async def find_by_key(conn: AsyncConnection, *, workspace_id: UUID, key: str) -> tuple[Sourcing, str] | None:
    """The sourcing made under an idempotency key, with the fingerprint of the request that made it."""
    mine = (sourcings.c.workspace_id == workspace_id, sourcings.c.idempotency_key == key)
    row = (await conn.execute(select(*_COLUMNS, sourcings.c.request_fingerprint).where(*mine))).first()
    return None if row is None else (_to_sourcing(row), row.request_fingerprint)


async def page(conn: AsyncConnection, *, workspace_id: UUID, before: UUID | None, limit: int) -> list[Sourcing]:
    """A workspace's sourcings, newest first."""
    query = select(*_COLUMNS).where(sourcings.c.workspace_id == workspace_id)
    if before is not None:
        query = query.where(sourcings.c.id < before)
    return [_to_sourcing(row) for row in await conn.execute(query.order_by(sourcings.c.id.desc()).limit(limit))]


async def save(conn: AsyncConnection, sourcing: Sourcing, *, was: int) -> bool:
    """Save by compare-and-swap: False, and nothing written, when the version is not `was` any more."""
    mine = (sourcings.c.id == sourcing.id, sourcings.c.version == was)
    return (await conn.execute(update(sourcings).where(*mine).values(**_values(sourcing)))).rowcount == 1


_ANY_DUE = select(
    exists().where(
        sourcings.c.due_at <= bindparam("now", type_=TIMESTAMP(timezone=True)),
        or_(sourcings.c.lease_until.is_(None), sourcings.c.lease_until < func.now()),
    )
)


async def any_due(conn: AsyncConnection, *, now: datetime) -> bool:
    """Whether `claim_due` would find one."""
    return (await conn.execute(_ANY_DUE, {"now": now})).scalar_one()


async def claim_due(conn: AsyncConnection, *, token: UUID, lease: timedelta, now: datetime) -> Sourcing | None:
    """Take a sourcing that has something to do: of the workspace, and in it the sourcing, whose last turn is longest ago.

    The token replaces every earlier one: what their owners bring later is not recorded.
    """
    others = sourcings.alias("others")
    last_turn = (
        select(func.max(others.c.stepped_at))
        .where(others.c.workspace_id == sourcings.c.workspace_id, others.c.due_at.is_not(None))
        .scalar_subquery()
    )
    free = or_(sourcings.c.lease_until.is_(None), sourcings.c.lease_until < func.now())
    chosen = (
        select(sourcings.c.id)
        .where(sourcings.c.due_at <= now, free)
        .order_by(last_turn.asc().nulls_first(), sourcings.c.stepped_at.asc().nulls_first(), sourcings.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    taken = await conn.execute(
        update(sourcings)
        .where(sourcings.c.id == chosen.c.id)
        .values(lease_token=token, lease_until=func.now() + literal(lease), stepped_at=func.clock_timestamp())
        .returning(*_COLUMNS)
    )
    row = taken.first()
    return None if row is None else _to_sourcing(row)


async def load_claimed(conn: AsyncConnection, sourcing_id: UUID, *, token: UUID) -> Sourcing | None:
    """The sourcing as it is now, locked to the end of the transaction. None when it is not ours any more."""
    query = select(*_COLUMNS).where(sourcings.c.id == sourcing_id, sourcings.c.lease_token == token)
    row = (await conn.execute(query.with_for_update(key_share=True))).first()
    return None if row is None else _to_sourcing(row)


async def release(conn: AsyncConnection, sourcing_id: UUID, *, token: UUID) -> None:
    """Let the next one in at once."""
    mine = (sourcings.c.id == sourcing_id, sourcings.c.lease_token == token)
    await conn.execute(update(sourcings).where(*mine).values(lease_token=None, lease_until=None))


async def take_unanswered(conn: AsyncConnection, *, asked_before: datetime, limit: int) -> list[Sourcing]:
    """Sourcings that still wait for their hold's answer; marks them as asked again now."""
    due = (
        select(sourcings.c.id)
        .where(sourcings.c.state == SourcingState.RESERVING.value, sourcings.c.asked_at < asked_before)
        .order_by(sourcings.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = await conn.execute(
        update(sourcings).where(sourcings.c.id == due.c.id).values(asked_at=func.now()).returning(*_COLUMNS)
    )
    return [_to_sourcing(row) for row in taken]


def as_json(filters: object) -> Mapping[str, object]:
    """Filters as JSONB keeps them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(filters).items()}
