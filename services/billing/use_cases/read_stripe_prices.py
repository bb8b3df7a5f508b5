"""What our prices are is read from Stripe and kept: pages show it, and paid invoices are held against it."""

from datetime import datetime

from libs.common.logs import get_logger
from libs.common.uow import OpenUow
from services.billing.clients.stripe.account import Stripe
from services.billing.clients.stripe.prices import fetch_price
from services.billing.domain.selling.plans import ITEMS, PriceIds
from services.billing.domain.selling.prices import fault_of
from services.billing.repositories.selling import prices

log = get_logger()


async def read_stripe_prices(*, stripe: Stripe, price_ids: PriceIds, open_uow: OpenUow, now: datetime) -> int:
    """Key: the price id; harmless to repeat. Answers how many configured prices cannot be sold, each named in the log.

    Raises what every question to Stripe raises.
    """
    faults = 0
    for name, price_id in price_ids.ids.items():
        item = ITEMS[name]
        found = await fetch_price(price_id, stripe=stripe)
        fault = fault_of(item, found, live=stripe.account.live)
        async with open_uow() as uow:
            if found is None:
                await prices.note_missing(uow.conn, item, price_id, fault=fault or "", read_at=now)
            else:
                await prices.keep_price(uow.conn, item, found, fault=fault, read_at=now)
        if fault:
            faults += 1
            log.error("price.unusable", item=name, price_id=price_id, fault=fault)
    return faults
