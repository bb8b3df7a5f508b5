"""A job's merge: who is at it, and how far its list of recipients has been published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import JobState
from services.ingest.tables import jobs, uploads


@dataclass(frozen=True)
class RecipientList:
    """A finished list with parts still to publish. Part `published` is the next. `sandboxed`: its people are made up.

    `columns` are the names of the sheet's columns, `extras` those that were asked for, name → kind.
    """

    job_id: UUID
    workspace_id: UUID
    filename: str
    mapping: dict[str, int]
    parts: int
    published: int
    sandboxed: bool = False
    columns: Sequence[str] = ()
    extras: Mapping[str, str] = field(default_factory=dict[str, str])


async def claim(conn: AsyncConnection, job_id: UUID, *, token: UUID, lease: timedelta) -> bool:
    """Take the merge for a while. False while somebody else has it, or when there is nothing to merge."""
    free = or_(jobs.c.merge_lease_until.is_(None), jobs.c.merge_lease_until < func.now())
    taken = await conn.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state == JobState.MERGING.value, free)
        .values(merge_token=token, merge_lease_until=func.now() + literal(lease))
    )
    return taken.rowcount == 1


async def renew(conn: AsyncConnection, job_id: UUID, *, token: UUID, lease: timedelta) -> bool:
    """Keep the merge. False when it is not ours any more."""
    kept = await conn.execute(
        update(jobs).where(*_mine(job_id, token)).values(merge_lease_until=func.now() + literal(lease))
    )
    return kept.rowcount == 1


async def release(conn: AsyncConnection, job_id: UUID, *, token: UUID) -> None:
    """Let the next one in at once."""
    await conn.execute(update(jobs).where(*_mine(job_id, token)).values(merge_lease_until=None))


def _mine(job_id: UUID, token: UUID) -> tuple[ColumnElement[bool], ...]:
    return (jobs.c.id == job_id, jobs.c.merge_token == token, jobs.c.state == JobState.MERGING.value)


async def has_addresses(conn: AsyncConnection, job_id: UUID) -> bool:
    """Whether the job's mapping names a column of email addresses."""
    return (await conn.execute(select(jobs.c.mapping.has_key("email")).where(jobs.c.id == job_id))).scalar_one()


async def plan_recipients(conn: AsyncConnection, job_id: UUID, *, parts: int) -> None:
    """Note how many parts of the list are to be published."""
    await conn.execute(update(jobs).where(jobs.c.id == job_id).values(recipient_parts=parts))


async def next_part(conn: AsyncConnection, job_id: UUID) -> RecipientList | None:
    """The list with its next part; None when every part has been published."""
    row = (
        await conn.execute(
            select(
                jobs.c.id,
                jobs.c.workspace_id,
                jobs.c.filename,
                jobs.c.mapping,
                jobs.c.recipient_parts,
                jobs.c.recipient_parts_published,
                uploads.c.sandboxed,
                uploads.c.columns,
                jobs.c.spec["extra_columns"].label("extras"),
            )
            .join(uploads, uploads.c.id == jobs.c.upload_id)
            .where(jobs.c.id == job_id, jobs.c.recipient_parts_published < jobs.c.recipient_parts)
        )
    ).first()
    if row is None:
        return None
    names = [column["name"] for column in row.columns or ()]
    extras = {column["name"]: column["kind"] for column in row.extras or ()}
    return RecipientList(*row[:-2], columns=names, extras=extras)


async def note_published(conn: AsyncConnection, found: RecipientList) -> bool:
    """The part is announced in this transaction. False when somebody else has done so."""
    noted = await conn.execute(
        update(jobs)
        .where(jobs.c.id == found.job_id, jobs.c.recipient_parts_published == found.published)
        .values(recipient_parts_published=found.published + 1)
    )
    return noted.rowcount == 1


async def unpublished(conn: AsyncConnection, *, after: UUID | None, limit: int) -> list[UUID]:
    """Finished jobs whose lists are not published to the end, in the order of their ids, from after one."""
    query = select(jobs.c.id).where(
        jobs.c.state == JobState.COMPLETED.value,
        jobs.c.recipient_parts_published < jobs.c.recipient_parts,
    )
    if after is not None:
        query = query.where(jobs.c.id > after)
    return list((await conn.execute(query.order_by(jobs.c.id).limit(limit))).scalars())
