"""The key of the unsubscribe links."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.tables import unsubscribe_keys


async def load_key(conn: AsyncConnection) -> bytes:
    """The key that all replicas share. A migration has made it."""
    query = select(unsubscribe_keys.c.key).order_by(unsubscribe_keys.c.id.desc()).limit(1)
    return (await conn.execute(query)).scalar_one()


async def load_first_key(conn: AsyncConnection) -> bytes:
    """The oldest key, which stays for ever: erased addresses are known again by it."""
    query = select(unsubscribe_keys.c.key).order_by(unsubscribe_keys.c.id).limit(1)
    return (await conn.execute(query)).scalar_one()
