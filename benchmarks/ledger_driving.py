"""Messages for billing's consumers, so many in flight at once, and how long each took from its arrival to its ack."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from faststream.rabbit.message import RabbitMessage

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Event
from libs.common.ids import new_id
from libs.common.messaging.bus import Bus
from libs.common.messaging.consumer import Consumer
from libs.common.sealing import seal
from libs.common.uow import UnitOfWorkFactory
from services.billing import handlers

IN_FLIGHT = 16


@dataclass
class _Delivery:
    """What a consumer asks of a message that the broker has handed over."""

    body: bytes
    headers: dict[str, Any] = field(default_factory=dict[str, Any])
    acked: bool = False

    @property
    def raw_message(self) -> _Delivery:
        return self

    message_id = None

    async def ack(self) -> None:
        self.acked = True

    async def nack(self, *, requeue: bool) -> None:
        raise AssertionError(requeue)


class _NoBus:
    """Every message is handled at the first attempt, so that none is passed on."""

    async def publish_to_queue(self, queue: str, body: bytes, **_: object) -> None:
        raise AssertionError(f"{queue}: a message died: {body[:500]!r}")

    async def publish_to_retry(self, queue: str, body: bytes, **_: object) -> None:
        raise AssertionError(f"{queue}: a message is to be tried again: {body[:500]!r}")


@dataclass(frozen=True)
class Driven:
    """How fast messages were handled. `p99_ms` is of the time from the arrival of one to its ack."""

    per_s: float
    p99_ms: float


def consumer_of(queue: str, open_uow: UnitOfWorkFactory) -> Consumer:
    """The queue's own subscription, without a broker."""
    subscription = next(one for one in handlers.subscriptions() if one.queue == queue)
    return Consumer(subscription, open_uow=open_uow, bus=cast("Bus", _NoBus()))


def body_of(event: Event, workspace_id: UUID) -> bytes:
    """The bytes of an event as its outbox would have them."""
    return seal(event, id_=new_id(), occurred_at=utc_now(), tenant_id=workspace_id).body


async def drive(consumer: Consumer, bodies: Sequence[bytes], *, in_flight: int = IN_FLIGHT) -> Driven:
    """Have all handled, so many at a time: as one is acked the next arrives. Raises when one is not acked."""
    waiting, took = iter(bodies), list[float]()

    async def one_after_another() -> None:
        for body in waiting:
            delivery, began = _Delivery(body), time.perf_counter()
            await consumer.on_message(cast("RabbitMessage", delivery))
            took.append(time.perf_counter() - began)
            assert delivery.acked

    began = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(in_flight)))
    seconds = time.perf_counter() - began
    return Driven(len(bodies) / seconds, sorted(took)[int(len(took) * 0.99)] * 1000)
