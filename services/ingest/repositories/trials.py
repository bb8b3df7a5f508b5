"""Trials of a workspace, counted under a lock."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import JobKind
from services.ingest.domain.trials import Trial
from services.ingest.tables import jobs


async def lock_and_list(conn: AsyncConnection, workspace_id: UUID, *, since: datetime) -> list[Trial]:
    """What a workspace has tried since an instant, oldest first. Whoever else asks waits for the end of this transaction.

    Deleted trials count: they were research like any other.
    """
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"ingest.trials:{workspace_id}", 0))))
    rows = await conn.execute(
        select(jobs.c.rows_total, jobs.c.created_at)
        .where(jobs.c.workspace_id == workspace_id, jobs.c.kind == JobKind.TRIAL.value, jobs.c.created_at > since)
        .order_by(jobs.c.created_at)
    )
    return [Trial(*row) for row in rows]
