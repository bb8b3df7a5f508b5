"""The composition root of billing."""

import contextlib
import functools
from collections.abc import AsyncGenerator

from fastapi import FastAPI

from libs.common.app import ServiceSpec, create_app
from libs.common.platform import Parts, Platform
from services.billing import handlers, schedules, tables
from services.billing.api import ledger, operations
from services.billing.settings import BillingSettings
from services.billing.use_cases.announce_prices import announce_prices


@contextlib.asynccontextmanager
async def start(platform: Platform) -> AsyncGenerator[Parts]:
    """Prices are announced by a task, so that a start before the migrations waits for them."""

    async def announce_at_start() -> None:
        async with platform.open_uow() as uow:
            await announce_prices(uow=uow)

    yield Parts(
        subscriptions=handlers.subscriptions(),
        schedules=schedules.schedules(platform.open_uow),
        tasks=[announce_at_start, functools.partial(schedules.keep_measuring, platform.open_uow)],
    )


def build_app() -> FastAPI:
    """Billing's application, configured from the environment."""
    settings = BillingSettings()  # pyright: ignore[reportCallIssue] - filled from the environment
    return create_app(
        ServiceSpec(
            settings=settings,
            tables=tables.COMMON,
            routers=[ledger.router, operations.router],
            start=start,
            title="Corofy billing",
            description="Credits: what a workspace has, what is held for its jobs, what they cost, and the proof of it.",
        )
    )
