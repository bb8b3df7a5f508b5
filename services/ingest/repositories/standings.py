"""How the work of jobs stands: what is under way of each, and what is due next."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.waiting import Work

_LOOKED_AT = 64
"""The dispatcher looks at no more of a job in a round either."""
_WORK = text(
    """
    SELECT j.id,
           (SELECT count(*) FROM ingest.chunks c
            WHERE c.job_id = j.id AND c.epoch = j.epoch AND c.state IN ('publishing', 'queued')) AS under_way,
           (SELECT min(first.due_at) FROM (
                SELECT c.due_at FROM ingest.chunks c
                WHERE c.job_id = j.id AND c.epoch = j.epoch AND c.state = 'pending'
                ORDER BY c.chunk_no LIMIT :looked_at
            ) first) AS next_due
    FROM ingest.jobs j WHERE j.id = ANY (:job_ids)
    """
)


async def work_of(conn: AsyncConnection, job_ids: Sequence[UUID]) -> dict[UUID, Work]:
    """Each of these jobs with its work; by two indexes, whatever the jobs' size."""
    rows = await conn.execute(_WORK, {"job_ids": list(job_ids), "looked_at": _LOOKED_AT})
    return {row.id: Work(row.under_way, row.next_due) for row in rows}
