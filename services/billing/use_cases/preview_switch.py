"""What a switch would cost and bring, before anybody decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from libs.common.uow import OpenUow
from services.billing.clients.stripe.account import Stripe
from services.billing.clients.stripe.invoices import preview_switch as ask
from services.billing.domain.selling.ordering import offered
from services.billing.domain.selling.plans import PlanItem, PriceIds
from services.billing.domain.selling.prices import KeptPrice
from services.billing.domain.selling.subscriptions import KeptSubscription
from services.billing.domain.selling.switching import Starts, Switch, decide_switch
from services.billing.domain.stripe.crediting import Contradiction, Offer, value_lines
from services.billing.domain.stripe.high_water import Counted, still_due
from services.billing.domain.stripe.invoices import Invoice
from services.billing.repositories.selling import prices
from services.billing.repositories.stripe import invoices as stripe_invoices
from services.billing.use_cases.find_plan import find_plan

_LAST = (datetime.max.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), 0, "")


@dataclass(frozen=True)
class Preview:
    """`due` is in the currency's smallest unit; below zero it is kept for later invoices. `credits` come when it is paid."""

    switch: Switch
    subscription: KeptSubscription
    due: int
    currency: str
    credits: int


async def preview_switch(
    target: PlanItem,
    *,
    workspace_id: UUID,
    stripe: Stripe,
    price_ids: PriceIds,
    open_uow: OpenUow,
    now: datetime,
) -> Preview:
    """As Stripe and our record would have it at this moment. Changes nothing; raises what `switch_plan` raises."""
    present = await find_plan(workspace_id, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
    switch = decide_switch(present.subscription if present else None, target)
    assert present is not None
    async with open_uow() as uow:
        kept = await prices.kept_prices(uow.conn)
    price = offered(target, price_ids=price_ids, kept=kept)
    if switch.keeps or switch.starts is Starts.PERIOD_END:
        return Preview(switch, present.subscription, 0, price.currency, 0)
    invoice = await ask(
        present.found.id,
        item_id=present.found.item_id,
        price_id=price.id,
        ends_trial=switch.ends_trial,
        stripe=stripe,
    )
    credits_ = await _credits(invoice, present.found.id, kept=kept, live=stripe.account.live, open_uow=open_uow)
    due = invoice.remaining if invoice.total > 0 else invoice.total
    return Preview(switch, present.subscription, due, invoice.currency, credits_)


async def _credits(
    invoice: Invoice, subscription_id: str, *, kept: Mapping[str, KeptPrice], live: bool, open_uow: OpenUow
) -> int:
    """What the invoice would bring beyond what the subscription has brought already; 0 where it cannot be said."""
    async with open_uow() as uow:
        known = await stripe_invoices.lines_of(uow.conn, subscription_id=subscription_id)
        counted = await stripe_invoices.counted(uow.conn, subscription_id)
    offers = {id_: Offer(one.item, one.unit_amount, one.currency) for id_, one in kept.items()}
    try:
        lines = value_lines(invoice, offers=offers, live=live, known=known)
    except Contradiction:
        return 0
    brings = sum(line.credits for line in lines if line.kind in {"plan", "proration"})
    return still_due([*counted, Counted(invoice.id, _LAST, brings)]).get(invoice.id, 0)
