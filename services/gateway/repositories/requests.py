"""Counting requests against what a workspace's plan, and each user and key, is allowed. The count is Postgres's, so that every
replica keeps the same one.

A generic cell rate algorithm (ITU-T I.371): one row holds the moment at which the bucket will be full again.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from services.gateway.domain.requests import MINUTE_S, Allowance

_TAKE = Compiled(
    text(f"""
    WITH entitled AS (
        SELECT plan, api_requests_per_minute AS most FROM gateway.entitlements
        WHERE workspace_id = :workspace_id AND api_requests_per_minute IS NOT NULL
    ), taken AS (
        INSERT INTO gateway.request_buckets AS bucket (workspace_id, full_at)
        SELECT :workspace_id, statement_timestamp() + make_interval(secs => {MINUTE_S}.0 / most) FROM entitled WHERE most > 0
        ON CONFLICT (workspace_id) DO UPDATE
        SET full_at = greatest(bucket.full_at, statement_timestamp()) + (excluded.full_at - statement_timestamp())
        WHERE greatest(bucket.full_at, statement_timestamp()) + (excluded.full_at - statement_timestamp())
            <= statement_timestamp() + make_interval(secs => {MINUTE_S})
        RETURNING full_at
    )
    SELECT plan, most, taken.full_at IS NOT NULL AS granted,
        greatest(0, extract(epoch FROM coalesce(taken.full_at, bucket.full_at) - statement_timestamp()))::float8 AS busy_s
    FROM entitled
    LEFT JOIN taken ON true
    LEFT JOIN gateway.request_buckets bucket ON bucket.workspace_id = :workspace_id
    """)  # noqa: S608 - a constant of ours
)


_TAKE_OF_CALLER = Compiled(
    text(f"""
    WITH taken AS (
        INSERT INTO gateway.caller_buckets AS bucket (caller_id, full_at)
        VALUES (:caller_id, statement_timestamp() + make_interval(secs => {MINUTE_S}.0 / CAST(:most AS float8)))
        ON CONFLICT (caller_id) DO UPDATE
        SET full_at = greatest(bucket.full_at, statement_timestamp()) + (excluded.full_at - statement_timestamp())
        WHERE greatest(bucket.full_at, statement_timestamp()) + (excluded.full_at - statement_timestamp())
            <= statement_timestamp() + make_interval(secs => {MINUTE_S})
        RETURNING full_at
    )
    SELECT taken.full_at IS NOT NULL AS granted,
        greatest(0, extract(epoch FROM coalesce(taken.full_at, bucket.full_at) - statement_timestamp()))::float8 AS busy_s
    FROM (SELECT 1) AS one
    LEFT JOIN taken ON true
    LEFT JOIN gateway.caller_buckets bucket ON bucket.caller_id = :caller_id
    """)  # noqa: S608 - a constant of ours
)


async def take_request_of_caller(conn: AsyncConnection, caller_id: UUID, *, most: int) -> Allowance:
    """Count one request of a user or a key, of `most` a minute."""
    [row] = await _TAKE_OF_CALLER.fetch(conn, caller_id=caller_id, most=most)
    return Allowance("", most, _busy_s(row), row["granted"])


async def take_request(conn: AsyncConnection, workspace_id: UUID) -> Allowance | None:
    """Count one request. None where the workspace has no limit, or is not known to have one: then nothing is written."""
    rows = await _TAKE.fetch(conn, workspace_id=workspace_id)
    if not rows:
        return None
    [row] = rows
    return Allowance(row["plan"], row["most"], _busy_s(row), row["granted"])


def _busy_s(row: Mapping[str, float | None]) -> float:
    """A bucket without a row that granted nothing is one that never holds any: it is empty."""
    return MINUTE_S if row["busy_s"] is None else row["busy_s"]
