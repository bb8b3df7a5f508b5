"""Counting requests against what a workspace's plan, and each user and key, is allowed. The count is Postgres's, so that every
replica keeps the same one.

A generic cell rate algorithm (ITU-T I.371): one row holds the moment at which the bucket will be full again. The look at who is
asking counts as well, in one trip: `COUNTING` stands between that look, a table expression `known` with a `caller_id`, and
what it answers; `caller` is that of it which may ask at all.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from services.gateway.domain.requests import MINUTE_S, Allowance, Counted, Toll


def _take(table: str, key: str, *, source: str) -> str:
    """One request out of the bucket of each row of `source`, which has `key` and `most`; nothing where it has none left."""
    moved = "greatest(bucket.full_at, statement_timestamp()) + (excluded.full_at - statement_timestamp())"
    return f"""
        INSERT INTO gateway.{table} AS bucket ({key}, full_at)
        SELECT {key}, statement_timestamp() + make_interval(secs => {MINUTE_S}.0 / most) FROM {source}
        ON CONFLICT ({key}) DO UPDATE SET full_at = {moved}
        WHERE {moved} <= statement_timestamp() + make_interval(secs => {MINUTE_S})
        RETURNING full_at"""  # noqa: S608 - constants of ours


def _told(name: str, *, taken: str, bucket: str) -> str:
    """Whether the bucket had one, and for how long it is used up. One without a row that gave nothing never has any."""
    moment = f"coalesce({taken}.full_at, {bucket}.full_at) - statement_timestamp()"
    return f"""{taken}.full_at IS NOT NULL AS {name}_granted,
        greatest(0, extract(epoch FROM {moment}))::float8 AS {name}_busy_s"""


_PLAN = "SELECT plan, workspace_id, api_requests_per_minute AS most FROM gateway.entitlements"
_LIMITED = "api_requests_per_minute IS NOT NULL"
_TAKE = Compiled(
    text(f"""
    WITH plan AS ({_PLAN} WHERE workspace_id = :workspace_id AND {_LIMITED}),
    shared AS ({_take("request_buckets", "workspace_id", source="plan WHERE most > 0")})
    SELECT plan, most AS plan_most, {_told("plan", taken="shared", bucket="bucket")}
    FROM plan LEFT JOIN shared ON true LEFT JOIN gateway.request_buckets bucket USING (workspace_id)
    """)  # noqa: S608 - constants of ours
)

# Whoever has no request of their own left takes none of the plan's.
COUNTING = f"""
    toll AS (SELECT caller_id, CAST(:most AS float8) AS most FROM caller WHERE :most > 0),
    own AS ({_take("caller_buckets", "caller_id", source="toll")}),
    plan AS ({_PLAN} JOIN caller USING (workspace_id) WHERE {_LIMITED} AND caller.counts),
    shared AS ({
    _take(
        "request_buckets",
        "workspace_id",
        source="plan WHERE most > 0 AND (EXISTS (SELECT FROM own) OR NOT EXISTS (SELECT FROM toll))",
    )
})
    SELECT known.*, toll.caller_id IS NOT NULL AS own_counted, {_told("own", taken="own", bucket="own_bucket")},
        plan.plan, plan.most AS plan_most, {_told("plan", taken="shared", bucket="plan_bucket")}
    FROM known LEFT JOIN toll ON true LEFT JOIN own ON true LEFT JOIN plan ON true LEFT JOIN shared ON true
    LEFT JOIN gateway.caller_buckets own_bucket ON own_bucket.caller_id = toll.caller_id
    LEFT JOIN gateway.request_buckets plan_bucket ON plan_bucket.workspace_id = plan.workspace_id
    """  # noqa: S608 - constants of ours
"""What follows `WITH known AS (…), caller AS (…),`. `caller` has `caller_id`, `workspace_id`, and `counts`: whether the plan
counts its request. The values of a toll are `:most` beside what the look says of `counts`."""


def counted_in(row: Mapping[str, Any], toll: Toll) -> Counted:
    """What a look with COUNTING in it has counted."""
    own = Allowance("", toll.most, _busy_s(row["own_busy_s"]), row["own_granted"]) if row["own_counted"] else None
    return Counted(own, None if row["plan"] is None else _of_plan(row))


async def take_request(conn: AsyncConnection, workspace_id: UUID) -> Allowance | None:
    """Count one request. None where the workspace has no limit, or is not known to have one: then nothing is written."""
    rows = await _TAKE.fetch(conn, workspace_id=workspace_id)
    return _of_plan(rows[0]) if rows else None


def _of_plan(row: Mapping[str, Any]) -> Allowance:
    return Allowance(row["plan"], row["plan_most"], _busy_s(row["plan_busy_s"]), row["plan_granted"])


def _busy_s(found: float | None) -> float:
    """A bucket without a row that granted nothing is one that never holds any: it is empty."""
    return MINUTE_S if found is None else found
