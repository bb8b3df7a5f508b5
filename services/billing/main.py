"""The composition root of billing."""

import contextlib
import functools
from collections.abc import AsyncGenerator

from fastapi import FastAPI

from libs.common.app import ServiceSpec, create_app
from libs.common.http.exporting import export_router
from libs.common.platform import Parts, Platform
from services.billing import (
    handlers,
    plan_handlers,
    plan_schedules,
    schedules,
    sourcing_handlers,
    stripe_handlers,
    stripe_schedules,
    tables,
    watching_schedules,
)
from services.billing.api import (
    auto_top_up,
    invoices,
    ledger,
    member_caps,
    operations,
    plans,
    prices,
    proofs,
    subscription,
    watching,
    webhooks,
)
from services.billing.belongings import BELONGINGS
from services.billing.clients.stripe.account import Stripe
from services.billing.resources import Resources
from services.billing.settings import BillingSettings
from services.billing.use_cases.announce_prices import announce_prices
from services.billing.use_cases.apply_stripe_object import Desk
from services.billing.use_cases.buy_top_ups import Shop


@contextlib.asynccontextmanager
async def start(settings: BillingSettings, platform: Platform) -> AsyncGenerator[Parts]:
    """Prices are announced by a task, so that a start before the migrations waits for them."""
    stripe = Stripe(settings.stripe)
    desk = Desk(stripe, settings.price_ids, platform.open_uow)
    shop = Shop(stripe, settings.price_ids)
    resources = Resources(settings, stripe)

    async def announce_at_start() -> None:
        async with platform.open_uow() as uow:
            await announce_prices(uow=uow)

    try:
        yield Parts(
            subscriptions=[
                *handlers.subscriptions(trial_credits=settings.trial_credits),
                *sourcing_handlers.subscriptions(),
                *stripe_handlers.subscriptions(desk),
                *plan_handlers.subscriptions(stripe.account),
            ],
            schedules=[
                *schedules.schedules(platform.open_uow),
                *stripe_schedules.schedules(desk),
                *watching_schedules.schedules(shop, platform.open_uow),
                *plan_schedules.schedules(resources, platform.open_uow),
            ],
            tasks=[
                announce_at_start,
                functools.partial(schedules.keep_measuring, platform.open_uow),
                *plan_schedules.at_start(resources, platform.open_uow),
            ],
            resources=resources,
        )
    finally:
        await stripe.close()


def build_app() -> FastAPI:
    """Billing's application, configured from the environment."""
    settings = BillingSettings()  # pyright: ignore[reportCallIssue] - filled from the environment
    return create_app(
        ServiceSpec(
            settings=settings,
            tables=tables.COMMON,
            routers=[
                ledger.router,
                operations.router,
                prices.router,
                proofs.router,
                invoices.router,
                webhooks.router,
                plans.router,
                subscription.router,
                watching.router,
                member_caps.router,
                auto_top_up.router,
                export_router(BELONGINGS),
            ],
            start=functools.partial(start, settings),
            title="Corofy billing",
            description="Credits: what a workspace has, what is held for its jobs, what they cost, and the proof of it.",
        )
    )
