"""The keys that workspaces bring, as they lie in the database: sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.enrich.tables import provider_key_changes, provider_keys


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One key, sealed. `version` is that of the workspace's change that set it."""

    workspace_id: UUID
    provider: str
    sealed: bytes
    sealed_with: str
    last_four: str
    version: int
    set_at: datetime


_COLUMNS = (
    provider_keys.c.workspace_id,
    provider_keys.c.provider,
    provider_keys.c.sealed,
    provider_keys.c.sealed_with,
    provider_keys.c.last_four,
    provider_keys.c.version,
    provider_keys.c.set_at,
)


async def begin_change(conn: AsyncConnection, workspace_id: UUID) -> int:
    """The number of this change. Holds the workspace's next change up until this one is committed."""
    table = provider_key_changes
    numbered = await conn.execute(
        insert(table)
        .values(workspace_id=workspace_id, version=1)
        .on_conflict_do_update(index_elements=["workspace_id"], set_={"version": table.c.version + 1})
        .returning(table.c.version)
    )
    return numbered.scalar_one()


async def put(
    conn: AsyncConnection, workspace_id: UUID, provider: str, *, values: dict[str, object], version: int, set_by: UUID
) -> StoredKey:
    """Keep a key in place of the one before. `values` are `sealed`, `sealed_with` and `last_four`."""
    changed = {**values, "version": version, "set_by": set_by, "set_at": func.now()}
    kept = await conn.execute(
        insert(provider_keys)
        .values(workspace_id=workspace_id, provider=provider, **changed)
        .on_conflict_do_update(index_elements=["workspace_id", "provider"], set_=changed)
        .returning(*_COLUMNS)
    )
    return StoredKey(*kept.one())


async def remove(conn: AsyncConnection, workspace_id: UUID, provider: str) -> bool:
    """Forget a key. False when there was none."""
    table = provider_keys
    gone = await conn.execute(delete(table).where(table.c.workspace_id == workspace_id, table.c.provider == provider))
    return gone.rowcount == 1


async def of_workspace(conn: AsyncConnection, workspace_id: UUID) -> dict[str, StoredKey]:
    """The keys of a workspace, by provider."""
    rows = await conn.execute(select(*_COLUMNS).where(provider_keys.c.workspace_id == workspace_id))
    return {row.provider: StoredKey(*row) for row in rows}


async def every(conn: AsyncConnection) -> list[StoredKey]:
    """All keys of all workspaces."""
    return [StoredKey(*row) for row in await conn.execute(select(*_COLUMNS))]


async def sealed_otherwise(conn: AsyncConnection, name: str, *, known: Sequence[str], limit: int) -> list[StoredKey]:
    """Keys that are sealed with another encryption key than this one, as far as it is known here."""
    rows = await conn.execute(
        select(*_COLUMNS)
        .where(provider_keys.c.sealed_with != name, provider_keys.c.sealed_with.in_(known))
        .order_by(provider_keys.c.workspace_id, provider_keys.c.provider)
        .limit(limit)
    )
    return [StoredKey(*row) for row in rows]


async def reseal(conn: AsyncConnection, was: StoredKey, *, sealed: bytes, sealed_with: str) -> bool:
    """The same key under another encryption key. False when it has been changed meanwhile."""
    table = provider_keys
    resealed = await conn.execute(
        update(table)
        .where(table.c.workspace_id == was.workspace_id, table.c.provider == was.provider, table.c.sealed == was.sealed)
        .values(sealed=sealed, sealed_with=sealed_with)
    )
    return resealed.rowcount == 1
