"""Enrich as it runs, seen from outside: chunks go in on the bus, answers lie in ingest's queues."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aio_pika
import httpx
import orjson
from aio_pika.abc import AbstractRobustConnection
from fastapi import FastAPI
from pydantic import SecretStr

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Envelope, Event
from libs.common.contracts.ingest import ChunkCreated, InputRow, ResearchSpec
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity
from libs.common.ids import new_id
from libs.common.messaging.bus import Bus
from libs.common.outbox import encode
from services.enrich.main import make_app
from services.enrich.settings import EnrichSettings
from tests.integration.enrich.bench import INGRID, MAPPING, TENANT, World
from tests.support.waiting import PATIENCE_S

SECRET = "a-secret-for-tests-that-is-long-enough"
WORK = "enrich.enrich_chunk"


@dataclass
class House:
    """`open` connects and declares the topology; `running` is one replica."""

    database: str
    vhost: str
    world: World
    job_id: UUID = field(default_factory=new_id)
    _bus: Bus | None = None
    _connection: AbstractRobustConnection | None = None

    async def open(self) -> None:
        self._bus = Bus(self.vhost, service="ingest")
        await self._bus.connect()
        self._connection = await aio_pika.connect_robust(self.vhost)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
        await self.bus.close()

    @property
    def bus(self) -> Bus:
        assert self._bus is not None
        return self._bus

    def settings(
        self, *, sandbox: bool = True, rows_in_flight: int = 16, shutdown_seconds: float = 20
    ) -> EnrichSettings:
        return EnrichSettings(
            env="test",
            database_url=self.database,
            rabbitmq_url=SecretStr(self.vhost),
            internal_secret=SecretStr(SECRET),
            sandbox_url=self.world.url if sandbox else "",
            rows_in_flight=rows_in_flight,
            shutdown_seconds=shutdown_seconds,
        )

    @contextlib.asynccontextmanager
    async def running(self, settings: EnrichSettings | None = None) -> AsyncGenerator[FastAPI]:
        app = make_app(settings or self.settings())
        async with app.router.lifespan_context(app):
            yield app

    def chunk(
        self, rows: int = 3, *, dispatch: int = 1, version: int = 1, accept_degraded: bool = False
    ) -> ChunkCreated:
        cells = [{**INGRID, "Company": f"Firm {n} Works", "Website": f"firm{n}.example"} for n in range(rows)]
        return ChunkCreated(
            job_id=self.job_id,
            chunk_no=0,
            epoch=0,
            dispatch_no=dispatch,
            job_version=version,
            spec=ResearchSpec(hash="spec-1", mapping=MAPPING, accept_degraded=accept_degraded),
            rows=[InputRow(row_no=no, cells=row) for no, row in enumerate(cells, start=1)],
        )

    async def say(self, event: Event, *, tenant: UUID | None = TENANT) -> Envelope:
        envelope = Envelope(
            id=new_id(),
            type=event.type,
            version=event.version,
            source=event.source(),
            occurred_at=utc_now(),
            tenant_id=tenant,
            data=event.model_dump(mode="json"),
        )
        await self.again(envelope)
        return envelope

    async def again(self, envelope: Envelope) -> None:
        await self.bus.publish_event(envelope.routing_key(), encode(envelope), message_id=str(envelope.id))

    async def take(self, queue: str, *, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """The data of the next message of a queue."""
        assert self._connection is not None
        channel = await self._connection.channel()
        try:
            found = await channel.get_queue(queue, ensure=False)
            async with found.iterator(timeout=within_s) as messages:
                async for message in messages:
                    await message.ack()
                    return orjson.loads(message.body)["data"]
        finally:
            await channel.close()
        raise AssertionError(f"nothing came to {queue}")

    async def depth(self, queue: str) -> int:
        return await self.bus.depth(queue)

    @contextlib.asynccontextmanager
    async def browser(self, app: FastAPI, *, operator: bool = False) -> AsyncGenerator[httpx.AsyncClient]:
        identity = Identity(workspace_id=TENANT, user_id=UUID(int=5), role="owner", request_id="r", operator=operator)
        token = sign_identity(identity, secret=SECRET, now=utc_now())
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://enrich", headers={IDENTITY_HEADER: token}
        ) as client:
            yield client
