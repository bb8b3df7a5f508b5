"""A small service of the tests' own: it takes over ingest's queues, and what its handlers do is rows in a table."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import aio_pika
from faststream.rabbit import RabbitBroker
from sqlalchemy import Column, Integer, Table, Text, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.app import make_broker
from libs.common.clock import utc_now
from libs.common.contracts.billing import PricesChanged
from libs.common.contracts.envelope import Envelope, Event
from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.db import make_engine
from libs.common.ids import new_id
from libs.common.messaging.bus import Bus
from libs.common.messaging.consumer import Consumer, Subscription
from libs.common.messaging.delivery import Hands
from libs.common.messaging.relay import Relay
from libs.common.messaging.undertaker import Undertaker
from libs.common.outbox import encode
from libs.common.settings import CommonSettings
from libs.common.tables import common_tables, service_metadata
from libs.common.uow import Message, UnitOfWork, UnitOfWorkFactory
from tests.support.waiting import PATIENCE_S

SERVICE = "ingest"
WORK = "ingest.open_workspace"
OTHER = "ingest.update_prices"
TENANT = UUID(int=7)

METADATA = service_metadata(SERVICE)
TABLES = common_tables(METADATA)
EFFECTS = Table("effects", METADATA, Column("no", Integer, primary_key=True), Column("name", Text, nullable=False))


def created(name: str = "Acme") -> WorkspaceCreated:
    return WorkspaceCreated(workspace_id=TENANT, name=name, owner_user_id=UUID(int=8))


def prices(version: int = 1) -> PricesChanged:
    return PricesChanged(price_version=version, credits_per_row=1)


def envelope_of(event: Event, *, occurred_at: datetime | None = None) -> Envelope:
    return Envelope(
        id=new_id(),
        type=event.type,
        version=event.version,
        source=event.source(),
        occurred_at=occurred_at or utc_now(),
        tenant_id=TENANT,
        data=event.model_dump(mode="json"),
    )


async def open_workspace(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
    """The handler most tests use: one effect per message."""
    await uow.conn.execute(EFFECTS.insert().values(name=event.name))


@dataclass
class Bench:
    """What a test holds in its hands. `settings` has the URLs of this test's own database and vhost."""

    settings: CommonSettings
    engine: AsyncEngine
    open_uow: UnitOfWorkFactory
    bus: Bus
    hands: Hands = field(default_factory=Hands)

    @property
    def amqp_url(self) -> str:
        return self.settings.rabbitmq_url.get_secret_value()

    # Saying.

    async def say(self, event: Event) -> UUID:
        """Through the outbox, as a use case would."""
        async with self.open_uow() as uow:
            return uow.publish(event, tenant_id=TENANT)

    async def deliver(
        self, event: Event | Envelope, *, queue: str = WORK, headers: Mapping[str, object] | None = None
    ) -> UUID:
        """Straight into a queue. Answers the id of the envelope."""
        envelope = event if isinstance(event, Envelope) else envelope_of(event)
        await self.deliver_bytes(encode(envelope), queue=queue, message_id=str(envelope.id), headers=headers)
        return envelope.id

    async def deliver_bytes(
        self,
        body: bytes,
        *,
        queue: str = WORK,
        message_id: str | None = None,
        headers: Mapping[str, object] | None = None,
    ) -> None:
        """Whatever these bytes are."""
        await self.bus.publish_to_queue(queue, body, message_id=message_id, headers=headers or {})

    async def relay_once(self) -> int:
        return await Relay(service=SERVICE, open_uow=self.open_uow, bus=self.bus, listener=None).drain()

    # Listening.

    @contextlib.asynccontextmanager
    async def consuming(self, *subscriptions: Subscription, file_the_dead: bool = True) -> AsyncGenerator[RabbitBroker]:
        """As `create_app` does it. What is still in hand at the end is let go."""
        broker = make_broker(self.settings)
        for subscription in subscriptions:
            Consumer(subscription, open_uow=self.open_uow, bus=self.bus, hands=self.hands).attach(broker)
            if file_the_dead:
                Undertaker(subscription, open_uow=self.open_uow, hands=self.hands).attach(broker)
        await broker.start()
        try:
            yield broker
        finally:
            self.hands.let_go()
            await broker.stop()

    # Looking.

    async def effects(self) -> list[str]:
        async with self.engine.connect() as conn:
            return list((await conn.execute(select(EFFECTS.c.name).order_by(EFFECTS.c.no))).scalars())

    async def count(self, table: Table) -> int:
        async with self.engine.connect() as conn:
            return (await conn.execute(select(func.count()).select_from(table))).scalar_one()

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        async with self.engine.connect() as conn:
            return [dict(row) for row in (await conn.execute(select(table))).mappings()]

    async def waiting_in(self, queue: str) -> int:
        """Messages in a queue that nobody has in hand."""
        return await self.bus.depth(queue)

    async def take(self, queue: str) -> aio_pika.abc.AbstractIncomingMessage:
        """Take one message out of a queue, as soon as there is one."""
        connection = await aio_pika.connect(self.amqp_url)
        async with connection, asyncio.timeout(PATIENCE_S):
            found = await (await connection.channel()).get_queue(queue, ensure=False)
            while True:
                message = await found.get(fail=False)
                if message is not None:
                    await message.ack()
                    return message
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def bench_on(database_url: str, amqp_url: str) -> AsyncGenerator[Bench]:
    """A bench with its tables made and its bus connected."""
    settings = CommonSettings.model_validate(
        {
            "service": SERVICE,
            "database_url": database_url,
            "rabbitmq_url": amqp_url,
            "internal_secret": "0123456789abcdef0123456789abcdef",
            "shutdown_seconds": 6,
        }
    )
    engine = make_engine(settings.database_url, pool_size=8, service=SERVICE)
    bus = Bus(amqp_url, service=SERVICE)
    try:
        async with engine.begin() as conn:
            await conn.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SERVICE}")
            await conn.run_sync(METADATA.create_all)
        await bus.connect()
        open_uow = UnitOfWorkFactory(engine, TABLES)
        open_uow.transient_sink = bus.publish_transient
        yield Bench(settings, engine, open_uow, bus)
    finally:
        await bus.close()
        await engine.dispose()
