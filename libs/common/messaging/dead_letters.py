"""Dead letters: messages nobody could handle, moved from the broker into a table where a person can see and replay them."""

import hashlib
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from faststream.rabbit.message import RabbitMessage
from pydantic import ValidationError
from sqlalchemy import ColumnElement, Table, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import metrics
from libs.common.contracts.catalogue import BY_ROUTING_KEY
from libs.common.contracts.envelope import Envelope
from libs.common.errors import Conflict, NotFound
from libs.common.ids import new_id
from libs.common.logs import get_logger
from libs.common.messaging.bus import Bus
from libs.common.messaging.consumer import (
    ATTEMPTS_HEADER,
    CAUSE_HEADER,
    FIRST_ERROR_HEADER,
    LAST_ERROR_HEADER,
    Subscription,
    attempts_of,
    hand_over_whole,
    settle,
)
from libs.common.messaging.topology import dead_queue
from libs.common.uow import Message, UnitOfWork, UnitOfWorkFactory, current_message

log = get_logger()

REPLAY_WITHIN = timedelta(days=30)
"""As long as inbox rows are kept: an older message could be handled twice."""


@dataclass(frozen=True)
class DeadLetter:
    """One filed message. `resolution` is `replayed`, `discarded` or None while it is open."""

    id: UUID
    queue: str
    message_key: str
    type: str | None
    tenant_id: UUID | None
    correlation_id: UUID | None
    cause: str
    attempts: int
    first_error: str
    last_error: str
    occurred_at: datetime | None
    died_at: datetime
    resolution: str | None
    size_bytes: int


class Undertaker:
    """Files the dead queue of one subscription; its `on_dead` speaks in the same transaction (a failed chunk is an answer)."""

    def __init__(self, subscription: Subscription, *, open_uow: UnitOfWorkFactory, bus: Bus) -> None:
        self._subscription = subscription
        self._open_uow = open_uow
        self._bus = bus

    def attach(self, broker: RabbitBroker) -> None:
        """Register with FastStream."""
        subscriber = broker.subscriber(
            RabbitQueue(dead_queue(self._subscription.queue), declare=False),
            ack_policy=self._subscription.ack_policy,
            channel=Channel(prefetch_count=1),
            decoder=hand_over_whole,
            no_reply=True,
            title=dead_queue(self._subscription.queue),
            description="Files dead letters into the table.",
        )
        subscriber(self.on_message)

    async def on_message(self, raw: RabbitMessage) -> None:
        """File one message. While the database is away it stays in the dead queue."""
        await settle(raw, lambda: self._file(raw))
        metrics.DEAD_LETTERS.labels(self._subscription.queue).inc()

    async def _file(self, raw: RabbitMessage) -> None:
        headers, body = dict(raw.headers), raw.body
        envelope = _try_read(body)
        message_key = raw.raw_message.message_id or hashlib.sha256(body).hexdigest()
        last_error = _clean(headers.get(LAST_ERROR_HEADER, "the broker gave up after its delivery limit"))
        values = {
            "queue": self._subscription.queue,
            "message_key": _clean(message_key),
            "type": envelope.type if envelope else None,
            "tenant_id": envelope.tenant_id if envelope else None,
            "correlation_id": envelope.correlation_id if envelope else None,
            "body": body,
            "headers": {_clean(name): _clean(value) for name, value in headers.items()},
            "cause": _clean(headers.get(CAUSE_HEADER, "delivery_limit")),
            "attempts": attempts_of(headers),
            "first_error": _clean(headers.get(FIRST_ERROR_HEADER, last_error)),
            "last_error": last_error,
            "occurred_at": envelope.occurred_at if envelope else None,
        }
        table = self._open_uow.tables.dead_letters
        fresh = {k: v for k, v in values.items() if k not in {"queue", "message_key", "first_error"}}
        async with self._open_uow() as uow:
            await uow.conn.execute(
                insert(table)
                .values(id=new_id(), **values)
                .on_conflict_do_update(
                    index_elements=["queue", "message_key"],
                    set_={**fresh, "died_at": func.now(), "resolution": None, "resolved_at": None},
                )
            )
            if envelope is not None and self._subscription.on_dead is not None:
                await self._speak(envelope, uow, last_error)

    async def _speak(self, envelope: Envelope, uow: UnitOfWork, error: str) -> None:
        event_class = BY_ROUTING_KEY.get(envelope.routing_key())
        if event_class is None or self._subscription.on_dead is None:
            return
        try:
            event = event_class.model_validate(envelope.data)
        except ValidationError:
            return
        message = Message(consumer=self._subscription.queue, envelope=envelope)
        token = current_message.set(message)
        try:
            await self._subscription.on_dead(event, message, uow, error)
        finally:
            current_message.reset(token)


def _clean(value: object) -> str:
    """Text that Postgres takes: it refuses NUL."""
    return str(value).replace("\x00", "�")


def _try_read(body: bytes) -> Envelope | None:
    try:
        return Envelope.model_validate_json(body)
    except ValidationError:
        return None


def _columns(table: Table) -> list[ColumnElement[Any]]:
    names = [f.name for f in fields(DeadLetter) if f.name != "size_bytes"]
    return [*(table.c[name] for name in names), func.length(table.c.body).label("size_bytes")]


async def list_open(conn: AsyncConnection, table: Table, *, limit: int = 100) -> list[DeadLetter]:
    """The dead letters nobody has dealt with, newest first."""
    rows = await conn.execute(
        select(*_columns(table)).where(table.c.resolved_at.is_(None)).order_by(table.c.died_at.desc()).limit(limit)
    )
    return [DeadLetter(*row) for row in rows]


async def count_open(conn: AsyncConnection, table: Table) -> int:
    """How many dead letters nobody has dealt with."""
    row = await conn.execute(select(func.count()).select_from(table).where(table.c.resolved_at.is_(None)))
    return row.scalar_one()


async def load(conn: AsyncConnection, table: Table, dead_letter_id: UUID) -> tuple[DeadLetter, bytes]:
    """One dead letter and the bytes of its message. Raises NotFound."""
    row = (await conn.execute(select(*_columns(table), table.c.body).where(table.c.id == dead_letter_id))).first()
    if row is None:
        msg = f"there is no dead letter {dead_letter_id}"
        raise NotFound(msg, code="dead_letter_not_found")
    values = tuple(row)
    return DeadLetter(*values[:-1]), values[-1]


async def resolve(conn: AsyncConnection, table: Table, dead_letter_id: UUID, *, resolution: str) -> None:
    """Close a dead letter as `replayed` or `discarded`."""
    await conn.execute(
        update(table).where(table.c.id == dead_letter_id).values(resolution=resolution, resolved_at=func.now())
    )


async def replay(open_uow: UnitOfWorkFactory, bus: Bus, dead_letter_id: UUID, *, now: datetime) -> DeadLetter:
    """Give a dead letter back to its queue with its attempts at zero.

    The copy is confirmed before the row is closed: a crash in between replays twice, which the handlers bear.
    Raises NotFound; Conflict when it is closed already or older than the inbox remembers.
    """
    async with open_uow() as uow:
        letter, body = await load(uow.conn, open_uow.tables.dead_letters, dead_letter_id)
    if letter.resolution is not None:
        msg = f"dead letter {dead_letter_id} is {letter.resolution} already"
        raise Conflict(msg, code="dead_letter_closed")
    if now - (letter.occurred_at or letter.died_at) > REPLAY_WITHIN:
        msg = f"dead letter {dead_letter_id} is older than {REPLAY_WITHIN.days} days: it could be handled twice. Discard it."
        raise Conflict(msg, code="dead_letter_too_old")
    await bus.publish_to_queue(letter.queue, body, message_id=letter.message_key, headers={ATTEMPTS_HEADER: 0})
    async with open_uow() as uow:
        await resolve(uow.conn, open_uow.tables.dead_letters, dead_letter_id, resolution="replayed")
    return letter
