"""Claims on rows by lease: whoever holds one pays, the others wait."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, func, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Integer, Uuid

from services.enrich.tables import checkpoints, row_work


@dataclass(frozen=True, slots=True)
class RowSet:
    """Rows of a job under one spec: with `row_no` the key of claims and checkpoints."""

    job_id: UUID
    spec_hash: str
    row_nos: tuple[int, ...]


_CLAIM = text(
    """
    INSERT INTO enrich.row_work AS work (job_id, row_no, spec_hash, holder, lease_until)
    SELECT :job_id, row_no, :spec_hash, :holder, clock_timestamp() + make_interval(secs => :lease_s)
    FROM unnest(:row_nos) AS row_no ORDER BY row_no
    ON CONFLICT (job_id, row_no, spec_hash) DO UPDATE
    SET holder = excluded.holder, lease_until = excluded.lease_until
    WHERE work.lease_until < clock_timestamp()
    RETURNING row_no
    """
).bindparams(
    bindparam("job_id", type_=Uuid()), bindparam("holder", type_=Uuid()), bindparam("row_nos", type_=ARRAY(Integer()))
)
_RENEW = text(
    """
    WITH renewed AS (
        UPDATE enrich.row_work SET lease_until = clock_timestamp() + make_interval(secs => :lease_s)
        WHERE holder = ANY(:holders) RETURNING holder
    )
    SELECT holder, count(*) AS rows FROM renewed GROUP BY holder
    """
).bindparams(bindparam("holders", type_=ARRAY(Uuid())))


async def claim(conn: AsyncConnection, rows: RowSet, *, holder: UUID, lease_s: float) -> set[int]:
    """Claim all rows that nobody holds, in one statement and in one order. Answers which became mine."""
    values = {
        "job_id": rows.job_id,
        "spec_hash": rows.spec_hash,
        "row_nos": list(rows.row_nos),
        "holder": holder,
        "lease_s": lease_s,
    }
    return set((await conn.execute(_CLAIM, values)).scalars())


async def renew(conn: AsyncConnection, holders: Sequence[UUID], *, lease_s: float) -> dict[UUID, int]:
    """Prolong the leases of these holders, run-out ones that nobody took included. Answers how many rows each still has."""
    found = await conn.execute(_RENEW, {"holders": list(holders), "lease_s": lease_s})
    return {row.holder: row.rows for row in found}


async def release(conn: AsyncConnection, holder: UUID) -> None:
    """Let others have what this holder leaves unfinished."""
    await conn.execute(update(row_work).where(row_work.c.holder == holder).values(lease_until=func.to_timestamp(0)))


async def forget(conn: AsyncConnection, job_id: UUID, *, limit: int) -> int:
    """Delete up to `limit` checkpoints and claims of a job; answers how many went."""
    gone = 0
    for table in (checkpoints, row_work):
        statement = text(
            f"DELETE FROM {table.fullname} WHERE ctid = ANY(ARRAY("  # noqa: S608 - our own table's name
            f"SELECT ctid FROM {table.fullname} WHERE job_id = :job_id LIMIT :most))"
        ).bindparams(bindparam("job_id", type_=Uuid()))
        gone += (await conn.execute(statement, {"job_id": job_id, "most": limit})).rowcount
    return gone


def without(rows: RowSet, done: Collection[int]) -> RowSet:
    """The rows that are not done."""
    return RowSet(rows.job_id, rows.spec_hash, tuple(no for no in rows.row_nos if no not in done))
