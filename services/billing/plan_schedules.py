"""The clock edge of plans: prices are read, entitlements are renewed, and what is wrong with either is measured."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.exc import SQLAlchemyError

from libs.common.clock import utc_now
from libs.common.erasing import erase_schedule
from libs.common.errors import AppError
from libs.common.logs import get_logger
from libs.common.schedules import Schedule
from libs.common.uow import OpenUow
from services.billing.resources import Resources
from services.billing.schedules import MEASURE_EVERY_S
from services.billing.use_cases import delete_workspace as deleting
from services.billing.use_cases import measure_plans as measuring
from services.billing.use_cases import read_stripe_prices as reading
from services.billing.use_cases import renew_entitlements as renewing
from services.billing.use_cases import settle_switches as settling

log = get_logger()

_HOUR_S = 3600
_MINUTE_S = 60
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 300.0


def schedules(resources: Resources, open_uow: OpenUow) -> Sequence[Schedule]:
    """What is done by the clock."""

    async def renew_entitlements() -> None:
        account = resources.stripe.account
        await renewing.renew_all_entitlements(account=account, open_uow=open_uow, now=utc_now())

    async def read_stripe_prices() -> None:
        await _read_prices(resources, open_uow)

    async def settle_switches() -> None:
        if resources.stripe.account.sells:
            await settling.settle_switches(
                stripe=resources.stripe, price_ids=resources.settings.price_ids, open_uow=open_uow, now=utc_now()
            )

    erasing = deleting.erasing_of(open_uow, stripe=resources.stripe, price_ids=resources.settings.price_ids)
    return [
        erase_schedule(erasing, open_uow=open_uow),
        Schedule("settle_switches", _MINUTE_S, settle_switches),
        Schedule("renew_entitlements", _HOUR_S, renew_entitlements, timeout_s=1500),
        Schedule("read_stripe_prices", _HOUR_S, read_stripe_prices),
    ]


def at_start(resources: Resources, open_uow: OpenUow) -> Sequence[Callable[[], Awaitable[None]]]:
    """What each start does once: it may find another catalogue, another mode, and a Stripe that is not there yet."""

    async def read_prices_at_start() -> None:
        await _until_it_works(lambda: _read_prices(resources, open_uow))

    async def renew_entitlements_at_start() -> None:
        account = resources.stripe.account
        await renewing.renew_all_entitlements(account=account, open_uow=open_uow, now=utc_now())

    async def keep_measuring_plans() -> None:
        while True:
            try:
                await measuring.measure_plans(
                    realm=resources.stripe.account.realm, price_ids=resources.settings.price_ids, open_uow=open_uow
                )
            except (SQLAlchemyError, OSError, AppError) as error:
                log.warning("measuring.stumbled", error=str(error))
            await asyncio.sleep(MEASURE_EVERY_S)

    return [read_prices_at_start, renew_entitlements_at_start, keep_measuring_plans]


async def _read_prices(resources: Resources, open_uow: OpenUow) -> None:
    if resources.stripe.account.sells:
        await reading.read_stripe_prices(
            stripe=resources.stripe, price_ids=resources.settings.price_ids, open_uow=open_uow, now=utc_now()
        )


async def _until_it_works(work: Callable[[], Awaitable[None]]) -> None:
    """Nothing of the service waits for Stripe; what is sold shows once it has answered."""
    wait_s = _FIRST_WAIT_S
    while True:
        try:
            return await work()
        except AppError as error:
            log.warning("prices.not_read", code=error.code, error=error.message, again_in_s=wait_s)
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
