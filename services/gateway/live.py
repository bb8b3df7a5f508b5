"""Live events to browsers: this replica's own transient queue, fanned out to the open streams of each workspace."""

import asyncio
import contextlib
from collections.abc import Callable, Generator, Sequence
from uuid import UUID

import aio_pika
import orjson
from aio_pika.abc import AbstractIncomingMessage
from prometheus_client import Gauge

from libs.common.contracts.catalogue import LIVE
from libs.common.contracts.envelope import Envelope
from libs.common.contracts.gateway import AccessEnded
from libs.common.ids import new_id
from libs.common.logs import get_logger
from libs.common.messaging.topology import EVENTS_EXCHANGE

log = get_logger()

STREAM_BUFFER = 1000
LOOK_S = 1
_RECONNECT_S = 1
OPEN_STREAMS = Gauge("gateway_live_streams", "Browsers that listen to live events.")


class Stream:
    """What one browser has not been sent yet. `lost` is set when something may be missing (it reads too slowly, or our
    queue was gone): the browser must reconnect and catch up. `user_id` and `key_id` say who reads."""

    def __init__(self, user_id: UUID, key_id: UUID | None = None) -> None:
        self.user_id = user_id
        self.key_id = key_id
        self.queue: asyncio.Queue[Envelope] = asyncio.Queue(STREAM_BUFFER)
        self.lost = False
        self._waiting: tuple[asyncio.Future[None], Callable[[], bool]] | None = None

    def offer(self, envelope: Envelope) -> None:
        if self.lost:
            return
        try:
            self.queue.put_nowait(envelope)
        except asyncio.QueueFull:
            self.lost = True
        self._wake()

    def lose(self) -> None:
        """What comes is not sent any more."""
        self.lost = True
        self._wake()

    async def next(self, is_due: Callable[[], bool]) -> Envelope | None:
        """What is to be sent next. None when the stream is lost, or when something else `is_due`, which is looked at every
        LOOK_S."""
        if self.queue.empty() and not self.lost:
            self._waiting = asyncio.get_running_loop().create_future(), is_due
            try:
                await self._waiting[0]
            finally:
                self._waiting = None
        return None if self.queue.empty() else self.queue.get_nowait()

    def look(self) -> None:
        """Wake whoever waits, if something is due."""
        if self._waiting is not None and self._waiting[1]():
            self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting[0].done():
            self._waiting[0].set_result(None)


class LiveHub:
    """The open streams by workspace."""

    def __init__(self) -> None:
        self._streams: dict[UUID, set[Stream]] = {}

    @contextlib.contextmanager
    def open_stream(self, workspace_id: UUID, *, user_id: UUID, key_id: UUID | None = None) -> Generator[Stream]:
        """A stream that is fed until the block ends."""
        stream = Stream(user_id, key_id)
        self._streams.setdefault(workspace_id, set()).add(stream)
        OPEN_STREAMS.inc()
        try:
            yield stream
        finally:
            OPEN_STREAMS.dec()
            self._streams[workspace_id].discard(stream)
            if not self._streams[workspace_id]:
                del self._streams[workspace_id]

    def is_heard(self, workspace_id: str | None) -> bool:
        """Whether anybody listens to a workspace (None: to any)."""
        return bool(self._streams) if workspace_id is None else UUID(workspace_id) in self._streams

    def push(self, envelope: Envelope) -> None:
        """Hand an event to the streams of its workspace; an event without one goes to everybody. Whose access it ends is told
        nothing more: their streams end."""
        if envelope.tenant_id is None:
            targets = [stream for streams in self._streams.values() for stream in streams]
        else:
            targets = list(self._streams.get(envelope.tenant_id, ()))
        if envelope.type == AccessEnded.type:
            self._end(AccessEnded.model_validate(envelope.data), targets)
        for stream in targets:
            stream.offer(envelope)

    @staticmethod
    def _end(ended: AccessEnded, streams: Sequence[Stream]) -> None:
        for stream in streams:
            if stream.user_id == ended.user_id and ended.key_id in {None, stream.key_id}:
                stream.lose()

    def lose_all(self) -> None:
        """Something may be missing from every stream: end them, so that the browsers catch up from the history."""
        for streams in self._streams.values():
            for stream in streams:
                stream.lose()

    async def run(self) -> None:
        """Look after all streams until cancelled: one timer for thousands of them, on most of which nothing is said."""
        while True:
            await asyncio.sleep(LOOK_S)
            for stream in [one for streams in self._streams.values() for one in streams]:
                stream.look()


class LiveFeed:
    """Consumes a transient, exclusive queue of this replica: the one queue that is no quorum queue."""

    def __init__(self, *, rabbitmq_url: str, hub: LiveHub) -> None:
        self._url = rabbitmq_url
        self._hub = hub
        self._has_listened = False

    async def ready(self) -> str | None:
        """Why no browser should come yet: a stream opened before there is a queue would be ended as soon as there is one."""
        return None if self._has_listened else "live events are not listened for yet"

    async def run(self) -> None:
        """Work until cancelled. The connection mends itself, with a queue that has not seen what was said meanwhile."""
        async with contextlib.AsyncExitStack() as stack:
            url = aio_pika.connection.make_url(self._url, reconnect_interval=_RECONNECT_S)
            connection = aio_pika.RobustConnection(url)
            stack.push_async_callback(connection.close)
            await connection.connect()
            channel = await connection.channel()
            exchange = await channel.get_exchange(EVENTS_EXCHANGE, ensure=False)
            queue = await channel.declare_queue(
                f"gateway.live.{new_id()}",
                durable=False,
                exclusive=True,
                auto_delete=True,
                arguments={"x-max-length": 10_000},
            )
            for event in LIVE:
                await queue.bind(exchange, routing_key=event.routing_key())
            await queue.consume(self._on_message, no_ack=True)
            connection.reconnect_callbacks.add(self._on_new_queue)
            self._on_new_queue()
            await asyncio.Event().wait()

    def _on_new_queue(self, *_: object) -> None:
        self._has_listened = True
        self._hub.lose_all()

    async def _on_message(self, message: AbstractIncomingMessage) -> None:
        try:
            # Most of what is said is for workspaces at which nobody looks: reading all of it would be most of the work.
            if self._hub.is_heard(orjson.loads(message.body)["tenant_id"]):
                self._hub.push(Envelope.model_validate_json(message.body))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            log.warning("live_event.malformed", error=str(error))
