"""The undertaker: moves a use case's dead messages from the broker into the table, and lets the use case speak of each."""

from datetime import datetime

from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from faststream.rabbit.message import RabbitMessage
from pydantic import ValidationError
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from libs.common import metrics
from libs.common.contracts.catalogue import BY_ROUTING_KEY
from libs.common.contracts.envelope import Envelope, Event
from libs.common.ids import new_id
from libs.common.logs import get_logger
from libs.common.messaging.consumer import Subscription, is_outage
from libs.common.messaging.delivery import (
    CAUSE_HEADER,
    FIRST_ERROR_HEADER,
    LAST_ERROR_HEADER,
    Hands,
    attempts_of,
    deliveries_of,
    hand_over_whole,
    handling,
    message_key,
    own_headers,
    settle,
)
from libs.common.messaging.topology import dead_queue
from libs.common.uow import Message, UnitOfWorkFactory

log = get_logger()

TRIES_OF_ON_DEAD = 4
"""After so many failures of `on_dead` a letter is filed without it: one broken use case must not hide the others' letters."""


class Undertaker:
    """Files the dead queue of one subscription; its `on_dead` speaks in the same transaction (a failed chunk is an answer)."""

    def __init__(self, subscription: Subscription, *, open_uow: UnitOfWorkFactory, hands: Hands | None = None) -> None:
        self._subscription = subscription
        self._open_uow = open_uow
        self._hands = hands or Hands()
        # Counts from zero: a series that begins at one has not increased, and the first letter would alarm nobody.
        metrics.DEAD_LETTERS.labels(subscription.queue)

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
        with self._hands.holding():
            await settle(raw, lambda: self._file(raw))

    async def _file(self, raw: RabbitMessage) -> None:
        envelope = _try_read(raw.body)
        letter = _letter(raw, envelope, queue=self._subscription.queue)
        spoken = _event_of(envelope) if envelope and self._subscription.on_dead else None
        if envelope is None or spoken is None:
            await self._write(letter)
        else:
            await self._write_and_speak(letter, envelope, spoken, deliveries=deliveries_of(raw))
        metrics.DEAD_LETTERS.labels(self._subscription.queue).inc()

    async def _write_and_speak(
        self, letter: dict[str, object], envelope: Envelope, event: Event, *, deliveries: int
    ) -> None:
        try:
            await self._write(letter, about=Message(self._subscription.queue, envelope), event=event)
        except Exception as error:
            if is_outage(error) or deliveries + 1 < TRIES_OF_ON_DEAD:
                raise
            log.exception("dead_letter.not_spoken_of", queue=self._subscription.queue, message_id=str(envelope.id))
            what = f"{letter['last_error']}; and what should follow from it failed: {type(error).__name__}: {error}"
            await self._write({**letter, "last_error": _clean(what)})

    async def _write(
        self, letter: dict[str, object], *, about: Message | None = None, event: Event | None = None
    ) -> None:
        """One transaction. A message that died before opens its row again."""
        table = self._open_uow.tables.dead_letters
        again = {name: value for name, value in letter.items() if name not in {"queue", "message_key", "first_error"}}
        async with self._open_uow() as uow:
            await uow.conn.execute(
                insert(table)
                .values(id=new_id(), **letter)
                .on_conflict_do_update(
                    index_elements=["queue", "message_key"],
                    set_={**again, "died_at": func.clock_timestamp(), "resolution": None, "resolved_at": None},
                )
            )
            if about is not None and event is not None and self._subscription.on_dead is not None:
                with handling(about):
                    await self._subscription.on_dead(event, about, uow, str(letter["last_error"]))


def _letter(raw: RabbitMessage, envelope: Envelope | None, *, queue: str) -> dict[str, object]:
    headers = own_headers(raw)
    last_error = _clean(headers.get(LAST_ERROR_HEADER, "the broker gave up after its delivery limit"))
    return {
        "queue": queue,
        "message_key": _clean(message_key(raw)),
        "type": _clean(envelope.type) if envelope else None,
        "tenant_id": envelope.tenant_id if envelope else None,
        "correlation_id": envelope.correlation_id if envelope else None,
        "body": raw.body,
        "headers": {_clean(name): _clean(value) for name, value in raw.headers.items()},
        "cause": _clean(headers.get(CAUSE_HEADER, "delivery_limit")),
        "attempts": attempts_of(headers),
        "first_error": _clean(headers.get(FIRST_ERROR_HEADER, last_error)),
        "last_error": last_error,
        "occurred_at": _instant_of(envelope),
    }


def _instant_of(envelope: Envelope | None) -> datetime | None:
    """Where the envelope's time has no zone, it is no instant."""
    return envelope.occurred_at if envelope and envelope.occurred_at.tzinfo else None


def _event_of(envelope: Envelope) -> Event | None:
    event_class = BY_ROUTING_KEY.get(envelope.routing_key())
    if event_class is None:
        return None
    try:
        return event_class.model_validate(envelope.data)
    except ValidationError:
        return None


def _try_read(body: bytes) -> Envelope | None:
    try:
        return Envelope.model_validate_json(body)
    except ValidationError:
        return None


def _clean(value: object) -> str:
    """Text that Postgres takes: it refuses NUL, and lone surrogates cannot be encoded."""
    return str(value).replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
