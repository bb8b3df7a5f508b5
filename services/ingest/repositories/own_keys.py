"""For which providers workspaces have keys of their own, as far as enrich has said. The keys are enrich's alone."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.tables import own_keys


async def note(conn: AsyncConnection, workspace_id: UUID, *, providers: Sequence[str], change_no: int) -> bool:
    """Keep what a workspace has. False, and nothing written, when the change is not above the one known."""
    fresh = {"providers": list(providers), "change_no": change_no}
    written = await conn.execute(
        insert(own_keys)
        .values(workspace_id=workspace_id, **fresh)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=fresh, where=own_keys.c.change_no < change_no)
    )
    return written.rowcount == 1


async def of(conn: AsyncConnection, workspace_id: UUID) -> frozenset[str]:
    """The providers that a workspace brings its own keys for."""
    found = await conn.execute(select(own_keys.c.providers).where(own_keys.c.workspace_id == workspace_id))
    return frozenset(found.scalar_one_or_none() or ())


_EVERY = select(own_keys.c.workspace_id, own_keys.c.providers)


async def every(conn: AsyncConnection) -> dict[UUID, frozenset[str]]:
    """Those of all workspaces that have changed theirs."""
    rows = await conn.execute(_EVERY)
    return {row.workspace_id: frozenset(row.providers) for row in rows}
