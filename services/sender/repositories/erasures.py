"""Who is to be erased, and what has been."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.repositories.arrays import one_of
from services.sender.tables import campaigns, emails, erasures, leads, take_backs

_TAKING_IN = "sender.taking_in"


@dataclass(frozen=True)
class Erasing:
    """Somebody who is to be erased. `email` is normalised."""

    id: UUID
    workspace_id: UUID
    email: str


async def hold_off(conn: AsyncConnection, workspace_id: UUID) -> None:
    """Until the transaction ends nobody of the workspace is erased, or barred for ever, whom it has not seen barred: who writes
    people down holds this before any of their rows is locked."""
    await conn.execute(select(func.pg_advisory_xact_lock_shared(func.hashtext(_TAKING_IN), _of(workspace_id))))


async def wait_for_arrivals(conn: AsyncConnection, workspace_id: UUID) -> None:
    """Whoever was taking people in has committed, and who comes after sees what this transaction says."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtext(_TAKING_IN), _of(workspace_id))))


def _of(workspace_id: UUID) -> ColumnElement[int]:
    return func.hashtext(str(workspace_id))


async def note(conn: AsyncConnection, wish: Erasing) -> bool:
    """Key: the erasure. False when it is known."""
    query = insert(erasures).values(id=wish.id, workspace_id=wish.workspace_id, email=wish.email)
    return (await conn.execute(query.on_conflict_do_nothing())).rowcount == 1


async def open_ones(conn: AsyncConnection, *, limit: int) -> list[Erasing]:
    """Those that are not done, the oldest first."""
    query = select(erasures.c.id, erasures.c.workspace_id, erasures.c.email).where(erasures.c.done_at.is_(None))
    return [Erasing(*row) for row in await conn.execute(query.order_by(erasures.c.id).limit(limit))]


async def finish(conn: AsyncConnection, erasure_id: UUID, *, erased: Mapping[str, int], now: datetime) -> bool:
    """The address is forgotten. False when somebody was faster."""
    query = update(erasures).where(erasures.c.id == erasure_id, erasures.c.done_at.is_(None))
    return (await conn.execute(query.values(email=None, erased=dict(erased), done_at=now))).rowcount == 1


async def lead_of(conn: AsyncConnection, wish: Erasing) -> UUID | None:
    """The person, whom no list names meanwhile."""
    query = select(leads.c.id).where(leads.c.workspace_id == wish.workspace_id, leads.c.email == wish.email)
    return (await conn.execute(query.with_for_update())).scalar_one_or_none()


async def in_hand(conn: AsyncConnection, wish: Erasing, lead_ids: Sequence[UUID]) -> bool:
    """Whether a worker, or a provider that sends by itself, has something of the person in hand still."""
    mine = (one_of(emails.c.lead_id, lead_ids), emails.c.state.in_(("claimed", "sending")))
    asked = (take_backs.c.email == wish.email, take_backs.c.state == "open")
    of_us = take_backs.c.campaign_id.in_(select(campaigns.c.id).where(campaigns.c.workspace_id == wish.workspace_id))
    found = select(func.count()).select_from(emails).where(*mine)
    if (await conn.execute(found)).scalar_one():
        return True
    return bool((await conn.execute(select(func.count()).select_from(take_backs).where(*asked, of_us))).scalar_one())
