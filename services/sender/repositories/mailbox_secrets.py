"""What mailboxes sign in with, sealed: written, read for whoever opens one, and found when the key is changed."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.keyring import Sealed
from services.sender.tables import mailboxes


async def seal(conn: AsyncConnection, mailbox_id: UUID, sealed: Sealed) -> None:
    """Keep what has been sealed anew or refreshed. Connections that are open stay good."""
    query = update(mailboxes).where(mailboxes.c.id == mailbox_id)
    await conn.execute(query.values(**sealed_columns(sealed)))


async def load_sealed(conn: AsyncConnection, mailbox_id: UUID, *, lock: bool = False) -> Sealed | None:
    """The sealed secrets. `lock` is for whoever reads, changes and writes them."""
    query = select(mailboxes.c.secrets, mailboxes.c.sealed_with).where(mailboxes.c.id == mailbox_id)
    row = (await conn.execute(query.with_for_update(key_share=True) if lock else query)).one_or_none()
    return Sealed(bytes(row.secrets), row.sealed_with) if row and row.secrets is not None else None


async def sealed_otherwise(conn: AsyncConnection, current: str, *, known: list[str], limit: int) -> list[UUID]:
    """Mailboxes whose secrets lie under another key than `current`, one of those that the ring knows."""
    query = select(mailboxes.c.id).where(mailboxes.c.sealed_with != current, mailboxes.c.sealed_with.in_(known))
    query = query.order_by(mailboxes.c.id).limit(limit).with_for_update(skip_locked=True)
    return list((await conn.execute(query)).scalars())


def sealed_columns(sealed: Sealed | None) -> dict[str, Any]:
    """What the table keeps of secrets."""
    return {"secrets": sealed.data if sealed else None, "sealed_with": sealed.sealed_with if sealed else None}
