"""What has been found out about rows, stage by stage. The first stored is everyone's answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db import driver_of
from services.enrich.repositories.claims import RowSet
from services.enrich.tables import checkpoints

Stage = Literal["company_sources", "company", "person_sources", "person", "result"]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One stage of one row. `payload` is JSON."""

    job_id: UUID
    row_no: int
    spec_hash: str
    stage: Stage
    payload: bytes


_STORE = """
    INSERT INTO enrich.checkpoints (job_id, row_no, spec_hash, stage, payload)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::bytea[])
        AS new (job_id, row_no, spec_hash, stage, payload)
    ORDER BY job_id, row_no, stage
    ON CONFLICT DO NOTHING
    """


async def store(conn: AsyncConnection, found: Sequence[Checkpoint]) -> None:
    """Store each unless somebody has stored that stage of that row before."""
    rows = ((one.job_id, one.row_no, one.spec_hash, one.stage, one.payload) for one in found)
    await (await driver_of(conn)).execute(_STORE, *zip(*rows, strict=True))


async def results(conn: AsyncConnection, rows: RowSet) -> dict[int, bytes]:
    """The stored results of these rows."""
    found = await conn.execute(
        select(checkpoints.c.row_no, checkpoints.c.payload).where(*_of(rows), checkpoints.c.stage == "result")
    )
    return {row.row_no: row.payload for row in found}


async def stages(conn: AsyncConnection, rows: RowSet) -> dict[int, dict[str, bytes]]:
    """Everything stored for these rows, by row and stage."""
    found = await conn.execute(
        select(checkpoints.c.row_no, checkpoints.c.stage, checkpoints.c.payload).where(*_of(rows))
    )
    stored: dict[int, dict[str, bytes]] = {}
    for row in found:
        stored.setdefault(row.row_no, {})[row.stage] = row.payload
    return stored


def _of(rows: RowSet) -> tuple[ColumnElement[bool], ...]:
    return (
        checkpoints.c.job_id == rows.job_id,
        checkpoints.c.spec_hash == rows.spec_hash,
        checkpoints.c.row_no.in_(rows.row_nos),
    )
