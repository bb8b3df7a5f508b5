"""What a pack costs at present."""

from libs.common.uow import UnitOfWork
from services.billing.domain.selling.plans import ITEMS, PriceIds
from services.billing.domain.watching.top_ups import PackPrice
from services.billing.repositories.selling import prices


async def price_pack(pack: str, *, price_ids: PriceIds, uow: UnitOfWork) -> PackPrice | None:
    """By our record of Stripe's price; None for a pack that there is not, or that is not offered."""
    item = ITEMS.get(f"pack_{pack}")
    price_id = None if item is None else price_ids.id_of(item)
    if price_id is None:
        return None
    kept = (await prices.kept_prices(uow.conn, [price_id])).get(price_id)
    return None if kept is None or kept.fault is not None else PackPrice(kept.unit_amount, kept.currency)
