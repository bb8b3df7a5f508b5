"""Turns under a provider's limits, granted to all replicas by the database's clock; and what each day has been used for."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Float, Text, Uuid

from services.enrich.domain.day_shares import DayUse
from services.enrich.domain.limits import NO_LIMITS, Cost, Limits
from services.enrich.tables import limit_days, limit_lines

AHEAD_S = 1.0
"""How far ahead an instant may be granted. A process that dies takes no more than that with it."""


@dataclass(frozen=True, slots=True)
class LineKey:
    """An account, and the model where the provider limits by model (else "")."""

    account: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be granted: calls and tokens by workspace, and what that costs the lines."""

    cost: Cost
    calls: Mapping[UUID, int]
    tokens: Mapping[UUID, int]

    @property
    def requests(self) -> int:
        """All calls."""
        return sum(self.calls.values())


@dataclass(frozen=True, slots=True)
class Decision:
    """Granted from `in_s` seconds after the decision on; else not to be asked for again before. `day_full_s`: the day
    does not hold it, and turns in so many seconds."""

    granted: bool
    in_s: float
    day_full_s: float | None = None


_BOOK = text(
    """
    WITH line AS (
        SELECT *, clock_timestamp() AS now FROM enrich.limit_lines
        WHERE account = :account AND model = :model FOR UPDATE
    ), seen AS (
        SELECT now, (now AT TIME ZONE 'UTC')::date AS today,
            greatest(
                now, shut_until,
                CASE WHEN :requests_s > 0 THEN requests_at END,
                CASE WHEN :tokens_s > 0 THEN tokens_at + make_interval(secs => :correction_s) END
            ) AS slot,
            CASE WHEN day = (now AT TIME ZONE 'UTC')::date THEN day_requests ELSE 0 END AS day_requests,
            CASE WHEN day = (now AT TIME ZONE 'UTC')::date THEN day_tokens ELSE 0 END AS day_tokens
        FROM line
    ), judged AS (
        SELECT *,
            (:most_requests > 0 AND day_requests + :requests > :most_requests)
            OR (:most_tokens > 0 AND day_tokens + :tokens > :most_tokens) AS day_full
        FROM seen
    ), booked AS (
        UPDATE enrich.limit_lines AS line SET
            requests_at = CASE WHEN :requests_s > 0 THEN slot + make_interval(secs => :requests_s)
                ELSE line.requests_at END,
            tokens_at = CASE WHEN :tokens_s > 0 THEN slot + make_interval(secs => :tokens_s) ELSE line.tokens_at END,
            day = today, day_requests = judged.day_requests + :requests, day_tokens = judged.day_tokens + :tokens
        FROM judged
        WHERE line.account = :account AND line.model = :model
            AND NOT day_full AND slot <= now + make_interval(secs => :ahead_s)
        RETURNING today, now
    ), noted AS (
        INSERT INTO enrich.limit_days AS used (account, model, day, tenant_id, requests, tokens, asked_at)
        SELECT :account, :model, today, tenant_id, calls, tokens, now
        FROM booked, unnest(:tenant_ids, :tenant_calls, :tenant_tokens) AS asked (tenant_id, calls, tokens)
        ORDER BY tenant_id
        ON CONFLICT (account, model, day, tenant_id) DO UPDATE SET
            requests = used.requests + excluded.requests, tokens = used.tokens + excluded.tokens,
            asked_at = excluded.asked_at
    )
    SELECT day_full, extract(epoch FROM slot - now)::float AS in_s,
        extract(epoch FROM (today + 1)::timestamp - now AT TIME ZONE 'UTC')::float AS turns_in_s,
        EXISTS (SELECT FROM booked) AS granted
    FROM judged
    """
).bindparams(
    bindparam("account", type_=Text()),
    bindparam("model", type_=Text()),
    *(bindparam(name, type_=Float()) for name in ("requests_s", "tokens_s", "correction_s", "ahead_s")),
    *(bindparam(name, type_=BigInteger()) for name in ("requests", "tokens", "most_requests", "most_tokens")),
    bindparam("tenant_ids", type_=ARRAY(Uuid())),
    bindparam("tenant_calls", type_=ARRAY(BigInteger())),
    bindparam("tenant_tokens", type_=ARRAY(BigInteger())),
)


async def book(
    conn: AsyncConnection, key: LineKey, asked: Asked, *, by_tenant: bool = False, most: Limits = NO_LIMITS
) -> Decision:
    """Grant an instant in one statement, or say when to ask again. `most` are limits of the day that are not exceeded.

    `by_tenant` counts the day for each workspace.
    """
    tenants = list(asked.calls) if by_tenant else []
    values = {
        "account": key.account,
        "model": key.model,
        "requests_s": asked.cost.requests_s,
        "tokens_s": asked.cost.tokens_s,
        "correction_s": asked.cost.correction_s,
        "ahead_s": AHEAD_S,
        "requests": asked.requests,
        "tokens": sum(asked.tokens.values()),
        "most_requests": most.requests_per_day,
        "most_tokens": most.tokens_per_day,
        "tenant_ids": tenants,
        "tenant_calls": [asked.calls[tenant] for tenant in tenants],
        "tenant_tokens": [asked.tokens.get(tenant, 0) for tenant in tenants],
    }
    row = (await conn.execute(_BOOK, values)).one_or_none()
    if row is None:
        await conn.execute(insert(limit_lines).values(account=key.account, model=key.model).on_conflict_do_nothing())
        row = (await conn.execute(_BOOK, values)).one()
    return Decision(row.granted, max(0.0, row.in_s), day_full_s=row.turns_in_s if row.day_full else None)


async def day_uses(conn: AsyncConnection, key: LineKey) -> list[DayUse]:
    """What each workspace has used of this UTC day."""
    table = limit_days
    today = func.timezone("UTC", func.clock_timestamp()).cast(table.c.day.type)
    ago = func.extract("epoch", func.clock_timestamp() - table.c.asked_at).cast(Float)
    rows = await conn.execute(
        select(table.c.tenant_id, table.c.requests, table.c.tokens, ago).where(
            table.c.account == key.account, table.c.model == key.model, table.c.day == today
        )
    )
    return [DayUse(*row) for row in rows]


async def forget_days(conn: AsyncConnection) -> int:
    """Delete the days before yesterday. Answers how many rows went."""
    gone = await conn.execute(delete(limit_days).where(limit_days.c.day < func.current_date() - 1))
    return gone.rowcount
