"""Chunks of jobs. Every change names the state it starts from.

Locks are taken in one order, job → results → chunks, so that no two transactions wait for each other. What changes many
chunks at once leaves out those that somebody has in hand.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Row,
    any_,
    bindparam,
    func,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import NotFound
from services.ingest.domain.chunks import Chunk, ChunkState
from services.ingest.segments import ChunkRef
from services.ingest.tables import chunks

_COLUMNS = (
    chunks.c.job_id,
    chunks.c.chunk_no,
    chunks.c.state,
    chunks.c.dispatch_no,
    chunks.c.epoch,
    chunks.c.first_row_no,
    chunks.c.row_count,
    chunks.c.credits,
    chunks.c.error,
    chunks.c.due_at,
    chunks.c.row_nos,
)
_PLACE = ("chunk_no", "first_row_no", "segment_key", "byte_offset", "byte_length")
REF_COLUMNS = [*(chunks.c[name] for name in _PLACE), chunks.c.stored_rows]
_PAGE = 1000


def _to_chunk(row: Row[*tuple[Any, ...]]) -> Chunk:
    return Chunk(
        job_id=row.job_id,
        chunk_no=row.chunk_no,
        state=ChunkState(row.state),
        dispatch_no=row.dispatch_no,
        epoch=row.epoch,
        first_row_no=row.first_row_no,
        row_count=row.row_count,
        credits=row.credits,
        error=row.error,
        due_at=row.due_at,
        chosen=None if row.row_nos is None else tuple(row.row_nos),
    )


def array_of(numbers: Sequence[int]) -> ColumnElement[Any]:
    """Numbers as one parameter."""
    return literal(list(numbers), ARRAY(Integer))


def to_ref(row: Row[*tuple[Any, ...]]) -> ChunkRef:
    """Where the rows of a chunk lie (all of them, chosen or not), of a row that has `REF_COLUMNS`."""
    return ChunkRef(**{name: getattr(row, name) for name in _PLACE}, row_count=row.stored_rows)


async def count(conn: AsyncConnection, job_id: UUID) -> int:
    """How many chunks a job has."""
    return (await conn.execute(select(func.count()).select_from(chunks).where(chunks.c.job_id == job_id))).scalar_one()


async def load_several(conn: AsyncConnection, job_id: UUID, chunk_nos: Sequence[int]) -> list[Chunk]:
    """Chunks of a job, in their order."""
    wanted = (chunks.c.job_id == job_id, chunks.c.chunk_no == any_(array_of(chunk_nos)))
    return [_to_chunk(row) for row in await conn.execute(select(*_COLUMNS).where(*wanted).order_by(chunks.c.chunk_no))]


_ONE = select(*_COLUMNS).where(chunks.c.job_id == bindparam("job_id"), chunks.c.chunk_no == bindparam("chunk_no"))


async def load(conn: AsyncConnection, job_id: UUID, chunk_no: int) -> Chunk:
    """One chunk. Raises NotFound."""
    row = (await conn.execute(_ONE, {"job_id": job_id, "chunk_no": chunk_no})).first()
    if row is None:
        msg = f"job {job_id} has no chunk {chunk_no}"
        raise NotFound(msg, code="chunk_not_found")
    return _to_chunk(row)


_COMPLETE = (
    update(chunks)
    .where(
        chunks.c.job_id == bindparam("of_job"),
        chunks.c.chunk_no == bindparam("no"),
        chunks.c.state != ChunkState.COMPLETED.value,
        chunks.c.epoch == bindparam("in_epoch"),
    )
    .values(
        state=ChunkState.COMPLETED.value,
        credits=bindparam("earned"),
        completed_at=func.now(),
        lease_until=None,
        error=None,
    )
)


async def complete(conn: AsyncConnection, chunk: Chunk, *, credits_earned: int) -> bool:
    """Every row has its result: fix the credits. False when somebody else has completed it, or its epoch has passed."""
    values = {"of_job": chunk.job_id, "no": chunk.chunk_no, "in_epoch": chunk.epoch, "earned": credits_earned}
    return (await conn.execute(_COMPLETE, values)).rowcount == 1


async def give_up(conn: AsyncConnection, chunk: Chunk, *, error: str) -> bool:
    """`queued → failed` for the present dispatch."""
    done = await conn.execute(
        update(chunks)
        .where(
            chunks.c.job_id == chunk.job_id,
            chunks.c.chunk_no == chunk.chunk_no,
            chunks.c.state.in_([ChunkState.PUBLISHING.value, ChunkState.QUEUED.value]),
            chunks.c.dispatch_no == chunk.dispatch_no,
        )
        .values(state=ChunkState.FAILED.value, error=error, lease_until=None)
    )
    return done.rowcount == 1


async def put_back(conn: AsyncConnection, chunk: Chunk, *, due_at: datetime) -> bool:
    """`queued → pending` for the present dispatch."""
    done = await conn.execute(
        update(chunks)
        .where(
            chunks.c.job_id == chunk.job_id,
            chunks.c.chunk_no == chunk.chunk_no,
            chunks.c.state.in_([ChunkState.PUBLISHING.value, ChunkState.QUEUED.value]),
            chunks.c.dispatch_no == chunk.dispatch_no,
        )
        .values(state=ChunkState.PENDING.value, due_at=due_at, lease_until=None)
    )
    return done.rowcount == 1


async def make_due(conn: AsyncConnection, job_id: UUID) -> None:
    """What waits for a later time need not wait any longer: the job goes on."""
    await conn.execute(
        update(chunks)
        .where(
            free(chunks.c.job_id == job_id, chunks.c.state == ChunkState.PENDING.value, chunks.c.due_at > func.now())
        )
        .values(due_at=func.now())
    )


def free(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The chunks that meet these conditions and that no other transaction has in hand; locked."""
    keys = select(chunks.c.job_id, chunks.c.chunk_no).where(*conditions).correlate(None)
    return tuple_(chunks.c.job_id, chunks.c.chunk_no).in_(keys.with_for_update(skip_locked=True, of=chunks))


async def completed(conn: AsyncConnection, job_id: UUID) -> AsyncIterator[Sequence[tuple[int, int]]]:
    """Number and credits of each completed chunk, a page at a time."""
    after = -1
    while True:
        rows = await conn.execute(
            select(chunks.c.chunk_no, chunks.c.credits)
            .where(chunks.c.job_id == job_id, chunks.c.state == ChunkState.COMPLETED.value, chunks.c.chunk_no > after)
            .order_by(chunks.c.chunk_no)
            .limit(_PAGE)
        )
        found = [(row.chunk_no, row.credits) for row in rows]
        if not found:
            return
        yield found
        after = found[-1][0]


async def refs(conn: AsyncConnection, job_id: UUID, *, after: int = -1, limit: int | None = None) -> list[ChunkRef]:
    """Where the rows of the job's chunks lie, in their order: also those that the job does not want."""
    rows = await conn.execute(
        select(*REF_COLUMNS)
        .where(chunks.c.job_id == job_id, chunks.c.chunk_no > after)
        .order_by(chunks.c.chunk_no)
        .limit(limit)
    )
    return [to_ref(row) for row in rows]
