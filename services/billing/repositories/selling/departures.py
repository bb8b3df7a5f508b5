"""What a deleted workspace may still be charged by, or owe."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.tables import auto_top_ups, holds, stripe_checkouts


async def stop_buying(conn: AsyncConnection, workspace_id: UUID) -> None:
    """Nothing is bought automatically any more."""
    await conn.execute(delete(auto_top_ups).where(auto_top_ups.c.workspace_id == workspace_id))


async def open_sessions(conn: AsyncConnection, workspace_id: UUID, *, realm: str) -> Sequence[tuple[UUID, str]]:
    """Checkouts in which somebody may still pay, with Stripe's ids."""
    query = select(stripe_checkouts.c.id, stripe_checkouts.c.session_id).where(
        stripe_checkouts.c.workspace_id == workspace_id,
        stripe_checkouts.c.realm == realm,
        stripe_checkouts.c.state == "open",
        stripe_checkouts.c.session_id.is_not(None),
    )
    return [(row.id, row.session_id) for row in await conn.execute(query)]


async def has_open_holds(conn: AsyncConnection, workspace_id: UUID) -> bool:
    """Whether credits are held for something whose end has not been heard of."""
    waiting = exists().where(holds.c.workspace_id == workspace_id, holds.c.state.in_(("held", "settling")))
    return bool((await conn.execute(select(waiting))).scalar())
