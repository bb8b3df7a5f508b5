"""What runs for a workspace that is deleted, and what lies in storage of it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import TERMINAL as JOB_ENDS
from services.ingest.domain.sourcing import TERMINAL as SOURCING_ENDS
from services.ingest.tables import jobs, sourcings, uploads


async def jobs_under_way(conn: AsyncConnection, workspace_id: UUID, *, limit: int) -> Sequence[UUID]:
    """Jobs before their end."""
    return await _under_way(conn, jobs, workspace_id, ends=[state.value for state in JOB_ENDS], limit=limit)


async def sourcings_under_way(conn: AsyncConnection, workspace_id: UUID, *, limit: int) -> Sequence[UUID]:
    """Sourcings before their end."""
    return await _under_way(conn, sourcings, workspace_id, ends=[state.value for state in SOURCING_ENDS], limit=limit)


async def page_of_jobs(conn: AsyncConnection, workspace_id: UUID, *, after: UUID, limit: int) -> Sequence[UUID]:
    """All of its jobs by id, the deleted ones too."""
    return await _page(conn, jobs, workspace_id, after=after, limit=limit)


async def page_of_uploads(conn: AsyncConnection, workspace_id: UUID, *, after: UUID, limit: int) -> Sequence[UUID]:
    """All of its uploads by id."""
    return await _page(conn, uploads, workspace_id, after=after, limit=limit)


async def _under_way(
    conn: AsyncConnection, table: Table, workspace_id: UUID, *, ends: Sequence[str], limit: int
) -> Sequence[UUID]:
    mine = table.c.workspace_id == workspace_id, table.c.state.not_in(ends)
    return list((await conn.execute(select(table.c.id).where(*mine).limit(limit))).scalars())


async def _page(conn: AsyncConnection, table: Table, workspace_id: UUID, *, after: UUID, limit: int) -> Sequence[UUID]:
    mine = table.c.workspace_id == workspace_id, table.c.id > after
    return list((await conn.execute(select(table.c.id).where(*mine).order_by(table.c.id).limit(limit))).scalars())
