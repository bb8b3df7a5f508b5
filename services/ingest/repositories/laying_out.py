"""Laying a job's chunks out from its upload's, when it begins: of each the rows that are to be done."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import Job
from services.ingest.repositories import chunks

# The chunk of a row is the last one that begins at or before it: one sort, where a join by ranges would look at every pair.
_LAY_OUT = text(
    """
    WITH marks AS (
        SELECT first_row_no AS row_no, chunk_no, 0 AS is_row FROM ingest.upload_chunks WHERE upload_id = :upload_id
        UNION ALL
        SELECT row_no, NULL, 1 FROM ingest.results WHERE job_id = :job_id
    ),
    placed AS (SELECT row_no, is_row, max(chunk_no) OVER (ORDER BY row_no, is_row) AS chunk_no FROM marks),
    known AS (SELECT chunk_no, array_agg(row_no) AS row_nos FROM placed WHERE is_row = 1 GROUP BY chunk_no)
    INSERT INTO ingest.chunks (job_id, epoch, chunk_no, first_row_no, segment_key, byte_offset, byte_length,
                               stored_rows, row_count, row_nos)
    SELECT :job_id, :epoch, u.chunk_no, u.first_row_no, u.segment_key, u.byte_offset, u.byte_length,
           u.row_count, coalesce(cardinality(w.row_nos), u.row_count), w.row_nos
    FROM ingest.upload_chunks u
    LEFT JOIN known k ON k.chunk_no = u.chunk_no
    CROSS JOIN LATERAL (
        SELECT CASE WHEN k.row_nos IS NULL AND u.first_row_no + u.row_count - 1 <= :up_to THEN NULL ELSE ARRAY(
            SELECT n FROM generate_series(u.first_row_no, least(u.first_row_no + u.row_count - 1, :up_to)) AS n
            WHERE n <> ALL (coalesce(k.row_nos, '{}'))
            ORDER BY n
        ) END AS row_nos
    ) w
    WHERE u.upload_id = :upload_id AND u.first_row_no <= :up_to AND (w.row_nos IS NULL OR cardinality(w.row_nos) > 0)
    ON CONFLICT DO NOTHING
    """
)

_LAY_OUT_CHOSEN = text(
    """
    INSERT INTO ingest.chunks (job_id, epoch, chunk_no, first_row_no, segment_key, byte_offset, byte_length,
                               stored_rows, row_count, row_nos)
    SELECT :job_id, :epoch, u.chunk_no, u.first_row_no, u.segment_key, u.byte_offset, u.byte_length,
           u.row_count, count(*), array_agg(n.row_no ORDER BY n.row_no)
    FROM unnest(CAST(:row_nos AS integer[])) AS n(row_no)
    JOIN ingest.upload_chunks u ON u.upload_id = :upload_id
         AND n.row_no BETWEEN u.first_row_no AND u.first_row_no + u.row_count - 1
    GROUP BY u.upload_id, u.chunk_no
    """
)


async def lay_out(conn: AsyncConnection, job: Job, *, up_to: int) -> int:
    """Make a job's chunks from its upload's: of each the covered rows without an outcome. Answers how many there are.

    Again, it changes nothing.
    """
    keys = {"job_id": job.id, "epoch": job.epoch, "upload_id": job.upload_id}
    await conn.execute(_LAY_OUT, {**keys, "up_to": up_to})
    return await chunks.count(conn, job.id)


async def lay_out_chosen(conn: AsyncConnection, job: Job, row_nos: Sequence[int]) -> int:
    """Make a new job's chunks of these rows only. Answers how many there are."""
    keys = {"job_id": job.id, "epoch": job.epoch, "upload_id": job.upload_id}
    await conn.execute(_LAY_OUT_CHOSEN, {**keys, "row_nos": list(row_nos)})
    return await chunks.count(conn, job.id)
