"""Exchanges and queues, made from the catalogue.

Every service declares all of it at start, so that an event waits even for a service that has never run. Each limit is
declared, so that RabbitMQ 3.10 and 4.x behave alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractChannel

from libs.common.contracts.catalogue import LISTENERS
from libs.common.contracts.envelope import Event

Listeners = Mapping[str, tuple[type[Event], ...]]
"""Queue → the events bound to it."""

EVENTS_EXCHANGE = "events"
DELIVERY_LIMIT = 1000
"""A backstop only: every closed connection counts against it. Attempts are counted by our own header."""
NEVER = 1_000_000_000
"""The delivery limit of a dead queue, past which the broker would throw a message away: more than can ever happen."""
MAX_LENGTH_BYTES = 2_000_000_000
TRANSIENT_TTL_MS = 60_000

RETRY_DELAYS: tuple[tuple[str, int], ...] = (("5s", 5_000), ("30s", 30_000), ("5m", 300_000))
"""Name and milliseconds of each retry queue. One queue per delay: within one, a short wait would stay behind a long one."""


@dataclass(frozen=True)
class QueueSpec:
    """One queue with its arguments and the routing keys that bind it to the events exchange."""

    name: str
    arguments: Mapping[str, str | int]
    routing_keys: tuple[str, ...] = ()


def dead_queue(queue: str) -> str:
    """Where the messages of a queue go that nobody could handle."""
    return f"{queue}.dead"


def retry_exchange(service: str, delay: str) -> str:
    """The fanout exchange (and queue) in which a service's messages wait; the routing key is the queue they return to."""
    return f"{service}.retry.{delay}"


def _quorum(**more: str | int) -> dict[str, str | int]:
    return {"x-queue-type": "quorum", "x-max-length-bytes": MAX_LENGTH_BYTES, "x-overflow": "reject-publish", **more}


def work_queue(name: str, events: tuple[type[Event], ...]) -> QueueSpec:
    """The queue of a use case. Past the delivery limit the broker itself moves a message to the dead queue.

    Where all events are transient they do not pile up for a service that is away: what is a minute old is dropped.
    """
    keys = tuple(event.routing_key() for event in events)
    if all(event.transient for event in events):
        limits: dict[str, str | int] = {"x-message-ttl": TRANSIENT_TTL_MS, "x-delivery-limit": DELIVERY_LIMIT}
        return QueueSpec(name, _quorum(**limits), keys)
    arguments = _quorum(
        **{
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead_queue(name),
            "x-dead-letter-strategy": "at-least-once",
        }
    )
    return QueueSpec(name, arguments, keys)


def retry_queue(service: str, delay: str, milliseconds: int) -> QueueSpec:
    """Holds messages for a time, then gives each back to the queue named by its routing key."""
    arguments = _quorum(
        **{
            "x-message-ttl": milliseconds,
            "x-dead-letter-exchange": "",
            "x-dead-letter-strategy": "at-least-once",
        }
    )
    return QueueSpec(retry_exchange(service, delay), arguments)


def queues(listeners: Listeners = LISTENERS) -> list[QueueSpec]:
    """Every queue there is: work, dead, retry."""
    work = [work_queue(name, events) for name, events in listeners.items()]
    dead = [QueueSpec(dead_queue(name), _quorum(**{"x-delivery-limit": NEVER})) for name in listeners]
    services = sorted({name.split(".", 1)[0] for name in listeners})
    retry = [retry_queue(service, *delay) for service in services for delay in RETRY_DELAYS]
    return [*dead, *work, *retry]


async def declare(channel: AbstractChannel, listeners: Listeners = LISTENERS) -> None:
    """Declare everything. Idempotent; a queue that exists with other arguments raises the broker's error."""
    exchange = await channel.declare_exchange(EVENTS_EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
    for spec in queues(listeners):
        queue = await channel.declare_queue(spec.name, durable=True, arguments=dict(spec.arguments))
        for key in spec.routing_keys:
            await queue.bind(exchange, routing_key=key)
        if ".retry." in spec.name:
            fanout = await channel.declare_exchange(spec.name, aio_pika.ExchangeType.FANOUT, durable=True)
            await queue.bind(fanout)
