"""What enrich has heard of jobs."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.enrich.domain.jobs import JobView, newer
from services.enrich.tables import job_states


async def hear(conn: AsyncConnection, job_id: UUID, *, tenant_id: UUID, heard: JobView) -> JobView:
    """Note a version with its state unless a higher one is known. Answers what is believed now."""
    known = await view(conn, job_id)
    if newer(known, heard) == known:
        return heard if known is None else known
    ended_at = func.now() if heard.state == "ended" else None
    changed = {"version": heard.version, "state": heard.state, "heard_at": func.now(), "ended_at": ended_at}
    await conn.execute(
        insert(job_states)
        .values(job_id=job_id, tenant_id=tenant_id, **changed)
        .on_conflict_do_update(index_elements=["job_id"], set_=changed, where=job_states.c.version < heard.version)
    )
    return await view(conn, job_id) or heard


async def view(conn: AsyncConnection, job_id: UUID) -> JobView | None:
    """What is believed of a job; None when it has never been heard of."""
    row = await conn.execute(select(job_states.c.version, job_states.c.state).where(job_states.c.job_id == job_id))
    found = row.first()
    return None if found is None else JobView(found.version, found.state)


async def views(conn: AsyncConnection, job_ids: Collection[UUID]) -> dict[UUID, JobView]:
    """What is believed of several jobs."""
    rows = await conn.execute(
        select(job_states.c.job_id, job_states.c.version, job_states.c.state).where(job_states.c.job_id.in_(job_ids))
    )
    return {row.job_id: JobView(row.version, row.state) for row in rows}


async def to_reap(conn: AsyncConnection, *, ended_before: datetime, limit: int) -> list[UUID]:
    """Jobs that ended before an instant and still have checkpoints."""
    rows = await conn.execute(
        select(job_states.c.job_id)
        .where(job_states.c.ended_at < ended_before, job_states.c.reaped_at.is_(None))
        .order_by(job_states.c.ended_at)
        .limit(limit)
    )
    return list(rows.scalars())


async def mark_reaped(conn: AsyncConnection, job_id: UUID) -> None:
    """Its checkpoints are gone. The job itself is remembered, so that a late chunk of it is still dropped."""
    await conn.execute(update(job_states).where(job_states.c.job_id == job_id).values(reaped_at=func.now()))
