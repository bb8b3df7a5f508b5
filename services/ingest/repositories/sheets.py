"""The whole sheet of a list job and its retries: the upload it was made from, and the jobs whose outcomes it shows."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import Job
from services.ingest.repositories.jobs import COLUMNS, to_job
from services.ingest.segments import ChunkRef
from services.ingest.tables import jobs, results, upload_chunks, uploads

_PLACE = ("chunk_no", "first_row_no", "row_count", "segment_key", "byte_offset", "byte_length")
_PAGE = 1000


@dataclass(frozen=True)
class Original:
    """The sheet as it was uploaded. `extras` is name → kind of the columns asked for beside the two, in their order."""

    upload_id: UUID
    columns: list[dict[str, Any]]
    name: str | None
    rows: int
    extras: Mapping[str, str]


async def original(conn: AsyncConnection, job_id: UUID) -> Original:
    """The sheet that a job was made from."""
    query = (
        select(
            uploads.c.id,
            uploads.c.columns,
            uploads.c.reading["sheet"].astext,
            uploads.c.row_count,
            jobs.c.spec["extra_columns"],
        )
        .join(jobs, jobs.c.upload_id == uploads.c.id)
        .where(jobs.c.id == job_id)
    )
    upload_id, columns, name, rows, extras = (await conn.execute(query)).one()
    return Original(upload_id, columns, name, rows, {extra["name"]: extra["kind"] for extra in extras or ()})


async def refs(conn: AsyncConnection, upload_id: UUID) -> list[ChunkRef]:
    """Where all of an upload's rows lie, in order. Loaded in pages, and a segment's chunks share its name: a million rows have
    twenty thousand of them."""
    query = select(*(upload_chunks.c[name] for name in _PLACE)).order_by(upload_chunks.c.chunk_no).limit(_PAGE)
    found: list[ChunkRef] = []
    while True:
        after = found[-1].chunk_no if found else -1
        page = await conn.execute(query.where(upload_chunks.c.upload_id == upload_id, upload_chunks.c.chunk_no > after))
        refs = [replace(ref, segment_key=sys.intern(ref.segment_key)) for ref in (ChunkRef(*row) for row in page)]
        found += refs
        if len(refs) < _PAGE:
            return found


async def family(conn: AsyncConnection, root_id: UUID) -> Sequence[Job]:
    """A list job and its retries, in the order they were made."""
    query = select(*COLUMNS).where(or_(jobs.c.id == root_id, jobs.c.root_id == root_id)).order_by(jobs.c.id)
    return [to_job(row) for row in await conn.execute(query)]


async def has_products(conn: AsyncConnection, job_ids: Sequence[UUID]) -> bool:
    """Whether any row of these jobs was offered a product: by index, however many rows there are."""
    chosen = exists().where(results.c.job_id.in_(job_ids), results.c.product.is_not(None))
    return (await conn.execute(select(chosen))).scalar_one()
