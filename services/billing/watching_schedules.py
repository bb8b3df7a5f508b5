"""What billing watches by the clock: balances, and what is to be bought because of them."""

from collections.abc import Sequence

from libs.common.clock import utc_now
from libs.common.schedules import Schedule
from libs.common.uow import UnitOfWorkFactory
from services.billing.use_cases import buy_top_ups as buying
from services.billing.use_cases import watch_balances as watching

EVERY_S = 20
_STRIPE_TIMEOUT_S = 300


def schedules(shop: buying.Shop, open_uow: UnitOfWorkFactory) -> Sequence[Schedule]:
    """One replica at a time; a top-up that it leaves in the middle is taken up again."""

    async def watch_balances() -> None:
        async with open_uow() as uow:
            await watching.watch_balances(uow=uow, now=utc_now())

    async def buy_top_ups() -> None:
        await buying.buy_top_ups(shop=shop, open_uow=open_uow, now=utc_now())

    return [
        Schedule("watch_balances", EVERY_S, watch_balances),
        Schedule("buy_top_ups", EVERY_S, buy_top_ups, timeout_s=_STRIPE_TIMEOUT_S),
    ]
