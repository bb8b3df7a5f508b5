"""Runs of the proof over all accounts, and the last proof of each."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from services.billing.domain.credits.proof import Check
from services.billing.tables import accounts, proof_runs, proofs

_SHOWN = 100


@dataclass(frozen=True)
class ProofRun:
    """A look at every account; `reached` is the last one that was looked at."""

    id: UUID
    actor: str
    started_at: datetime
    finished_at: datetime | None
    reached: UUID | None
    accounts: int
    differing: int


@dataclass(frozen=True)
class StoredProof:
    """The last proof of an account."""

    workspace_id: UUID
    proved_at: datetime
    holds: bool
    checks: Sequence[Check]


_RUN = [proof_runs.c[name] for name in ProofRun.__dataclass_fields__]


async def open_run(conn: AsyncConnection) -> ProofRun | None:
    """The run that is at work, if one is."""
    row = (await conn.execute(select(*_RUN).where(proof_runs.c.finished_at.is_(None)))).one_or_none()
    return None if row is None else ProofRun(*row)


async def start_run(conn: AsyncConnection, *, now: datetime, actor: str) -> ProofRun:
    """Begin a run; the one that is at work already, if there is one."""
    fresh = {"id": new_id(), "actor": actor, "started_at": now}
    await conn.execute(insert(proof_runs).values(**fresh).on_conflict_do_nothing())
    run = await open_run(conn)
    assert run is not None
    return run


async def last_runs(conn: AsyncConnection, *, limit: int) -> Sequence[ProofRun]:
    """Runs, newest first."""
    rows = await conn.execute(select(*_RUN).order_by(proof_runs.c.started_at.desc()).limit(limit))
    return [ProofRun(*row) for row in rows]


async def next_account(conn: AsyncConnection, run: ProofRun) -> UUID | None:
    """The account a run looks at next; None at its end."""
    query = select(accounts.c.workspace_id).order_by(accounts.c.workspace_id).limit(1)
    if run.reached is not None:
        query = query.where(accounts.c.workspace_id > run.reached)
    return (await conn.execute(query)).scalar_one_or_none()


async def record_proof(
    conn: AsyncConnection, run: ProofRun, workspace_id: UUID, checks: Sequence[Check], *, now: datetime
) -> ProofRun | None:
    """Keep an account's proof and move the run on to it. None when another has moved it on: then nothing is written."""
    holds = all(check.holds for check in checks)
    moved = await conn.execute(
        update(proof_runs)
        .where(
            proof_runs.c.id == run.id,
            proof_runs.c.finished_at.is_(None),
            proof_runs.c.reached.is_not_distinct_from(run.reached),
        )
        .values(
            reached=workspace_id,
            accounts=proof_runs.c.accounts + 1,
            differing=proof_runs.c.differing + (0 if holds else 1),
        )
        .returning(*_RUN)
    )
    row = moved.one_or_none()
    if row is None:
        return None
    values = {"run_id": run.id, "proved_at": now, "holds": holds, "checks": [asdict(check) for check in checks]}
    await conn.execute(
        insert(proofs)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values)
    )
    return ProofRun(*row)


async def finish_run(conn: AsyncConnection, run: ProofRun, *, now: datetime) -> None:
    """Every account has been looked at."""
    await conn.execute(
        update(proof_runs).where(proof_runs.c.id == run.id, proof_runs.c.finished_at.is_(None)).values(finished_at=now)
    )


async def last_proof(conn: AsyncConnection, workspace_id: UUID) -> StoredProof | None:
    """What the last run found about an account."""
    return next(iter(await _proofs(conn, proofs.c.workspace_id == workspace_id)), None)


async def differing(conn: AsyncConnection) -> Sequence[StoredProof]:
    """The accounts whose last proof does not hold, at most 100."""
    return await _proofs(conn, proofs.c.holds.is_(False))


async def measure(conn: AsyncConnection) -> tuple[int, datetime | None]:
    """How many accounts differ, and when the last run ended."""
    differ = select(func.count()).select_from(proofs).where(~proofs.c.holds).scalar_subquery()
    row = (await conn.execute(select(differ, select(func.max(proof_runs.c.finished_at)).scalar_subquery()))).one()
    return row[0], row[1]


async def _proofs(conn: AsyncConnection, *where: ColumnElement[bool]) -> Sequence[StoredProof]:
    query = select(proofs.c.workspace_id, proofs.c.proved_at, proofs.c.holds, proofs.c.checks).where(*where)
    rows = await conn.execute(query.order_by(proofs.c.workspace_id).limit(_SHOWN))
    return [StoredProof(*row[:3], [Check(**check) for check in row[3]]) for row in rows]
