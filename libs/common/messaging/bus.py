"""Publishing: one connection of its own (consumers must not suffer when the broker throttles publishers), with confirms."""

import asyncio
from collections.abc import Mapping

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractRobustConnection, HeadersType
from aiormq.abc import FieldTable

from libs.common.errors import Transient
from libs.common.logs import get_logger
from libs.common.messaging import topology
from libs.common.sealing import Sealed

log = get_logger()

PUBLISH_TIMEOUT_S = 10
_LOST = (TimeoutError, aiormq.AMQPError, aio_pika.exceptions.AMQPError, OSError, RuntimeError)
"""What a publish raises when channel or connection break under it (the RuntimeError is of a channel that is closed)."""


class Unroutable(Transient):
    """No queue is bound for the message. An error, although the broker confirms it."""

    code = "unroutable"


class BrokerUnavailable(Transient):
    """The broker did not confirm in time, or refused."""

    code = "broker_unavailable"


class Bus:
    """Publishes persistent, mandatory, confirmed messages; and transient ones that may be lost."""

    def __init__(self, url: str, *, service: str) -> None:
        self._url = url
        self._service = service
        self._connection: AbstractRobustConnection | None = None
        self._channel: AbstractChannel | None = None
        self._events: AbstractExchange | None = None
        self._exchanges: dict[str, AbstractExchange] = {}

    async def connect(self) -> None:
        """Connect and declare the topology."""
        properties: FieldTable = {"connection_name": f"{self._service}-publish"}
        # Kept before it is open, so that close() ends it however far it came.
        self._connection = aio_pika.RobustConnection(
            aio_pika.connection.make_url(self._url), client_properties=properties, reconnect_interval=1
        )
        await self._connection.connect()
        await self._declare_topology()
        self._connection.reconnect_callbacks.add(self._declare_topology)
        self._channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        self._events = await self._channel.get_exchange(topology.EVENTS_EXCHANGE, ensure=False)

    async def _declare_topology(self, *_: object) -> None:
        """At connect, and again at each reconnect: the broker may have come back without its memory."""
        assert self._connection is not None, "connect() first"
        setup = await self._connection.channel()
        try:
            await topology.declare(setup)
        finally:
            await setup.close()

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    @property
    def is_connected(self) -> bool:
        return self._connection is not None and self._connection.connected.is_set()

    async def publish_event(self, routing_key: str, body: bytes, *, message_id: str) -> None:
        """Publish to the events exchange and wait for the confirm. Raises Unroutable, BrokerUnavailable."""
        assert self._events is not None, "connect() first"
        await self._publish(self._events, routing_key, body, message_id=message_id, headers={})

    async def publish_to_queue(
        self, queue: str, body: bytes, *, message_id: str | None, headers: Mapping[str, object]
    ) -> None:
        """Publish straight into one queue, with confirm. For dispatch, dead letters and replay."""
        assert self._channel is not None, "connect() first"
        await self._publish(self._channel.default_exchange, queue, body, message_id=message_id, headers=headers)

    async def publish_to_retry(
        self, queue: str, body: bytes, *, delay: str, message_id: str | None, headers: Mapping[str, object]
    ) -> None:
        """Let a message wait in its service's retry queue of this delay; it comes back to `queue`."""
        name = topology.retry_exchange(queue.split(".", 1)[0], delay)
        await self._publish(await self._fanout(name), queue, body, message_id=message_id, headers=headers)

    async def publish_transient(self, event: Sealed) -> None:
        """Publish an event that may be lost: unpersisted, to whoever listens now."""
        if self._events is None or not self.is_connected:
            return
        message = aio_pika.Message(event.body, message_id=str(event.id), content_type="application/json")
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                await self._events.publish(message, routing_key=event.routing_key, mandatory=False)
        except _LOST as error:
            log.info("transient_event.lost", routing_key=event.routing_key, error=str(error))

    async def depth(self, queue: str) -> int:
        """Messages ready in a queue (those in the hands of a consumer are not counted)."""
        assert self._connection is not None, "connect() first"
        channel = await self._connection.channel()
        try:
            found = await channel.declare_queue(queue, passive=True)
            return found.declaration_result.message_count or 0
        finally:
            await channel.close()

    async def _fanout(self, name: str) -> AbstractExchange:
        assert self._channel is not None, "connect() first"
        if name not in self._exchanges:
            self._exchanges[name] = await self._channel.get_exchange(name, ensure=False)
        return self._exchanges[name]

    async def _publish(
        self,
        exchange: AbstractExchange,
        key: str,
        body: bytes,
        *,
        message_id: str | None,
        headers: Mapping[str, object],
    ) -> None:
        message = aio_pika.Message(
            body,
            message_id=message_id,
            content_type="application/json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            headers=_wire_headers(headers),
        )
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                await exchange.publish(message, routing_key=key, mandatory=True)
        except aio_pika.exceptions.DeliveryError as error:
            msg = f"no queue takes {key!r}, or its queue refused the message"
            raise Unroutable(msg) from error
        except _LOST as error:
            msg = f"the broker did not confirm {key!r}: {error or type(error).__name__}"
            raise BrokerUnavailable(msg) from error
        except asyncio.CancelledError as error:
            # The client cancels whoever waits on a connection that breaks; that is not our own cancellation.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            msg = f"the connection broke before {key!r} was confirmed"
            raise BrokerUnavailable(msg) from error


def _wire_headers(headers: Mapping[str, object]) -> HeadersType:
    return {name: value if isinstance(value, int) else str(value) for name, value in headers.items()}
