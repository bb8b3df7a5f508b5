"""The composition root of ingest."""

import contextlib
import functools
from collections.abc import AsyncGenerator

from fastapi import FastAPI

from libs.common.app import ServiceSpec, create_app
from libs.common.http.exporting import export_router
from libs.common.platform import Parts, Platform
from libs.common.storage import Storage
from services.ingest import handlers, schedules, tables
from services.ingest.api import (
    checks,
    downloads,
    exports,
    job_life,
    jobs,
    line_options,
    original_files,
    plain_lists,
    quotes,
    readings,
    resumable,
    row_reruns,
    rows,
    sourcings,
    trials,
    uploads,
    usage,
)
from services.ingest.belongings import BELONGINGS
from services.ingest.clients.apollo import Apollo
from services.ingest.resources import Resources
from services.ingest.settings import IngestSettings
from services.ingest.sourcer import sourcer


@contextlib.asynccontextmanager
async def start(settings: IngestSettings, platform: Platform) -> AsyncGenerator[Parts]:
    """Open the storage and Apollo's client, and name the queues."""
    apollo = Apollo(settings.apollo)
    resources = Resources(settings=settings, storage=Storage.from_url(settings.storage_url), apollo=apollo)
    try:
        yield Parts(
            subscriptions=handlers.subscriptions(platform, resources),
            schedules=schedules.schedules(platform, resources),
            tasks=[
                schedules.dispatcher(platform, resources),
                schedules.progress_pusher(platform),
                sourcer(platform, resources),
            ],
            resources=resources,
        )
    finally:
        await apollo.close()


def build_app() -> FastAPI:
    """Ingest's application, configured from the environment."""
    settings = IngestSettings()  # pyright: ignore[reportCallIssue] - filled from the environment
    return create_app(
        ServiceSpec(
            settings=settings,
            tables=tables.COMMON,
            routers=[
                resumable.router,
                uploads.router,
                readings.router,
                checks.router,
                plain_lists.router,
                trials.router,
                quotes.router,
                line_options.router,
                jobs.router,
                job_life.router,
                rows.router,
                row_reruns.router,
                downloads.router,
                exports.router,
                sourcings.router,
                usage.router,
                jobs.operators,
                original_files.router,
                export_router(BELONGINGS),
            ],
            start=functools.partial(start, settings),
            title="Corofy ingest",
            description="Uploads, jobs, results and downloads. Errors are problem+json with a stable `code`.",
        )
    )
