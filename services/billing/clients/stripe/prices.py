"""Prices as Stripe has them."""

from services.billing.clients.stripe.account import Stripe
from services.billing.clients.stripe.errors import StripeNotFound
from services.billing.domain.selling.prices import FoundPrice


async def fetch_price(price_id: str, *, stripe: Stripe) -> FoundPrice | None:
    """One price; None when Stripe has none of that id in our key's mode."""
    try:
        with stripe.asking("prices.retrieve") as client:
            found = await client.v1.prices.retrieve_async(price_id)
    except StripeNotFound:
        return None
    fixed = found.billing_scheme == "per_unit" and (found.recurring is None or found.recurring.usage_type == "licensed")
    return FoundPrice(
        id=found.id,
        currency=found.currency,
        unit_amount=found.unit_amount if fixed else None,
        interval=found.recurring.interval if found.recurring else None,
        interval_count=found.recurring.interval_count if found.recurring else 1,
        active=found.active,
        live=found.livemode,
    )
