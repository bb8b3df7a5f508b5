"""What has been found out about rows, stage by stage. The first stored is everyone's answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Integer, LargeBinary, Text, Uuid

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


_STORE = text(
    """
    INSERT INTO enrich.checkpoints (job_id, row_no, spec_hash, stage, payload)
    SELECT * FROM unnest(:job_ids, :row_nos, :spec_hashes, :stages, :payloads) AS new (job_id, row_no, spec_hash, stage, payload)
    ORDER BY job_id, row_no, stage
    ON CONFLICT DO NOTHING
    """
).bindparams(
    bindparam("job_ids", type_=ARRAY(Uuid())),
    bindparam("row_nos", type_=ARRAY(Integer())),
    bindparam("spec_hashes", type_=ARRAY(Text())),
    bindparam("stages", type_=ARRAY(Text())),
    bindparam("payloads", type_=ARRAY(LargeBinary())),
)


async def store(conn: AsyncConnection, found: Sequence[Checkpoint]) -> None:
    """Store each unless somebody has stored that stage of that row before."""
    values = {
        "job_ids": [one.job_id for one in found],
        "row_nos": [one.row_no for one in found],
        "spec_hashes": [one.spec_hash for one in found],
        "stages": [one.stage for one in found],
        "payloads": [one.payload for one in found],
    }
    await conn.execute(_STORE, values)


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
