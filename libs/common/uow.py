"""The unit of work: one transaction that changes rows and announces what happened."""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.common import inbox, many, outbox
from libs.common.clock import utc_now
from libs.common.contracts.envelope import Envelope, Event, Written
from libs.common.db import connected, outages_named
from libs.common.errors import Conflict
from libs.common.ids import new_id
from libs.common.logs import get_logger
from libs.common.many import Given
from libs.common.sealing import Sealed, seal
from libs.common.tables import CommonTables
from libs.common.tombstones import Deleted
from libs.common.tracing import current_traceparent

log = get_logger()


@dataclass(frozen=True)
class Message:
    """A message in hand: which consumer has it, and the envelope it came in."""

    consumer: str
    envelope: Envelope

    @property
    def tenant_id(self) -> UUID:
        """The workspace the message speaks of. Raises Conflict when it names none."""
        if self.envelope.tenant_id is None:
            msg = f"{self.envelope.type} {self.envelope.id} names no tenant"
            raise Conflict(msg, code="tenant_missing")
        return self.envelope.tenant_id


current_message: ContextVar[Message | None] = ContextVar("current_message", default=None)
"""The message that is being handled: what is published meanwhile names it as its cause."""

TransientSink = Callable[[Sealed], Awaitable[None]]


class Publisher(Protocol):
    """Publishes what this process has written, without reading it back. What it does not get to is the relays' when its
    lease ends."""

    def lease_s(self, events: Sequence[Sealed]) -> float:
        """For how long it would have these in hand; 0 when it cannot take them now."""
        ...

    def take(self, events: Sequence[Sealed]) -> None:
        """Publish them: they have been committed, under such a lease."""
        ...


class UnitOfWork:
    """`conn` for repositories, `publish` for what happened. The edge that opened it commits; use cases never do."""

    def __init__(
        self,
        conn: AsyncConnection,
        tables: CommonTables,
        *,
        publisher: Publisher | None = None,
        is_one_statement: bool = False,
    ) -> None:
        self.conn = conn
        self.in_hand: list[Sealed] = []
        """What has been written for `publisher` to publish after the commit."""
        self._tables = tables
        self._publisher = publisher
        self._in_order = is_one_statement
        self._events: list[Sealed] = []
        self._transients: list[Sealed] = []
        self._channels: set[str] = set()
        self._writings: list[Given] = []
        self._departures: list[Callable[[], None]] = []
        self._afterwards: list[Callable[[], None]] = []

    @property
    def repeated_requests(self) -> Table:
        """The service's table of requests by their idempotency keys (`libs.common.repeats`)."""
        table = self._tables.repeated_requests
        assert table is not None, "its `common_tables` are made without `repeated=True`"
        return table

    @property
    def deleted_workspaces(self) -> Table:
        """The service's table of tombstones (`libs.common.tombstones`)."""
        return self._tables.deleted_workspaces

    def publish(self, event: Event | Written, *, tenant_id: UUID | None, correlation_id: UUID | None = None) -> UUID:
        """Announce an event when (and only when) this transaction commits. Answers the id of its envelope."""
        cause = current_message.get()
        sealed = seal(
            event,
            id_=new_id(),
            occurred_at=utc_now(),
            tenant_id=tenant_id,
            correlation_id=correlation_id or (cause.envelope.correlation_id if cause else None),
            causation_id=cause.envelope.id if cause else None,
            traceparent=current_traceparent.get(),
        )
        transient = event.event.transient if isinstance(event, Written) else event.transient
        (self._transients if transient else self._events).append(sealed)
        return sealed.id

    def notify(self, channel: str) -> None:
        """Wake whoever listens on a channel, when this transaction commits."""
        self._channels.add(channel)

    def write_last(self, writings: Iterable[Given]) -> None:
        """Write rows in one trip with the outbox, when this transaction ends: what it reads until then does not show them."""
        self._writings += writings

    def when_sent(self, work: Callable[[], None]) -> None:
        """Do this when the one statement of a unit of work `at_once` is about to leave: whether it is committed is open. It may
        not fail."""
        self._departures.append(work)

    def sent(self) -> None:
        """What waited for the departure is done."""
        for work in self._departures:
            work()

    def when_committed(self, work: Callable[[], None]) -> None:
        """Do this when the transaction has been committed, and not otherwise. It may not fail."""
        self._afterwards.append(work)

    def committed(self) -> None:
        """What waited for the commit is done."""
        for work in self._afterwards:
            work()

    def record_inbox_last(self, messages: Sequence[Message]) -> None:
        """Write the inbox rows of several messages of one consumer with what is written last. All of it fails where one of
        them was recorded before."""
        ids = [message.envelope.id for message in messages]
        self.write_last([inbox.recording(self._tables.inbox, consumer=messages[0].consumer, message_ids=ids)])

    async def record_inbox(self, message: Message) -> bool:
        """For work that calls out: write the inbox row in this record transaction. False: somebody recorded meanwhile."""
        return await inbox.record(
            self.conn, self._tables.inbox, consumer=message.consumer, message_id=message.envelope.id
        )

    async def record_inbox_of_many(self, messages: Sequence[Message]) -> set[UUID]:
        """Write the inbox rows of several messages of one consumer; answers the ids of those that nobody had recorded."""
        if not messages:
            return set()
        ids = [message.envelope.id for message in messages]
        return await inbox.record_many(self.conn, self._tables.inbox, consumer=messages[0].consumer, message_ids=ids)

    async def forget_inbox(self, consumer: str, message_ids: Sequence[UUID]) -> None:
        """Take inbox rows of this transaction back: their messages are handled in another."""
        if message_ids:
            await inbox.forget(self.conn, self._tables.inbox, consumer=consumer, message_ids=message_ids)

    async def flush(self) -> list[Sealed]:
        """Write the outbox rows and notifications, and what is written last; answers the transient events, to be sent after
        the commit."""
        events, self._events, channels, self._channels = self._events, [], self._channels, set()
        writings, self._writings = self._writings, []
        if events or channels:
            lease_s = self._publisher.lease_s(events) if self._publisher else 0
            await outbox.write(
                self.conn,
                self._tables.outbox,
                events,
                wake=channels,
                lease_s=lease_s,
                also=writings,
                in_order=self._in_order,
            )
            self.in_hand += events if lease_s else ()
        else:
            await many.write(self.conn, writings, in_order=self._in_order)
        transients, self._transients = self._transients, []
        return transients


class OpenUow(Protocol):
    """What a use case takes that needs more than one transaction (claim, call, record), or that mostly finds nothing to do."""

    def __call__(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """One transaction."""
        ...

    def alone(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """For a statement that is a transaction by itself."""
        ...


class UnitOfWorkFactory:
    """Opens units of work on one service's database. Call it: `async with open_uow() as uow: …` commits at the end.

    Raises DatabaseUnavailable when Postgres is away, at any point. (Nothing calls out inside a transaction, so a lost
    connection in there is the database's.)
    """

    def __init__(self, engine: AsyncEngine, tables: CommonTables) -> None:
        self.engine = engine
        self.tables = tables
        self.transient_sink: TransientSink | None = None
        self.publisher: Publisher | None = None
        self._committing_each = engine.execution_options(isolation_level="AUTOCOMMIT")
        self.deleted = Deleted(tables.deleted_workspaces, self.alone)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncGenerator[UnitOfWork]:
        with outages_named():
            async with connected(self.engine) as conn, conn.begin():
                uow = UnitOfWork(conn, self.tables, publisher=self.publisher)
                yield uow
                transients = await uow.flush()
        await self._done(uow, transients)

    @contextlib.asynccontextmanager
    async def at_once(self) -> AsyncGenerator[UnitOfWork]:
        """A unit of work that is one statement: what is written last (in the order in which it is given) and what is
        published, all of it or nothing. What is read in it is read before, in no transaction with it."""
        with outages_named():
            async with connected(self._committing_each) as conn:
                uow = UnitOfWork(conn, self.tables, publisher=self.publisher, is_one_statement=True)
                yield uow
                uow.sent()
                transients = await uow.flush()
        await self._done(uow, transients)

    async def _done(self, uow: UnitOfWork, transients: Sequence[Sealed]) -> None:
        uow.committed()
        if self.publisher is not None and uow.in_hand:
            self.publisher.take(uow.in_hand)
        await self._send(transients)

    @contextlib.asynccontextmanager
    async def alone(self) -> AsyncGenerator[AsyncConnection]:
        """A connection on which each statement is committed by itself: one trip to the database where a unit of work makes
        three. It cannot publish. Raises DatabaseUnavailable as a unit of work does."""
        with outages_named():
            async with connected(self._committing_each) as conn:
                yield conn

    async def _send(self, transients: Sequence[Sealed]) -> None:
        """After the commit: what happened has happened, so that nothing may fail here any more."""
        if self.transient_sink is None:
            return
        for event in transients:
            try:
                await self.transient_sink(event)
            except Exception as error:
                log.info(
                    "transient_event.lost", routing_key=event.routing_key, error=str(error) or type(error).__name__
                )
