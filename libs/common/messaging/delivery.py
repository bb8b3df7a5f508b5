"""What every consumer of a queue shares: our headers, what is in hand, and the last step of a delivery, its ack."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

import aio_pika.exceptions
import aiormq
from faststream.rabbit.message import RabbitMessage
from structlog.contextvars import bound_contextvars

from libs.common.logs import get_logger
from libs.common.tracing import within_trace
from libs.common.uow import Message, current_message

log = get_logger()

OWN_HEADERS = "x-corofy-"
ATTEMPTS_HEADER = "x-corofy-attempts"
CAUSE_HEADER = "x-corofy-cause"
FIRST_ERROR_HEADER = "x-corofy-first-error"
LAST_ERROR_HEADER = "x-corofy-last-error"
_LONGEST_PAUSE_S = 30


def attempts_of(headers: Mapping[str, Any]) -> int:
    """How often a handler has failed on this message."""
    value = headers.get(ATTEMPTS_HEADER, 0)
    return value if isinstance(value, int) else 0


class Hands:
    """The messages that are being handled. Whoever stops waits for them; past the grace they are let go."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    @contextmanager
    def holding(self) -> Generator[None]:
        """Around the handling of one message."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    def let_go(self) -> int:
        """Cancel what is still being handled: its transaction is rolled back, its message redelivered. Answers how many."""
        for task in self._tasks:
            task.cancel()
        return len(self._tasks)


@contextmanager
def handling(message: Message) -> Generator[None]:
    """What is logged and published meanwhile names the message as its cause."""
    envelope = message.envelope
    correlation = str(envelope.correlation_id) if envelope.correlation_id else None
    with (
        because_of(message),
        bound_contextvars(queue=message.consumer, message_id=str(envelope.id), correlation_id=correlation),
    ):
        yield


@contextmanager
def because_of(message: Message) -> Generator[None]:
    """What is published meanwhile names the message as its cause."""
    token = current_message.set(message)
    try:
        with within_trace(message.envelope.traceparent):
            yield
    finally:
        current_message.reset(token)


def message_key(raw: RabbitMessage) -> str:
    """The message's id; its content's where it has none, so that its copies are still the same message."""
    return raw.raw_message.message_id or hashlib.sha256(raw.body).hexdigest()


def own_headers(raw: RabbitMessage) -> dict[str, Any]:
    """Ours only: the broker's own (`x-death`, …) are not for us to send, and would grow with every copy."""
    return {name: value for name, value in raw.headers.items() if name.startswith(OWN_HEADERS)}


async def hand_over_whole(message: RabbitMessage) -> RabbitMessage:
    """A decoder that decodes nothing: the consumer reads the bytes itself, once, and needs the message to ack it."""
    return message


async def settle(raw: RabbitMessage, pass_on: Callable[[], Awaitable[None]]) -> None:
    """Pass the message on where it must go, then ack. When that fails, give it back; a lost connection gives it back itself."""
    try:
        await pass_on()
    except Exception as error:
        deliveries = deliveries_of(raw)
        log.warning("message.kept", error=f"{type(error).__name__}: {error}", deliveries=deliveries)
        await asyncio.sleep(min(2 ** min(deliveries, 10), _LONGEST_PAUSE_S))
        await _quietly(raw.nack(requeue=True))
        return
    await _quietly(raw.ack())


def deliveries_of(raw: RabbitMessage) -> int:
    """How often the broker has delivered the message before, whatever the reason."""
    count = raw.headers.get("x-delivery-count", 0)
    return count if isinstance(count, int) else 0


async def _quietly(acknowledge: Awaitable[None]) -> None:
    try:
        await acknowledge
    except (aiormq.AMQPError, aio_pika.exceptions.AMQPError, ConnectionError, RuntimeError) as error:
        log.info("ack.lost", error=str(error) or type(error).__name__)
