"""The composition root of enrich."""

import contextlib
import functools
from collections.abc import AsyncGenerator
from datetime import timedelta

from fastapi import FastAPI

from libs.common.app import ServiceSpec, create_app
from libs.common.garbage import MUCH_IN_FLIGHT
from libs.common.http.exporting import export_router
from libs.common.platform import Parts, Platform
from services.enrich import handlers, schedules, tables
from services.enrich.api import catalogue, catalogue_files, catalogue_versions, load, providers
from services.enrich.belongings import BELONGINGS
from services.enrich.clients.gate import Gates
from services.enrich.clients.keyring import Keyring
from services.enrich.clients.tools import Tools, open_tools
from services.enrich.in_flight.catalogue_shelf import CatalogueShelf
from services.enrich.in_flight.checkpoint_writer import CheckpointWriter
from services.enrich.in_flight.companies import Companies
from services.enrich.in_flight.floor import Floor, Limits
from services.enrich.in_flight.job_watch import JobWatch
from services.enrich.in_flight.key_watch import KeyWatch
from services.enrich.in_flight.leases import LeaseKeeper
from services.enrich.in_flight.limiter import Limiter
from services.enrich.in_flight.pace import Pace
from services.enrich.in_flight.slots import FairSlots
from services.enrich.in_flight.websites import Websites
from services.enrich.settings import EnrichSettings
from services.enrich.use_cases.announce_capacity import CapacityAnnouncer
from services.enrich.website.direct import DirectReader
from services.enrich.website.fetch import Fetcher
from services.enrich.website.guard import SiteResolver
from services.enrich.website.parsers import Parsers

_LEFT_TO_RECORD_S = 12
"""Of the seconds a stop may take, what is kept for storing, recording and publishing."""


@contextlib.asynccontextmanager
async def start(settings: EnrichSettings, platform: Platform) -> AsyncGenerator[Parts]:
    """Open the providers' clients and lay out the floor."""
    limiter = Limiter(platform.open_uow, platform.listener, configured=settings.limits)
    opened = open_tools(
        settings.accounts,
        groq_models=settings.models,
        rows_in_flight=settings.rows_in_flight,
        places=settings.places,
        gates=Gates(limiter.adopt),
    )
    async with opened as tools, _own_reader(settings) as own_reader:
        floor = make_floor(settings, platform, tools, own_reader=own_reader)
        own_keys = KeyWatch(platform.open_uow, platform.listener, tools, floor.keyring)
        # Before the first chunk: a workspace with a key of its own must not be served from everybody's.
        await own_keys.look()
        # Nor before it is known what other replicas are told to wait for.
        await limiter.look()
        announcer = CapacityAnnouncer(floor)
        yield Parts(
            subscriptions=handlers.subscriptions(floor),
            schedules=schedules.schedules(
                platform.open_uow, tools, floor.keyring, company_fresh_s=settings.company_fresh_s
            ),
            tasks=[
                limiter.run,
                own_keys.run,
                floor.writer.run,
                floor.watch.run,
                floor.leases.run,
                floor.companies.run,
                floor.websites.run,
                announcer.run,
            ],
            resources=floor,
        )


@contextlib.asynccontextmanager
async def _own_reader(settings: EnrichSettings) -> AsyncGenerator[DirectReader | None]:
    """Our own way to websites; none where the world outside is the sandbox's: it stands behind Firecrawl's stand-in."""
    if settings.sandbox_url:
        yield None
        return
    fetcher = Fetcher(SiteResolver(), contact=settings.website_contact)
    async with DirectReader(fetcher, Parsers()) as reader:
        yield reader


def make_floor(
    settings: EnrichSettings, platform: Platform, tools: Tools, *, own_reader: DirectReader | None = None
) -> Floor:
    """What the chunks in hand share."""
    limits = Limits(
        chunk_s=settings.subjob_timeout_s,
        row_budget_s=settings.row_budget_s,
        grace_s=max(1.0, settings.shutdown_seconds - _LEFT_TO_RECORD_S),
    )
    writer = CheckpointWriter(platform.open_uow)
    return Floor(
        open_uow=platform.open_uow,
        tools=tools,
        slots=FairSlots(settings.rows_in_flight, pace=Pace()),
        watch=JobWatch(platform.open_uow, platform.listener),
        leases=LeaseKeeper(platform.open_uow),
        writer=writer,
        companies=Companies(platform.open_uow, writer, fresh_s=settings.company_fresh_s),
        websites=Websites(
            platform.open_uow,
            platform.listener,
            direct=own_reader,
            fresh=timedelta(days=settings.website_fresh_days),
        ),
        catalogues=CatalogueShelf(platform.open_uow),
        stopping=platform.stopping,
        limits=limits,
        keyring=Keyring(settings.ring),
    )


def make_app(settings: EnrichSettings) -> FastAPI:
    """Enrich's application with these settings."""
    return create_app(
        ServiceSpec(
            settings=settings,
            tables=tables.COMMON,
            routers=[
                providers.router,
                catalogue.router,
                catalogue_versions.router,
                catalogue_files.router,
                load.router,
                export_router(BELONGINGS),
            ],
            start=functools.partial(start, settings),
            title="Corofy enrich",
            description="Researches rows and writes opening lines. Its work comes and goes by events; this is its state.",
            collected_every=MUCH_IN_FLIGHT,
        )
    )


def build_app() -> FastAPI:
    """Enrich's application, configured from the environment."""
    return make_app(EnrichSettings())  # pyright: ignore[reportCallIssue] - filled from the environment
