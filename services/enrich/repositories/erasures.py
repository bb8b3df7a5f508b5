"""Rows whose person is erased: what was found out for them goes, also what a worker writes of them afterwards."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.ingest import ErasedRow
from libs.common.forgetting import forget_letters_of
from services.enrich.tables import COMMON, checkpoints, erased_rows, erasures


async def hear(conn: AsyncConnection, erasure_id: UUID, *, tenant_id: UUID, part_no: int) -> bool:
    """Once for each part; parts of one erasure wait for each other from here on. False when it was heard before."""
    opened = insert(erasures).values(id=erasure_id, tenant_id=tenant_id)
    await conn.execute(opened.on_conflict_do_nothing())
    seen = erasures.c.parts_seen
    fresh = update(erasures).where(erasures.c.id == erasure_id, func.array_position(seen, part_no).is_(None))
    return (await conn.execute(fresh.values(parts_seen=func.array_append(seen, part_no)))).rowcount == 1


async def note_rows(conn: AsyncConnection, rows: Sequence[ErasedRow]) -> None:
    """What is written of these rows from now on is swept."""
    if rows:
        values = [
            {"job_id": row.job_id, "row_no": row.row_no} for row in sorted(rows, key=lambda r: (r.job_id, r.row_no))
        ]
        await conn.execute(insert(erased_rows).on_conflict_do_nothing(), values)


async def forget_rows(conn: AsyncConnection, rows: Sequence[ErasedRow]) -> int:
    """Delete what was found out for these rows; answers how many checkpoints there were."""
    keys = [(row.job_id, row.row_no) for row in rows]
    query = delete(checkpoints).where(tuple_(checkpoints.c.job_id, checkpoints.c.row_no).in_(keys))
    return (await conn.execute(query)).rowcount if keys else 0


async def forget_letters(conn: AsyncConnection) -> int:
    """Empty chunks that could not be worked on and hold a row whose person is erased; answers how many there were."""
    rows = select(erased_rows.c.job_id, erased_rows.c.row_no)
    return await forget_letters_of(conn, COMMON.dead_letters, queue="enrich.enrich_chunk", rows=rows)


async def count(conn: AsyncConnection, erasure_id: UUID, *, checkpoints_gone: int) -> tuple[int, int]:
    """Add to what was forgotten; answers how many parts were heard, and how many checkpoints are gone in all."""
    counted = update(erasures).where(erasures.c.id == erasure_id)
    counted = counted.values(checkpoints=erasures.c.checkpoints + literal(checkpoints_gone))
    row = (await conn.execute(counted.returning(func.cardinality(erasures.c.parts_seen), erasures.c.checkpoints))).one()
    return row[0], row[1]


async def sweep(conn: AsyncConnection) -> int:
    """Delete what was written of erased rows since; answers how many checkpoints there were."""
    erased = select(erased_rows.c.job_id, erased_rows.c.row_no)
    query = delete(checkpoints).where(tuple_(checkpoints.c.job_id, checkpoints.c.row_no).in_(erased))
    return (await conn.execute(query)).rowcount


async def forget_heard(conn: AsyncConnection, *, before: datetime) -> int:
    """Nobody has these rows in hand any more; answers how many there were."""
    return (await conn.execute(delete(erased_rows).where(erased_rows.c.heard_at < before))).rowcount
