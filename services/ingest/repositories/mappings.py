"""Mappings of uploads, and which role a workspace gave to which header before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.header_words import ROLES, Role
from services.ingest.domain.uploads import UploadState
from services.ingest.tables import mapping_memories, uploads

_AT_ONCE = 500


async def recall(conn: AsyncConnection, workspace_id: UUID, headers: Iterable[str]) -> dict[str, Role | None]:
    """What the workspace did with these (normalised) headers last; those it never met are left out."""
    query = select(mapping_memories.c.header, mapping_memories.c.role).where(
        mapping_memories.c.workspace_id == workspace_id, mapping_memories.c.header.in_(set(headers))
    )
    known: dict[str, Role] = {role: role for role in ROLES}
    return {row.header: known.get(row.role) for row in await conn.execute(query)}


async def remember(conn: AsyncConnection, workspace_id: UUID, roles: Mapping[str, Role | None]) -> None:
    """Note header → role, null for "no role". The last word counts."""
    statement = insert(mapping_memories)
    statement = statement.on_conflict_do_update(
        index_elements=["workspace_id", "header"],
        set_={"role": statement.excluded.role, "remembered_at": func.now()},
    )
    # In one order, so that two who remember at the same time wait for each other and do not lock each other out.
    values = [{"workspace_id": workspace_id, "header": header, "role": roles[header]} for header in sorted(roles)]
    for start in range(0, len(values), _AT_ONCE):
        await conn.execute(statement, values[start : start + _AT_ONCE])


async def save_mapping(
    conn: AsyncConnection, upload_id: UUID, *, mapping: Mapping[Role, int], suggested_by: Mapping[Role, str]
) -> int:
    """Store the mapping of a `ready` upload; answers its `check_no`. The findings so far are of an older one then."""
    done = await conn.execute(
        update(uploads)
        .where(uploads.c.id == upload_id, uploads.c.state == UploadState.READY)
        .values(mapping=dict(mapping), suggested_by=dict(suggested_by), check_no=uploads.c.check_no + 1)
        .returning(uploads.c.check_no)
    )
    return done.scalar_one()


@dataclass(frozen=True)
class Mapped:
    """The check that is wanted of an upload."""

    check_no: int
    checked_no: int


async def lock_mapping(conn: AsyncConnection, upload_id: UUID, *, workspace_id: UUID) -> None:
    """Keep the mapping of a workspace's upload as it is until the transaction ends."""
    mine = (uploads.c.id == upload_id) & (uploads.c.workspace_id == workspace_id)
    await conn.execute(select(uploads.c.id).where(mine).with_for_update(key_share=True))


async def find_mapped(conn: AsyncConnection, upload_id: UUID) -> Mapped | None:
    """Which check is wanted, and which was the last. None when there is no such upload, or it is not `ready`."""
    query = select(uploads.c.check_no, uploads.c.checked_no).where(
        uploads.c.id == upload_id, uploads.c.state == UploadState.READY
    )
    row = (await conn.execute(query)).first()
    return None if row is None else Mapped(row.check_no, row.checked_no)
