"""Pages of a sheet as it stands: which rows have an outcome (or wait for one), and what it is, over a list and its retries."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import NOT_REACHED
from services.ingest.domain.overlay import RANK, effective
from services.ingest.repositories import results
from services.ingest.repositories.results import StoredResult
from services.ingest.segments import MAX_CHUNK_ROWS, ChunkRef

_WITH_RESULT = text(
    """
    SELECT DISTINCT found.row_no
    FROM unnest(CAST(:family AS uuid[])) AS member(id)
    CROSS JOIN LATERAL (
        SELECT r.row_no FROM ingest.results r
        WHERE r.job_id = member.id AND r.row_no > :after
        ORDER BY r.row_no LIMIT :limit
    ) found
    ORDER BY found.row_no LIMIT :limit
    """
)
_WITH_STATUS = text(
    """
    SELECT DISTINCT found.row_no
    FROM unnest(CAST(:family AS uuid[])) AS member(id)
    CROSS JOIN LATERAL (
        SELECT r.row_no FROM ingest.results r
        WHERE r.job_id = member.id AND r.status = :status AND r.row_no > :after
          AND NOT EXISTS (SELECT FROM ingest.results b
                          WHERE b.job_id = ANY (:family) AND b.row_no = r.row_no AND b.status = ANY (:better)
                            AND b.reason IS DISTINCT FROM :not_reached)
          AND NOT (r.status = 'skipped' AND r.reason IS NOT DISTINCT FROM :not_reached AND (
              EXISTS (SELECT FROM ingest.results b
                      WHERE b.job_id = ANY (:family) AND b.row_no = r.row_no AND b.status = 'failed')
              OR EXISTS (SELECT FROM ingest.chunks c
                         WHERE c.job_id = ANY (:family) AND c.state = 'failed'
                           AND c.first_row_no > r.row_no - CAST(:widest AS int) AND c.first_row_no <= r.row_no
                           AND r.row_no < c.first_row_no + c.stored_rows
                           AND (c.row_nos IS NULL OR r.row_no = ANY (c.row_nos))
                           AND NOT EXISTS (SELECT FROM ingest.results b
                                           WHERE b.job_id = c.job_id AND b.row_no = r.row_no))))
        ORDER BY r.row_no LIMIT :limit
    ) found
    ORDER BY found.row_no LIMIT :limit
    """
)
_WITHOUT_RESULT = text(
    """
    WITH looked AS (
        SELECT first_row_no, stored_rows, row_nos FROM ingest.chunks
        WHERE job_id = ANY (:family) AND state = ANY (:states) AND first_row_no > CAST(:after AS int) - CAST(:widest AS int)
          AND first_row_no + stored_rows - 1 > :after
        ORDER BY first_row_no FETCH FIRST :chunks ROWS WITH TIES
    ), owed AS (
        SELECT DISTINCT n.row_no
        FROM looked CROSS JOIN LATERAL generate_series(first_row_no, first_row_no + stored_rows - 1) AS n(row_no)
        WHERE n.row_no > :after AND (row_nos IS NULL OR n.row_no = ANY (row_nos))
          AND NOT EXISTS (SELECT FROM ingest.results r
                          WHERE r.job_id = ANY (:family) AND r.row_no = n.row_no AND r.status = ANY (:hiding)
                            AND (CAST(:showing AS text) IS NULL OR r.reason IS DISTINCT FROM CAST(:showing AS text)))
    )
    SELECT (SELECT count(*) FROM looked) AS chunks,
           (SELECT max(first_row_no + stored_rows - 1) FROM looked) AS looked_to,
           ARRAY(SELECT row_no FROM owed ORDER BY row_no LIMIT :limit) AS row_nos
    """
)
_GIVEN_UP = text(
    """
    SELECT n.row_no, c.job_id, c.error
    FROM unnest(CAST(:row_nos AS int[])) AS n(row_no)
    JOIN ingest.chunks c ON c.job_id = ANY (:family) AND c.state = 'failed'
     AND c.first_row_no > n.row_no - CAST(:widest AS int) AND c.first_row_no <= n.row_no
     AND n.row_no < c.first_row_no + c.stored_rows AND (c.row_nos IS NULL OR n.row_no = ANY (c.row_nos))
    ORDER BY c.job_id
    """
)
_PLACES = text(
    """
    SELECT DISTINCT u.chunk_no, u.first_row_no, u.row_count, u.segment_key, u.byte_offset, u.byte_length
    FROM unnest(CAST(:row_nos AS int[])) AS n(row_no)
    CROSS JOIN LATERAL (
        SELECT * FROM ingest.upload_chunks
        WHERE upload_id = :upload_id AND first_row_no <= n.row_no
        ORDER BY first_row_no DESC LIMIT 1
    ) u
    ORDER BY u.chunk_no
    """
)
_OPEN = ["pending", "publishing", "queued"]
_CHUNKS_AT_ONCE = 500


@dataclass(frozen=True)
class Attempt:
    """What a row came out as, and in which job."""

    job_id: UUID
    result: StoredResult

    @property
    def status(self) -> str:
        return self.result.status

    @property
    def reason(self) -> str | None:
        return self.result.reason


async def row_nos(
    conn: AsyncConnection, family: Sequence[UUID], *, status: str | None, after: int, limit: int
) -> list[int]:
    """The next rows of a sheet with an outcome, or with this one, from after a row. By index, however long the sheet is."""
    asked = {"family": list(family), "after": after, "limit": limit}
    if status is None:
        found = await conn.execute(_WITH_RESULT, asked)
    else:
        better = [name for name, rank in RANK.items() if rank < RANK[status]]
        told = {"status": status, "better": better, "not_reached": NOT_REACHED, "widest": MAX_CHUNK_ROWS}
        found = await conn.execute(_WITH_STATUS, {**asked, **told})
    numbers = set(found.scalars())
    if status in {None, "failed"}:
        hiding = [name for name in RANK if name != "failed"]
        owed = _without_result(
            conn, family, states=["failed"], hiding=hiding, showing=NOT_REACHED, after=after, limit=limit
        )
        numbers |= set(await owed)
    return sorted(numbers)[:limit]


async def pending_row_nos(conn: AsyncConnection, job_id: UUID, *, after: int, limit: int) -> list[int]:
    """The next rows of a job that wait for their outcome."""
    return await _without_result(conn, [job_id], states=_OPEN, hiding=list(RANK), after=after, limit=limit)


async def _without_result(
    conn: AsyncConnection,
    family: Sequence[UUID],
    *,
    states: list[str],
    hiding: list[str],
    after: int,
    limit: int,
    showing: str | None = None,
) -> list[int]:
    """Rows that chunks in these states still owe: those without a result that is `hiding` them, unless for the reason
    `showing`. A chunk may owe none: so many are looked at as it takes."""
    found: list[int] = []
    while True:
        asked = {"family": list(family), "states": states, "hiding": hiding, "showing": showing}
        page = {"after": after, "limit": limit, "widest": MAX_CHUNK_ROWS, "chunks": _CHUNKS_AT_ONCE}
        row = (await conn.execute(_WITHOUT_RESULT, {**asked, **page})).one()
        found += row.row_nos
        if len(found) >= limit or row.chunks < _CHUNKS_AT_ONCE:
            return found[:limit]
        after = row.looked_to


async def attempts_at(
    conn: AsyncConnection, family: Sequence[UUID], row_nos: Sequence[int], *, briefly: bool = False
) -> dict[int, Attempt]:
    """Of each of these rows that has an outcome, the one that the sheet shows; `briefly` as of `results.of_rows`."""
    made: dict[int, list[Attempt]] = {}
    for job_id, result in await results.of_rows(conn, family, row_nos, briefly=briefly):
        made.setdefault(result.row_no, []).append(Attempt(job_id, result))
    asked = {"family": list(family), "row_nos": list(row_nos), "widest": MAX_CHUNK_ROWS}
    for row in await conn.execute(_GIVEN_UP, asked):
        known = made.setdefault(row.row_no, [])
        if all(attempt.job_id != row.job_id for attempt in known):
            known.append(Attempt(row.job_id, StoredResult(row.row_no, "failed", reason=row.error)))
    return {row_no: effective(sorted(known, key=lambda attempt: attempt.job_id)) for row_no, known in made.items()}


async def places_of(conn: AsyncConnection, upload_id: UUID, row_nos: Sequence[int]) -> list[ChunkRef]:
    """Where these rows of an upload lie: each chunk once, in the order of the sheet."""
    found = await conn.execute(_PLACES, {"upload_id": upload_id, "row_nos": list(row_nos)})
    return [ChunkRef(**row) for row in found.mappings()]
