"""What jobs took, by UTC day: added up as results are recorded, kept when the job is deleted."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, ColumnElement, Table, and_, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import Job
from services.ingest.domain.usage import COUNTS, Calls, Taken, Usage, in_all
from services.ingest.tables import usage_calls, usage_days

_CALLS = tuple(one.name for one in fields(Calls))
_ADD = text(
    f"""
    WITH day AS (
        INSERT INTO ingest.usage_days AS u (job_id, day, sandboxed, workspace_id, {", ".join(COUNTS)})
        VALUES (:job_id, :day, :sandboxed, :workspace_id, {", ".join(f":{name}" for name in COUNTS)})
        ON CONFLICT (job_id, day, sandboxed)
        DO UPDATE SET {", ".join(f"{name} = u.{name} + excluded.{name}" for name in COUNTS)}
    )
    INSERT INTO ingest.usage_calls AS u (job_id, day, sandboxed, kind, name, {", ".join(_CALLS)})
    SELECT :job_id, :day, :sandboxed, c.kind, c.name, {", ".join(f"c.{name}" for name in _CALLS)}
    FROM jsonb_to_recordset(CAST(:calls AS jsonb))
         AS c(kind text, name text, {", ".join(f"{name} bigint" for name in _CALLS)})
    ON CONFLICT (job_id, day, sandboxed, kind, name)
    DO UPDATE SET {", ".join(f"{name} = u.{name} + excluded.{name}" for name in _CALLS)}
    """  # noqa: S608 - put together from constants
)


async def add(conn: AsyncConnection, job: Job, taken: Taken, *, day: date) -> None:
    """Add to what a job took on a day. No key: it belongs into the transaction that stores what it is of, with the job's
    row in hand, so that nobody else adds at the same time."""
    for sandboxed in (False, True):
        usage = taken.of(sandboxed=sandboxed)
        if usage.rows or usage.credits:
            key = {"job_id": job.id, "day": day, "sandboxed": sandboxed, "workspace_id": job.workspace_id}
            sums = {name: getattr(usage, name) for name in COUNTS}
            await conn.execute(_ADD, {**key, **sums, "calls": _calls_of(usage)})


def _calls_of(usage: Usage) -> str:
    told = (("provider", usage.providers), ("model", usage.models))
    calls = [
        {
            "kind": kind,
            "name": name.replace("\x00", ""),
            "calls": one.calls,
            "tokens_in": one.tokens_in,
            "tokens_out": one.tokens_out,
            "cost_microusd": one.cost_microusd,
        }
        for kind, named in told
        for name, one in named.items()
    ]
    return orjson.dumps(calls).decode()


async def of_jobs(conn: AsyncConnection, job_ids: Sequence[UUID]) -> Taken:
    """What these jobs took, all in all."""
    return in_all((await _by_day(conn, usage_days.c.job_id.in_(job_ids))).values())


async def of_workspace(conn: AsyncConnection, workspace_id: UUID, *, first: date, last: date) -> dict[date, Taken]:
    """What a workspace's jobs took on each of these days, in order, also jobs that were deleted since; days without any are
    left out."""
    days = usage_days.c.day.between(first, last)
    return await _by_day(conn, and_(usage_days.c.workspace_id == workspace_id, days))


async def _by_day(conn: AsyncConnection, which: ColumnElement[bool]) -> dict[date, Taken]:
    found: dict[date, Taken] = {}
    group = (usage_days.c.day, usage_days.c.sandboxed)
    days = select(*group, *_summed(usage_days, COUNTS)).where(which).group_by(*group).order_by(*group)
    for row in await conn.execute(days):
        day, sandboxed, *sums = tuple(row)
        usage = found.setdefault(day, Taken()).of(sandboxed=sandboxed)
        for name, value in zip(COUNTS, sums, strict=True):
            setattr(usage, name, value)
    same = and_(*(usage_calls.c[name] == usage_days.c[name] for name in ("job_id", "day", "sandboxed")))
    named = (*group, usage_calls.c.kind, usage_calls.c.name)
    calls = select(*named, *_summed(usage_calls, _CALLS)).join(usage_days, same).where(which).group_by(*named)
    for row in await conn.execute(calls):
        day, sandboxed, kind, name, *sums = tuple(row)
        usage = found[day].of(sandboxed=sandboxed)
        (usage.models if kind == "model" else usage.providers)[name] = Calls(*sums)
    return found


def _summed(table: Table, names: Sequence[str]) -> list[ColumnElement[int]]:
    # The sum of bigints is numeric.
    return [cast(func.sum(table.c[name]), BigInteger) for name in names]
