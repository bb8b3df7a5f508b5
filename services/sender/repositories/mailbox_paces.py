"""How far ahead of their pace workspaces are with what they let a mailbox do at once: one row each, one statement a decision
(the generic cell rate algorithm, as in ITU-T I.371)."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.mailboxes.trying import Allowance, Tried
from services.sender.tables import mailbox_paces


async def take(
    conn: AsyncConnection, mailbox_id: UUID, *, workspace_id: UUID, what: Tried, allowance: Allowance, now: datetime
) -> timedelta | None:
    """Count one more. None: it is allowed; otherwise nothing is counted, and it is after this time."""
    key = {"mailbox_id": mailbox_id, "workspace_id": workspace_id, "what": what}
    after = func.greatest(mailbox_paces.c.used_until, now) + allowance.every
    query = insert(mailbox_paces).values({**key, "used_until": now + allowance.every})
    query = query.on_conflict_do_update(
        index_elements=list(key),
        set_={"used_until": after},
        where=mailbox_paces.c.used_until <= now + allowance.ahead - allowance.every,
    )
    if (await conn.execute(query)).rowcount == 1:
        return None
    found = select(mailbox_paces.c.used_until).filter_by(**key)
    used_until: datetime = (await conn.execute(found)).scalar_one()
    return used_until + allowance.every - allowance.ahead - now


async def forget_old(conn: AsyncConnection, *, now: datetime) -> int:
    """Take out the rows of whoever is not ahead any more: they say what no row says."""
    return (await conn.execute(delete(mailbox_paces).where(mailbox_paces.c.used_until < now))).rowcount
