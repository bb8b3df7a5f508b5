"""Deliveries to a queue of billing's without a broker: all arrive at once, and each knows what became of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import UUID

from faststream.rabbit.message import RabbitMessage

from libs.common.contracts.envelope import Event
from libs.common.ids import new_id
from libs.common.messaging.bus import Bus
from libs.common.messaging.consumer import Consumer
from libs.common.messaging.lane import Letter
from libs.common.outbox import encode
from libs.common.uow import Message, UnitOfWork, UnitOfWorkFactory
from services.billing import handlers, sourcing_handlers
from tests.integration.billing.steps import message_of


@dataclass(eq=False)
class Delivery:
    """A message as a consumer gets it. `outcome` is where it went: acked, or passed on to `retry` or `dead` before."""

    body: bytes
    outcome: str = "unacked"
    headers: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def raw_message(self) -> "Delivery":
        return self

    @property
    def message_id(self) -> str:
        return str(id(self))

    async def ack(self) -> None:
        self.outcome = "acked" if self.outcome == "unacked" else self.outcome

    async def nack(self, *, requeue: bool) -> None:
        self.outcome = f"requeue={requeue}"


class PassingOn:
    """Notes what is passed on, by the message's id."""

    def __init__(self) -> None:
        self.went: dict[str, str] = {}

    async def publish_to_queue(self, queue: str, body: bytes, *, message_id: str, headers: dict[str, Any]) -> None:
        del queue, body
        self.went[message_id] = f"dead: {headers['x-corofy-cause']}"

    async def publish_to_retry(
        self, queue: str, body: bytes, *, delay: str, message_id: str, headers: dict[str, Any]
    ) -> None:
        del queue, body, delay
        self.went[message_id] = f"retry: {headers.get('x-corofy-cause', 'busy')}"


class Replica:
    """One replica's consumer of a queue. `batches` says how many messages each of its common transactions had, `alone` how
    many messages were handled each in its own."""

    def __init__(
        self,
        queue: str,
        open_uow: UnitOfWorkFactory,
        *,
        fails_at_end: Exception | None = None,
        prefetch: int | None = None,
    ) -> None:
        subscription = next(
            one for one in [*handlers.subscriptions(), *sourcing_handlers.subscriptions()] if one.queue == queue
        )
        together, self.batches, self.alone, self._bus = subscription.together, list[int](), 0, PassingOn()
        assert together is not None, f"{queue} handles each message alone"

        def counting(letters: Sequence[Letter[Any]], uow: UnitOfWork) -> Any:
            self.batches.append(len(letters))
            if fails_at_end is not None:
                uow.flush = _failing(fails_at_end)  # type: ignore[method-assign] # the last thing before the commit
            return together(letters, uow)

        async def handling(event: Event, *, uow: UnitOfWork, message: Message) -> None:
            self.alone += 1
            await subscription.handler(event, uow=uow, message=message)

        spied = replace(subscription, together=counting, handler=handling, prefetch=prefetch or subscription.prefetch)
        self._consumer = Consumer(spied, open_uow=open_uow, bus=cast("Bus", self._bus))
        self._deleted = open_uow.deleted

    async def hear(self, *deliveries: Delivery) -> list[str]:
        """Have all of them arrive at once; answers what became of each."""
        # Once in a second the first that arrives looks for deleted workspaces, and the others come in one by one after it.
        await self._deleted.has(new_id())
        await asyncio.gather(*(self._consumer.on_message(cast("RabbitMessage", one)) for one in deliveries))
        return [self._bus.went.get(one.message_id, one.outcome) for one in deliveries]


def delivery(event: Event, workspace_id: UUID | None, *, id_: UUID | None = None) -> Delivery:
    """A message that carries an event; without a workspace it names no tenant."""
    envelope = message_of(event, workspace_id or UUID(int=0), id_=id_).envelope
    return Delivery(encode(envelope if workspace_id else envelope.model_copy(update={"tenant_id": None})))


def _failing(error: Exception) -> Any:
    async def fail() -> None:
        raise error

    return fail
