"""The composition root of ingest."""

import contextlib
import functools
from collections.abc import AsyncGenerator

from fastapi import FastAPI

from libs.common.app import ServiceSpec, create_app
from libs.common.platform import Parts, Platform
from libs.common.storage import Storage
from services.ingest import handlers, schedules, tables
from services.ingest.api import downloads, jobs, quotes, resumable, uploads
from services.ingest.resources import Resources
from services.ingest.settings import IngestSettings


@contextlib.asynccontextmanager
async def start(settings: IngestSettings, platform: Platform) -> AsyncGenerator[Parts]:
    """Open the storage and name the queues."""
    resources = Resources(settings=settings, storage=Storage.from_url(settings.storage_url))
    yield Parts(
        subscriptions=handlers.subscriptions(platform, resources),
        schedules=schedules.schedules(platform, resources),
        tasks=[schedules.dispatcher(platform, resources)],
        resources=resources,
    )


def build_app() -> FastAPI:
    """Ingest's application, configured from the environment."""
    settings = IngestSettings()  # pyright: ignore[reportCallIssue] - filled from the environment
    return create_app(
        ServiceSpec(
            settings=settings,
            tables=tables.COMMON,
            routers=[resumable.router, uploads.router, quotes.router, jobs.router, downloads.router, jobs.operators],
            start=functools.partial(start, settings),
            title="Corofy ingest",
            description="Uploads, jobs, results and downloads. Errors are problem+json with a stable `code`.",
        )
    )
