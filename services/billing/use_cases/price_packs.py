"""What packs cost at present."""

from collections.abc import Mapping

from libs.common.uow import UnitOfWork
from services.billing.domain.selling.ordering import find_offer
from services.billing.domain.selling.plans import ITEMS, PACKS, PriceIds
from services.billing.domain.watching.top_ups import PackPrice
from services.billing.repositories.selling import prices


async def price_packs(*, price_ids: PriceIds, uow: UnitOfWork) -> Mapping[str, PackPrice]:
    """Code of the pack → its price by our record. Packs that are not offered are left out."""
    kept = await prices.kept_prices(uow.conn, set(price_ids.ids.values()))
    offers = {code: find_offer(ITEMS[f"pack_{code}"], price_ids=price_ids, kept=kept) for code in PACKS}
    return {code: PackPrice(one.unit_amount, one.currency) for code, one in offers.items() if one is not None}
