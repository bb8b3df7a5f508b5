"""Ingest's copy of what workspaces may do, and how much of it they use."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.entitlements import Entitlements
from services.ingest.domain.jobs import JobKind, JobState
from services.ingest.tables import entitlements, jobs

_COLUMNS = (entitlements.c.plan, entitlements.c.rows_per_job, entitlements.c.concurrent_jobs)
_UNDER_WAY = (JobState.RESERVING, JobState.QUEUED, JobState.PROCESSING, JobState.PAUSED, JobState.PARKED)


async def save(conn: AsyncConnection, workspace_id: UUID, told: Entitlements, *, version: int) -> None:
    """The newest version wins, in whatever order they are heard."""
    values = {
        "version": version,
        "plan": told.plan,
        "rows_per_job": told.rows_per_job,
        "concurrent_jobs": told.concurrent_jobs,
    }
    await conn.execute(
        insert(entitlements)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values, where=entitlements.c.version < version)
    )


async def of(conn: AsyncConnection, workspace_id: UUID, *, in_turn: bool = False) -> Entitlements:
    """Without limit where nothing is known. With `in_turn`, whoever else asks so waits for the end of this transaction."""
    query = select(*_COLUMNS).where(entitlements.c.workspace_id == workspace_id)
    row = (await conn.execute(query.with_for_update() if in_turn else query)).one_or_none()
    return Entitlements() if row is None else Entitlements(*row)


async def count_under_way(conn: AsyncConnection, workspace_id: UUID) -> int:
    """Lists and retries that run or wait. A trial has three rows at most, and a list that is being written is done."""
    states = [state.value for state in _UNDER_WAY]
    query = select(func.count()).where(
        jobs.c.workspace_id == workspace_id, jobs.c.state.in_(states), jobs.c.kind != JobKind.TRIAL.value
    )
    return (await conn.execute(query)).scalar_one()
