"""Families of jobs: a list and its retries."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import JobState
from services.ingest.repositories.jobs import LIVING
from services.ingest.tables import jobs


async def newest_merged(conn: AsyncConnection, root_id: UUID) -> UUID | None:
    """Of a list and its retries the one that wrote the whole sheet last; None while there is no finished sheet."""
    query = (
        select(jobs.c.id)
        .where(or_(jobs.c.id == root_id, jobs.c.root_id == root_id), LIVING)
        .where(jobs.c.state == JobState.COMPLETED.value)
        .order_by(jobs.c.id.desc())
        .limit(1)
    )
    return (await conn.execute(query)).scalar()


async def members(conn: AsyncConnection, root_id: UUID) -> list[UUID]:
    """A list job and its retries, in the order they were made."""
    query = select(jobs.c.id).where(or_(jobs.c.id == root_id, jobs.c.root_id == root_id)).order_by(jobs.c.id)
    return list((await conn.execute(query)).scalars())
