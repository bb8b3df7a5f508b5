"""What a rerun takes back: chunks that are not completed, and what was counted for those that were given up."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.chunks import ChunkState
from services.ingest.repositories.chunks import free
from services.ingest.tables import chunks

_GIVEN_UP = text(
    """
    SELECT count(*)::int AS chunks, coalesce(sum(c.row_count - found.rows), 0)::int AS rows
    FROM ingest.chunks c
    CROSS JOIN LATERAL (
        SELECT count(*) AS rows FROM ingest.results r
        WHERE r.job_id = c.job_id AND r.row_no BETWEEN c.first_row_no AND c.first_row_no + c.stored_rows - 1
          AND (c.row_nos IS NULL OR r.row_no = ANY (c.row_nos))
    ) found
    WHERE c.job_id = :job_id AND c.state = 'failed'
    """
)
_TRIES = 20
_WAIT_S = 0.05


@dataclass(frozen=True)
class GivenUp:
    """Failed chunks, and their rows without a result."""

    chunks: int
    rows: int


async def given_up(conn: AsyncConnection, job_id: UUID) -> GivenUp:
    """What a job has given up so far."""
    return GivenUp(*(await conn.execute(_GIVEN_UP, {"job_id": job_id})).one())


async def reopen(conn: AsyncConnection, job_id: UUID, *, epoch: int) -> bool:
    """Have every chunk that is not completed be `pending` in a new epoch. False when some stay in somebody's hands.

    The dispatcher holds chunks for moments, several at once and in no order: who waited for one might wait for ever.
    """
    stale = (chunks.c.job_id == job_id, chunks.c.state != ChunkState.COMPLETED.value, chunks.c.epoch < epoch)
    for _ in range(_TRIES):
        await conn.execute(
            update(chunks)
            .where(free(*stale))
            .values(
                state=ChunkState.PENDING.value,
                epoch=epoch,
                due_at=func.now(),
                lease_until=None,
                publish_failures=0,
                error=None,
            )
        )
        if (await conn.execute(select(chunks.c.chunk_no).where(*stale).limit(1))).first() is None:
            return True
        await asyncio.sleep(_WAIT_S)
    return False
