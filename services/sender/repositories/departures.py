"""What runs for a workspace that is deleted, and the proofs that stay of it: by a keyed hash, without a word."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Table, delete, exists, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.suppressing import erased_target
from services.sender.tables import campaigns, emails, hand_overs, suppression_changes, suppressions

_HASHED = "^#[0-9a-f]{64}$"
_GIVEN_UP_AFTER = 10


async def campaigns_under_way(conn: AsyncConnection, workspace_id: UUID) -> Sequence[UUID]:
    """Campaigns that are not finished."""
    query = select(campaigns.c.id).where(campaigns.c.workspace_id == workspace_id, campaigns.c.state != "finished")
    return list((await conn.execute(query)).scalars())


async def is_in_hand(conn: AsyncConnection, workspace_id: UUID) -> bool:
    """Whether a worker is at one of its mails, or another scheduler still sends for it. One that has refused to be told many
    times is not waited for."""
    mail = exists().where(emails.c.workspace_id == workspace_id, emails.c.state.in_(("claimed", "sending")))
    elsewhere = exists().where(
        hand_overs.c.campaign_id == campaigns.c.id,
        campaigns.c.workspace_id == workspace_id,
        hand_overs.c.state == "active",
        hand_overs.c.failures < _GIVEN_UP_AFTER,
    )
    return bool((await conn.execute(select(or_(mail, elsewhere)))).scalar())


async def hash_some(conn: AsyncConnection, workspace_id: UUID, *, key: bytes, limit: int) -> int:
    """Put keyed hashes in place of addresses, in suppressions and in their history; answers how many rows were changed."""
    await conn.execute(text("SELECT set_config('sender.erasing', 'on', true)"))
    changed = await _hash(conn, suppression_changes, workspace_id, key=key, limit=limit)
    await conn.execute(text("SELECT set_config('sender.erasing', '', true)"))
    return changed + await _hash(conn, suppressions, workspace_id, key=key, limit=limit)


async def _hash(conn: AsyncConnection, table: Table, workspace_id: UUID, *, key: bytes, limit: int) -> int:
    mine = table.c.workspace_id == workspace_id
    query = select(table.c.id, table.c.email).where(mine, ~table.c.email.regexp_match(_HASHED)).limit(limit)
    found = (await conn.execute(query)).all()
    for row in found:
        target = erased_target(row.email, key=key)
        if table is suppressions:
            # Of somebody who was erased before there is such a row already.
            await conn.execute(delete(table).where(mine, table.c.email == target))
        changed = update(table).where(table.c.id == row.id)
        values = {"email": target, "note": "", "made_by": None, "proof": func.jsonb_build_object()}
        await conn.execute(changed.values(values))
    return len(found)
