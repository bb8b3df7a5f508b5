"""Reviews of lines in Postgres: one per result, saved by compare-and-swap on its version, and a log of every turn."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from services.ingest.domain.jobs import TERMINAL
from services.ingest.domain.line_reviews import Review
from services.ingest.tables import jobs, line_review_log, line_reviews

_APPROVED = text(
    """
    SELECT DISTINCT row_no FROM ingest.line_reviews
    WHERE job_id = ANY (:family) AND approved_at IS NOT NULL AND row_no > :after
    ORDER BY row_no LIMIT :limit
    """
)
_NOT_APPROVED = text(
    """
    SELECT DISTINCT found.row_no
    FROM unnest(CAST(:family AS uuid[])) AS member(id)
    CROSS JOIN LATERAL (
        SELECT r.row_no FROM ingest.results r
        WHERE r.job_id = member.id AND r.row_no > :after AND r.status IN ('enriched', 'degraded')
          AND NOT EXISTS (SELECT FROM ingest.line_reviews e
                          WHERE e.job_id = r.job_id AND e.row_no = r.row_no AND e.approved_at IS NOT NULL)
        ORDER BY r.row_no LIMIT :limit
    ) found
    ORDER BY found.row_no LIMIT :limit
    """
)
_COLUMNS = [line_reviews.c[name] for name in Review.__dataclass_fields__]


@dataclass(frozen=True)
class Turn:
    """One turn of a review: the line as it stood then."""

    id: UUID
    job_id: UUID
    version: int
    line: str
    approved: bool
    user_id: UUID
    happened_at: datetime


async def load(conn: AsyncConnection, job_id: UUID, row_no: int) -> Review:
    """The review of a result."""
    mine = (line_reviews.c.job_id == job_id, line_reviews.c.row_no == row_no)
    row = (await conn.execute(select(*_COLUMNS).where(*mine))).first()
    return Review() if row is None else Review(*row)


async def save(conn: AsyncConnection, job_id: UUID, row_no: int, *, review: Review, line: str, user_id: UUID) -> bool:
    """Save a review that follows its predecessor, and log it. `line` is the line as it stands now. False, and nothing
    written, when somebody else was faster."""
    values = {"job_id": job_id, "row_no": row_no, **asdict(review)}
    written = insert(line_reviews).values(values)
    written = written.on_conflict_do_update(
        index_elements=["job_id", "row_no"], set_=asdict(review), where=line_reviews.c.version == review.version - 1
    )
    if (await conn.execute(written)).rowcount == 0:
        return False
    await conn.execute(
        insert(line_review_log).values(
            id=new_id(),
            job_id=job_id,
            row_no=row_no,
            version=review.version,
            line=line,
            approved=review.approved_at is not None,
            user_id=user_id,
            happened_at=func.now(),
        )
    )
    return True


async def turns(conn: AsyncConnection, family: Sequence[UUID], row_no: int, *, limit: int) -> list[Turn]:
    """What people made of a row's lines, in whichever attempt, the newest first."""
    log = line_review_log
    query = (
        select(*(log.c[name] for name in Turn.__dataclass_fields__))
        .where(log.c.job_id.in_(family), log.c.row_no == row_no)
        .order_by(log.c.id.desc())
        .limit(limit)
    )
    return [Turn(*row) for row in await conn.execute(query)]


async def row_nos(
    conn: AsyncConnection, family: Sequence[UUID], *, approved: bool, after: int, limit: int
) -> list[int]:
    """The next rows of which some attempt's line is approved, or has not been; from after a row."""
    asked = {"family": list(family), "after": after, "limit": limit}
    return list((await conn.execute(_APPROVED if approved else _NOT_APPROVED, asked)).scalars())


async def live_retry(conn: AsyncConnection, root_id: UUID) -> UUID | None:
    """The retry of a list that has not ended."""
    at_work = jobs.c.state.not_in([state.value for state in TERMINAL])
    return (await conn.execute(select(jobs.c.id).where(jobs.c.root_id == root_id, at_work))).scalar()


async def count_edit(conn: AsyncConnection, root_id: UUID) -> None:
    """A line of the list has been edited: sheets that were written before are not of what there is now."""
    await conn.execute(update(jobs).where(jobs.c.id == root_id).values(line_edits=jobs.c.line_edits + 1))


async def note_merge(conn: AsyncConnection, job_id: UUID, *, root_id: UUID) -> None:
    """The sheet that a job writes knows the edits up to now."""
    known = select(jobs.c.line_edits).where(jobs.c.id == root_id).scalar_subquery()
    await conn.execute(update(jobs).where(jobs.c.id == job_id).values(line_edits_merged=known))


async def edits_of(conn: AsyncConnection, root_id: UUID) -> int:
    """How many times lines of a list have been edited."""
    return (await conn.execute(select(jobs.c.line_edits).where(jobs.c.id == root_id))).scalar_one()


async def edits_merged(conn: AsyncConnection, job_id: UUID) -> int:
    """How many edits the sheet knew that a job wrote."""
    return (await conn.execute(select(jobs.c.line_edits_merged).where(jobs.c.id == job_id))).scalar_one()


async def forget(conn: AsyncConnection, job_ids: Sequence[UUID]) -> None:
    """Delete the reviews of these jobs, and who made them."""
    await conn.execute(delete(line_reviews).where(line_reviews.c.job_id.in_(job_ids)))
    await conn.execute(delete(line_review_log).where(line_review_log.c.job_id.in_(job_ids)))
