"""Consuming: what happens between a delivery and its ack. The one place where errors become ack decisions.

A handler that fails permanently sends its message to the dead queue, any other failure to a retry queue with the attempt
counted in our own header. The copy is confirmed before the original is acked, so a crash in between repeats and never loses.
"""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from faststream.rabbit.message import RabbitMessage
from pydantic import ValidationError

from libs.common import inbox, metrics
from libs.common.contracts.catalogue import BY_ROUTING_KEY, LISTENERS
from libs.common.contracts.envelope import Envelope, Event
from libs.common.db import is_database_outage
from libs.common.errors import Busy, Outage, Permanent
from libs.common.logs import get_logger
from libs.common.messaging.bus import BrokerUnavailable, Bus
from libs.common.messaging.delivery import (
    ATTEMPTS_HEADER,
    CAUSE_HEADER,
    FIRST_ERROR_HEADER,
    LAST_ERROR_HEADER,
    Hands,
    attempts_of,
    hand_over_whole,
    handling,
    message_key,
    own_headers,
    settle,
)
from libs.common.messaging.lane import Lane, Letter, Recall, Together
from libs.common.messaging.topology import RETRY_DELAYS, dead_queue
from libs.common.outbox import MAX_MESSAGE_BYTES
from libs.common.uow import Message, UnitOfWork, UnitOfWorkFactory

log = get_logger()

_ERROR_CHARS = 2000
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})

Handler = Callable[..., Awaitable[None]]
OnDead = Callable[[Event, Message, UnitOfWork, str], Awaitable[None]]


@dataclass(frozen=True)
class Subscription:
    """One use case on its queue.

    `calls_out=False`: `handler(event, uow=…, message=…)` runs in one transaction with its inbox row.
    `calls_out=True`: `handler(event, message=…)` opens its own units of work and writes the inbox row in the record one.
    `together` opens one transaction for all messages that have arrived, as far as they can be decided (lane.py); those
    that cannot are handled alone by `handler`. Not for what calls out. `recall` spares it the looking where it can.
    What speaks of a deleted workspace is dropped, but for what `of_the_deleted` takes as well: deletions, and what is owed after
    them. `prefetch` is the number of messages handled at once. `on_dead` runs in the transaction that files a dead letter.
    """

    queue: str
    handler: Handler
    calls_out: bool = False
    together: Together | None = None
    recall: Recall | None = None
    of_the_deleted: bool = False
    prefetch: int = 8
    max_attempts: int = 5
    timeout_s: float = 60
    on_dead: OnDead | None = None
    ack_policy: AckPolicy = field(default=AckPolicy.MANUAL, init=False)

    @property
    def events(self) -> tuple[type[Event], ...]:
        """What the catalogue binds to this queue. Raises KeyError for a queue that it does not know."""
        return LISTENERS[self.queue]


@dataclass(frozen=True)
class _Verdict:
    outcome: str
    cause: str = ""
    error: str = ""


class Malformed(Permanent):
    """The message cannot be read."""

    code = "malformed"


class Consumer:
    """Runs one subscription: parse, inbox, handler, commit, ack."""

    def __init__(
        self, subscription: Subscription, *, open_uow: UnitOfWorkFactory, bus: Bus, hands: Hands | None = None
    ) -> None:
        self.subscription = subscription
        self._open_uow = open_uow
        self._bus = bus
        self._hands = hands or Hands()
        self._seconds = metrics.BUS_SECONDS.labels(subscription.queue)
        self._lane = (
            Lane(
                subscription.together,
                most=max(1, subscription.prefetch // 2),
                open_uow=open_uow,
                hands=self._hands,
                recall=subscription.recall,
            )
            if subscription.together
            else None
        )

    def attach(self, broker: RabbitBroker) -> None:
        """Register with FastStream. The queue exists already (topology); acks are ours."""
        if not self.subscription.events:
            msg = f"nothing is bound to {self.subscription.queue}"
            raise ValueError(msg)
        subscriber = broker.subscriber(
            RabbitQueue(self.subscription.queue, declare=False),
            ack_policy=self.subscription.ack_policy,
            channel=Channel(prefetch_count=self.subscription.prefetch),
            decoder=hand_over_whole,
            no_reply=True,
            title=self.subscription.queue,
            description=self.subscription.handler.__doc__,
        )
        subscriber(self.on_message)

    async def on_message(self, raw: RabbitMessage) -> None:
        """Handle one delivery to its ack."""
        queue = self.subscription.queue
        with self._hands.holding():
            with self._seconds.time():
                verdict = await self._decide(raw.body)
            metrics.BUS_MESSAGES.labels(queue, verdict.outcome).inc()
            await settle(raw, lambda: self._pass_on(raw, verdict))

    async def _decide(self, body: bytes) -> _Verdict:
        try:
            event, message = self._read(body)
            async with asyncio.timeout(self.subscription.timeout_s):
                outcome = await self._run(event, message)
        except Busy as error:
            return _Verdict("busy", error=str(error))
        except Permanent as error:
            log.warning("message.dead", queue=self.subscription.queue, code=error.code, error=str(error))
            return _Verdict("dead", cause=error.code, error=str(error))
        except Exception as error:
            if is_outage(error):
                log.warning("message.put_off", queue=self.subscription.queue, error=f"{type(error).__name__}: {error}")
                return _Verdict("busy", error=str(error))
            log.warning("message.failed", queue=self.subscription.queue, error=str(error), exc_info=True)
            return _Verdict(
                "retried", cause=getattr(error, "code", type(error).__name__), error=f"{type(error).__name__}: {error}"
            )
        return _Verdict(outcome)

    def _read(self, body: bytes) -> tuple[Event, Message]:
        if len(body) > MAX_MESSAGE_BYTES:
            msg = f"the message has {len(body)} bytes, the limit is {MAX_MESSAGE_BYTES}"
            raise Malformed(msg, code="too_large")
        try:
            envelope = Envelope.model_validate_json(body)
            event_class = BY_ROUTING_KEY.get(envelope.routing_key())
            if event_class is None or event_class not in self.subscription.events:
                msg = f"{envelope.routing_key()} is not for {self.subscription.queue}"
                raise Malformed(msg, code="unexpected_type")
            event = event_class.model_validate(envelope.data)
        except ValidationError as error:
            raise Malformed(_what_is_wrong(error)) from error
        return event, Message(consumer=self.subscription.queue, envelope=envelope)

    async def _run(self, event: Event, message: Message) -> str:
        if not self.subscription.of_the_deleted and await self._open_uow.deleted.has(message.envelope.tenant_id):
            return "skipped"
        if self._lane is not None and await self._done_together(self._lane, Letter(event, message)):
            return "done"
        with handling(message):
            if self.subscription.calls_out:
                return await self._run_calling(event, message)
            async with self._open_uow() as uow:
                # A transient event is said again and again: remembering each would only fill the inbox.
                if not event.transient and not await uow.record_inbox(message):
                    return "skipped"
                await self.subscription.handler(event, uow=uow, message=message)
            return "done"

    @staticmethod
    async def _done_together(lane: Lane, letter: Letter[Event]) -> bool:
        """Whether it was handled with others. One that spoils their transaction is alone in the next, and so are they."""
        try:
            return await lane.take(letter)
        except Exception as error:
            if is_outage(error):
                raise
            return False

    async def _run_calling(self, event: Event, message: Message) -> str:
        # A transient event leaves nothing behind by which it would be known.
        if not event.transient and await self._knows(message):
            return "skipped"
        await self.subscription.handler(event, message=message)
        return "done"

    async def _knows(self, message: Message) -> bool:
        table = self._open_uow.tables.inbox
        async with self._open_uow.alone() as conn:
            return await inbox.has(conn, table, consumer=message.consumer, message_id=message.envelope.id)

    async def _pass_on(self, raw: RabbitMessage, verdict: _Verdict) -> None:
        if verdict.outcome in {"done", "skipped"}:
            return
        headers = own_headers(raw)
        attempts = attempts_of(headers) + (verdict.outcome == "retried")
        if verdict.outcome != "busy":
            headers |= {
                ATTEMPTS_HEADER: attempts,
                FIRST_ERROR_HEADER: headers.get(FIRST_ERROR_HEADER, verdict.error[:_ERROR_CHARS]),
                LAST_ERROR_HEADER: verdict.error[:_ERROR_CHARS],
                CAUSE_HEADER: verdict.cause,
            }
        queue, message_id = self.subscription.queue, message_key(raw)
        if verdict.outcome == "dead" or attempts >= self.subscription.max_attempts:
            await self._bus.publish_to_queue(dead_queue(queue), raw.body, message_id=message_id, headers=headers)
            return
        delay = RETRY_DELAYS[min(max(attempts, 1), len(RETRY_DELAYS)) - 1][0]
        await self._bus.publish_to_retry(queue, raw.body, delay=delay, message_id=message_id, headers=headers)


def _what_is_wrong(error: ValidationError) -> str:
    """Where and what, without the values: they are a tenant's."""
    found = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'message'}: {e['msg']}" for e in found[:10])


def is_outage(error: BaseException) -> bool:
    """Whether the database, the broker, the object storage or room on the disk is away: then nobody's attempt has failed."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return True
    return isinstance(error, BrokerUnavailable | Outage) or is_database_outage(error)
