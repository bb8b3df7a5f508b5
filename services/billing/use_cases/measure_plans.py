"""What is wrong with what we sell, as numbers that alerts look at."""

from libs.common.uow import OpenUow
from services.billing import metrics
from services.billing.domain.selling.plans import PriceIds
from services.billing.repositories.selling import prices, subscriptions


async def measure_plans(*, realm: str, price_ids: PriceIds, open_uow: OpenUow) -> None:
    """Configured prices that cannot be sold, and workspaces that pay for two subscriptions."""
    async with open_uow() as uow:
        kept = await prices.kept_prices(uow.conn, set(price_ids.ids.values()))
        doubled = await subscriptions.doubled_workspaces(uow.conn, realm=realm)
    metrics.UNUSABLE_PRICES.set(sum(one.fault is not None for one in kept.values()))
    metrics.DOUBLED_SUBSCRIPTIONS.set(doubled)
