"""What may be ordered: items that are offered, and a trial for whoever never had one."""

from collections.abc import Mapping, Sequence

from libs.common.errors import Conflict
from services.billing.domain.selling.plans import Item, PlanItem, PriceIds
from services.billing.domain.selling.prices import KeptPrice
from services.billing.domain.selling.subscriptions import KeptSubscription


def find_offer(item: Item, *, price_ids: PriceIds, kept: Mapping[str, KeptPrice]) -> KeptPrice | None:
    """The price the item is sold at; None when it is not offered."""
    price = kept.get(price_ids.id_of(item) or "")
    return None if price is None or price.fault is not None or price.item != item else price


def offered(item: Item, *, price_ids: PriceIds, kept: Mapping[str, KeptPrice]) -> KeptPrice:
    """The price the item is sold at. Raises Conflict `not_offered`."""
    price = find_offer(item, price_ids=price_ids, kept=kept)
    if price is None:
        msg = f"{item.title} is not offered: see GET /v1/billing/plans for what is"
        raise Conflict(msg, code="not_offered")
    return price


def refuse_second_plan(subscriptions: Sequence[KeptSubscription]) -> None:
    """Who has a subscription switches it. Raises Conflict `subscription_exists`."""
    live = next((one for one in subscriptions if one.is_live), None)
    if live is not None:
        what = f"pay it at {live.pay_url}" if live.pay_url else "switch it (POST /v1/billing/subscription/switch)"
        msg = f"the workspace has a subscription that is {live.status} already: {what}"
        raise Conflict(msg, code="subscription_exists", extra={"subscription_status": live.status.value})


def trial_days_of(item: Item, subscriptions: Sequence[KeptSubscription]) -> int:
    """How long the item may be tried: one trial per workspace, ever."""
    if not isinstance(item, PlanItem) or any(one.had_trial for one in subscriptions):
        return 0
    return item.plan.trial_days
