"""Deliveries on their way: queued once for each event and endpoint, claimed by one, and what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import many
from libs.common.ids import new_id
from libs.common.many import Statement
from services.gateway.domain.webhooks import LEASE, MOST_AT_ONE, Answer, Outcome
from services.gateway.repositories.webhooks import Secrets, lock_where, secrets_of
from services.gateway.tables import webhook_deliveries as deliveries
from services.gateway.tables import webhook_endpoints as endpoints

_ENDED = ("delivered", "given_up")
_SWEEP_ROWS = 5000

_CLAIM = text("""
    WITH RECURSIVE waiting AS (
        (SELECT endpoint_id FROM gateway.webhook_deliveries WHERE state = 'waiting' ORDER BY endpoint_id LIMIT 1)
        UNION ALL
        SELECT (SELECT other.endpoint_id FROM gateway.webhook_deliveries AS other
                WHERE other.state = 'waiting' AND other.endpoint_id > waiting.endpoint_id
                ORDER BY other.endpoint_id LIMIT 1)
        FROM waiting WHERE waiting.endpoint_id IS NOT NULL
    ), open AS (
        SELECT endpoint.id, sent.many + (endpoint.failing_since IS NOT NULL)::int AS taken,
            (CASE WHEN endpoint.failing_since IS NULL THEN :most_at_one ELSE 1 END) - sent.many AS room
        FROM gateway.webhook_endpoints AS endpoint CROSS JOIN LATERAL (
            SELECT count(*) AS many FROM gateway.webhook_deliveries
            WHERE endpoint_id = endpoint.id AND state = 'sending'
        ) AS sent
        WHERE endpoint.enabled AND endpoint.id IN (SELECT endpoint_id FROM waiting)
        FOR NO KEY UPDATE OF endpoint SKIP LOCKED
    ), chosen AS (
        SELECT due.id FROM open CROSS JOIN LATERAL (
            SELECT id, due_at, row_number() OVER (ORDER BY due_at) AS nth FROM (
                SELECT id, due_at FROM gateway.webhook_deliveries
                WHERE endpoint_id = open.id AND state = 'waiting' AND due_at <= :now
                ORDER BY due_at LIMIT greatest(open.room, 0)
                FOR UPDATE SKIP LOCKED
            ) AS first
        ) AS due
        ORDER BY open.taken + due.nth, random() LIMIT :most
    )
    UPDATE gateway.webhook_deliveries AS delivery
    SET state = 'sending', lease = :lease, lease_until = :lease_until
    FROM chosen, gateway.webhook_endpoints AS endpoint
    WHERE delivery.id = chosen.id AND endpoint.id = delivery.endpoint_id
    RETURNING delivery.id, delivery.endpoint_id, delivery.event_id, delivery.event_type, delivery.body, delivery.attempts,
        endpoint.url, endpoint.secret, endpoint.sealed_with, endpoint.old_secret, endpoint.old_sealed_with, endpoint.old_until
    """)
"""The walk from endpoint to endpoint costs as much as there are endpoints that something waits for. Of each what is due
first, before the second of any, and what is being sent counts: who has much to be told, and hangs, does not keep the others
waiting. Among equals the lot decides, as those who hang would always have waited longest; who fails comes after who does not."""

_SUBSCRIBERS = Statement(
    endpoints,
    ("workspace_id",),
    "SELECT t.id, t.workspace_id, t.events FROM {rows} JOIN {table} AS t ON t.workspace_id = n.workspace_id"
    " WHERE t.enabled FOR KEY SHARE OF t",
)
"""By way of the driver: this is asked with every handful of events, nearly always in vain."""


@dataclass(frozen=True)
class Delivery:
    """A message in hand: nobody else sends it until the lease is over. `event_id` is its id for the receiver."""

    id: UUID
    lease: UUID
    endpoint_id: UUID
    event_id: UUID
    event_type: str
    body: bytes
    attempts: int
    url: str
    secrets: Secrets


@dataclass(frozen=True)
class Subscriber:
    """An endpoint that wants to be told of some types."""

    endpoint_id: UUID
    workspace_id: UUID
    events: frozenset[str]


@dataclass(frozen=True)
class Queued:
    """A message for an endpoint."""

    endpoint_id: UUID
    event_id: UUID
    event_type: str
    body: bytes


async def subscribers(conn: AsyncConnection, workspace_ids: Sequence[UUID]) -> Sequence[Subscriber]:
    """The enabled endpoints of some workspaces. They are not deleted before the end of this transaction."""
    (found,) = await many.read(conn, [(_SUBSCRIBERS, [(one,) for one in workspace_ids])])
    return [Subscriber(id_, workspace_id, frozenset(events)) for id_, workspace_id, events in found]


async def queue(conn: AsyncConnection, messages: Sequence[Queued], *, now: datetime) -> int:
    """Key: endpoint and event. Answers how many are new."""
    if not messages:
        return 0
    rows = [
        {
            "id": new_id(),
            "endpoint_id": one.endpoint_id,
            "event_id": one.event_id,
            "event_type": one.event_type,
            "body": one.body,
            "due_at": now,
        }
        for one in messages
    ]
    return (await conn.execute(insert(deliveries).values(rows).on_conflict_do_nothing())).rowcount


async def claim(conn: AsyncConnection, *, most: int, now: datetime) -> Sequence[Delivery]:
    """What is due, to be sent by nobody else until the lease is over: fairly among endpoints, and few at a time to each."""
    lease = new_id()
    values = {"now": now, "most": most, "most_at_one": MOST_AT_ONE, "lease": lease, "lease_until": now + LEASE}
    return [
        Delivery(
            row.id,
            lease,
            row.endpoint_id,
            row.event_id,
            row.event_type,
            bytes(row.body),
            row.attempts,
            row.url,
            secrets_of(row),
        )
        for row in await conn.execute(_CLAIM, values)
    ]


async def take_back_lost(conn: AsyncConnection, *, now: datetime) -> int:
    """What a sender has not come back from: it may have arrived, and is sent again under the same id. No attempt is counted:
    nothing is known of it. Answers how many."""
    lost = update(deliveries).where(deliveries.c.state == "sending", deliveries.c.lease_until < now)
    return (await conn.execute(lost.values(state="waiting", due_at=now, lease=None, lease_until=None))).rowcount


async def record(conn: AsyncConnection, delivery: Delivery, outcome: Outcome, *, answer: Answer, now: datetime) -> bool:
    """What came of an attempt. False when the lease was over and somebody else has it, or it is deleted."""
    await lock_where(conn, delivery.endpoint_id)
    done = await conn.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery.id, deliveries.c.state == "sending", deliveries.c.lease == delivery.lease)
        .values(
            state=outcome.state,
            attempts=deliveries.c.attempts + 1,
            due_at=outcome.due_at or deliveries.c.due_at,
            lease=None,
            lease_until=None,
            status=answer.status,
            answer=answer.text,
            error=answer.error,
            tried_at=now,
            ended_at=now if outcome.state in _ENDED else None,
        )
    )
    return done.rowcount == 1


async def give_up_held(conn: AsyncConnection, *, disabled_before: datetime, now: datetime) -> int:
    """What has waited for an endpoint that is disabled for too long. Answers how many."""
    disabled = select(endpoints.c.id).where(endpoints.c.disabled_at < disabled_before)
    held = update(deliveries).where(deliveries.c.state == "waiting", deliveries.c.endpoint_id.in_(disabled))
    return (await conn.execute(held.values(state="given_up", ended_at=now))).rowcount


async def forget(conn: AsyncConnection, *, older_than: datetime) -> int:
    """Those that have ended so long ago, some at a time. Answers how many were deleted."""
    old = select(deliveries.c.id).where(deliveries.c.ended_at < older_than).limit(_SWEEP_ROWS)
    return (await conn.execute(deliveries.delete().where(deliveries.c.id.in_(old)))).rowcount


async def oldest_due(conn: AsyncConnection, *, now: datetime) -> timedelta:
    """How long the one that is due for longest has waited, among endpoints that are well. Zero when none waits."""
    well = select(endpoints.c.id).where(endpoints.c.enabled, endpoints.c.failing_since.is_(None))
    query = select(func.min(deliveries.c.due_at)).where(
        or_(deliveries.c.state == "waiting", deliveries.c.state == "sending"), deliveries.c.endpoint_id.in_(well)
    )
    oldest = (await conn.execute(query)).scalar_one()
    return timedelta() if oldest is None else max(now - oldest, timedelta())
