"""How Stripe's customer portal has been configured."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.tables import stripe_portals as portals


async def find_portal(conn: AsyncConnection, *, realm: str, fingerprint: str) -> str | None:
    """The configuration that was made with these wishes."""
    query = select(portals.c.configuration_id).where(portals.c.realm == realm, portals.c.fingerprint == fingerprint)
    return (await conn.execute(query)).scalar_one_or_none()


async def record_portal(conn: AsyncConnection, *, realm: str, fingerprint: str, configuration_id: str) -> None:
    """Keep it; who was first stays."""
    await conn.execute(
        insert(portals)
        .values(realm=realm, fingerprint=fingerprint, configuration_id=configuration_id)
        .on_conflict_do_nothing()
    )
