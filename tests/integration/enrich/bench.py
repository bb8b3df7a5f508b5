"""A floor to work on in tests: real Postgres, the sandbox as the outside world, and chunks delivered by hand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson
import uvicorn
from sqlalchemy import delete, func, select, update

from deploy.sandbox.app import SandboxApp
from deploy.sandbox.state import Sandbox, SandboxSettings
from libs.common import inbox
from libs.common.clock import utc_now
from libs.common.contracts.envelope import Envelope, Event
from libs.common.contracts.ingest import ChunkCreated, InputRow, ResearchSpec
from libs.common.db import make_engine
from libs.common.ids import new_id
from libs.common.listener import Listener
from libs.common.settings import normalise_database_url
from libs.common.uow import Message, UnitOfWorkFactory, current_message
from services.enrich.clients.accounts import Account, account
from services.enrich.clients.gate import Gates
from services.enrich.clients.tools import Tools, open_tools
from services.enrich.domain.limits import Limits as AccountLimits
from services.enrich.in_flight.catalogue_shelf import CatalogueShelf
from services.enrich.in_flight.checkpoint_writer import CheckpointWriter
from services.enrich.in_flight.companies import Companies
from services.enrich.in_flight.floor import Floor, Limits
from services.enrich.in_flight.job_watch import JobWatch
from services.enrich.in_flight.leases import LeaseKeeper
from services.enrich.in_flight.limiter import Limiter
from services.enrich.in_flight.slots import FairSlots
from services.enrich.in_flight.websites import Websites
from services.enrich.tables import COMMON, checkpoints, company_research, company_websites, provider_states
from services.enrich.use_cases.enrich_chunk import enrich_chunk
from services.enrich.use_cases.follow_job import JobTurn, follow_job
from services.enrich.use_cases.probe_providers import probe_providers

TENANT = UUID(int=1)
OTHER_TENANT = UUID(int=2)
MODEL = "openai/gpt-oss-20b"
MAPPING = {
    "company": "Company",
    "website": "Website",
    "first_name": "First",
    "last_name": "Last",
    "title": "Job",
    "city": "City",
    "country": "Country",
}
INGRID = {
    "Company": "Halden Lubricants",
    "Website": "https://www.haldenlube.example/about",
    "First": "Ingrid",
    "Last": "Solheim",
    "Job": "Head of Sales",
    "City": "Fredrikstad",
    "Country": "Norway",
}


class _Server(uvicorn.Server):
    """Leaves the signals of the test run alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@dataclass
class World:
    """The sandbox, with its dials and its count of calls at hand."""

    url: str
    box: Sandbox

    def turn(self, **dials: Mapping[str, object]) -> None:
        self.box.turn(self.box.dials.turned(dict(dials)))

    def reset(self) -> None:
        self.box.reset_dials()
        self.box.calls.clear()
        self.box.world.reset()

    def answered(self, provider: str) -> int:
        """Calls that were served well."""
        return sum(
            count for (name, _, status), count in self.box.calls.counts.items() if name == provider and status == 200
        )

    def in_flight(self, provider: str) -> int:
        return self.box.calls.in_flight[provider]

    def accounts(self, **keys: str) -> tuple[Account, ...]:
        """All three from the sandbox; those that are given as `missing` are missing."""
        return tuple(
            account(name, key="", base_url="", sandbox_url="" if keys.get(name) == "missing" else self.url)
            for name in ("serper", "groq", "firecrawl")
        )


@contextlib.asynccontextmanager
async def running_world() -> AsyncGenerator[World]:
    app = SandboxApp(SandboxSettings())
    server = _Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False, lifespan="on")
    )
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
        assert not task.done(), "the sandbox did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield World(f"http://127.0.0.1:{port}", app.box)
    finally:
        server.should_exit = True
        await task


@dataclass
class Bench:
    """One replica of enrich without its broker."""

    floor: Floor
    open_uow: UnitOfWorkFactory
    listener: Listener
    world: World
    job_id: UUID = field(default_factory=new_id)

    def chunk(
        self, rows: Sequence[Mapping[str, str]] | int = 1, *, version: int = 1, dispatch: int = 1, **spec: object
    ) -> ChunkCreated:
        """A chunk of this bench's job. A number stands for so many rows of different companies."""
        cells = (
            [{**INGRID, "Company": f"Firm {n} Works", "Website": f"firm{n}.example"} for n in range(rows)]
            if isinstance(rows, int)
            else rows
        )
        return ChunkCreated(
            job_id=self.job_id,
            chunk_no=0,
            epoch=0,
            dispatch_no=dispatch,
            job_version=version,
            spec=ResearchSpec.model_validate({"hash": "spec-1", "mapping": MAPPING, **spec}),
            rows=[InputRow(row_no=no, cells=dict(row)) for no, row in enumerate(cells, start=1)],
        )

    async def deliver(
        self, event: Event, *, message: Message | None = None, floor: Floor | None = None, tenant: UUID = TENANT
    ) -> Message:
        """As the consumer does it: what the inbox knows is skipped."""
        message = message or message_of(event, tenant=tenant)
        async with self.open_uow() as uow:
            known = await inbox.has(uow.conn, COMMON.inbox, consumer=message.consumer, message_id=message.envelope.id)
        if known:
            return message
        token = current_message.set(message)
        try:
            if isinstance(event, ChunkCreated):
                await enrich_chunk(event, message=message, floor=floor or self.floor)
            else:
                assert isinstance(event, JobTurn)
                async with self.open_uow() as uow:
                    if await uow.record_inbox(message):
                        await follow_job(event, uow=uow, message=message)
        finally:
            current_message.reset(token)
        return message

    async def said(self, event: type[Event]) -> list[dict[str, Any]]:
        """The data of what the outbox holds of one kind, oldest first."""
        async with self.open_uow() as uow:
            rows = await uow.conn.execute(
                select(COMMON.outbox.c.body)
                .where(COMMON.outbox.c.routing_key == event.routing_key())
                .order_by(COMMON.outbox.c.id)
            )
        return [orjson.loads(row.body)["data"] for row in rows]

    async def rows_said(self, event: type[Event]) -> list[dict[str, Any]]:
        """The results of all answers."""
        return [row for answer in await self.said(event) for row in answer["results"]]

    async def empty_inbox(self) -> None:
        async with self.open_uow() as uow:
            await uow.conn.execute(delete(COMMON.inbox))

    async def forget_companies(self) -> None:
        """As if a week had passed: neither research nor websites are known."""
        async with self.open_uow() as uow:
            await uow.conn.execute(delete(company_research))
            await uow.conn.execute(delete(company_websites))

    async def stored(self, stage: str) -> int:
        async with self.open_uow() as uow:
            found = await uow.conn.execute(
                select(func.count()).select_from(checkpoints).where(checkpoints.c.stage == stage)
            )
        return found.scalar_one()

    async def provider(self, name: str) -> dict[str, Any]:
        async with self.open_uow() as uow:
            found = await uow.conn.execute(select(provider_states).where(provider_states.c.account == name))
        return dict(found.mappings().one())

    async def probe(self, tools: Tools | None = None) -> None:
        """Ask every account that is out, whether its time has come or not."""
        async with self.open_uow() as uow:
            await uow.conn.execute(update(provider_states).values(probe_at=func.now()))
        await probe_providers(self.open_uow, tools or self.floor.tools)

    def with_limits(self, **limits: float) -> Floor:
        return replace(self.floor, limits=replace(self.floor.limits, **limits))


def message_of(event: Event, *, tenant: UUID = TENANT) -> Message:
    envelope = Envelope(
        id=new_id(),
        type=event.type,
        version=event.version,
        source=event.source(),
        occurred_at=utc_now(),
        tenant_id=tenant,
        correlation_id=None,
        data=event.model_dump(mode="json"),
    )
    queue = "enrich.enrich_chunk" if isinstance(event, ChunkCreated) else "enrich.follow_job"
    return Message(consumer=queue, envelope=envelope)


@contextlib.asynccontextmanager
async def bench_on(
    database: str,
    world: World,
    *,
    slots: int = 64,
    missing: Sequence[str] = (),
    limits: Mapping[str, AccountLimits] | None = None,
) -> AsyncGenerator[Bench]:
    url = normalise_database_url(database)
    engine = make_engine(url, pool_size=8, service="enrich")
    open_uow = UnitOfWorkFactory(engine, COMMON)
    listener = Listener(url, service="enrich")
    await listener.start()
    accounts = world.accounts(**dict.fromkeys(missing, "missing"))
    limiter = Limiter(open_uow, listener, configured=limits or {})
    gates = Gates(limiter.adopt if limits else None)
    async with open_tools(accounts, groq_models=[MODEL], rows_in_flight=slots, gates=gates) as tools:
        floor = floor_on(open_uow, listener, tools, slots=slots)
        runs = (floor.writer.run, floor.watch.run, floor.leases.run, floor.companies.run, floor.websites.run)
        if limits:
            runs = (*runs, limiter.run)
        tasks = [asyncio.create_task(run()) for run in runs]
        try:
            yield Bench(floor, open_uow, listener, world)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await listener.stop()
    await engine.dispose()


def floor_on(open_uow: UnitOfWorkFactory, listener: Listener, tools: Tools, *, slots: int) -> Floor:
    writer = CheckpointWriter(open_uow)
    return Floor(
        open_uow=open_uow,
        tools=tools,
        slots=FairSlots(slots),
        watch=JobWatch(open_uow, listener),
        leases=LeaseKeeper(open_uow),
        writer=writer,
        companies=Companies(open_uow, writer),
        websites=Websites(open_uow, listener),
        catalogues=CatalogueShelf(open_uow),
        stopping=asyncio.Event(),
        limits=Limits(),
    )
