"""How plans and standings are written on the wire."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from services.billing.domain.selling.plans import ITEMS, Entitlements, Pack, Plan, PlanItem
from services.billing.domain.selling.subscriptions import KeptSubscription
from services.billing.resources import Resources
from services.billing.schemas.plans import (
    BillingAnswer,
    DunningAnswer,
    EntitlementsAnswer,
    FaultAnswer,
    PackAnswer,
    PendingAnswer,
    PlanAnswer,
    PlanPriceAnswer,
    PriceAnswer,
    SubscriptionAnswer,
    UnpaidAnswer,
)
from services.billing.settings import variable_of
from services.billing.use_cases.show_plan import Offered, Standing


def billing_answer(standing: Standing, resources: Resources) -> BillingAnswer:
    """A standing on the wire."""
    account = resources.stripe.account
    return BillingAnswer(
        mode=account.mode,
        live=account.live,
        plan=standing.entitled.plan,
        says=standing.says,
        can=sorted(action.value for action in standing.actions),
        subscription=_subscription(standing.subscription),
        entitlements=entitlements_answer(standing.entitled.entitlements),
    )


def _subscription(found: KeptSubscription | None) -> SubscriptionAnswer | None:
    if found is None:
        return None
    pending, owes = found.pending, found.is_live and (found.pay_url or found.dunning_since)
    return SubscriptionAnswer(
        plan=found.item.plan.code if found.item else None,
        interval=found.item.interval.value if found.item else None,
        status=found.status.value,
        period_ends_at=found.period_ends_at,
        trial_ends_at=found.trial_ends_at,
        cancels_at_period_end=found.cancels_at_period_end,
        pending=PendingAnswer(plan=pending.plan.code, interval=pending.interval.value, at=found.pending_at)
        if pending
        else None,
        unpaid=_unpaid(found),
        dunning=DunningAnswer(since=found.dunning_since, next_attempt_at=found.next_attempt_at, pay_url=found.pay_url)
        if owes
        else None,
    )


def _unpaid(found: KeptSubscription) -> UnpaidAnswer | None:
    item, until = found.unpaid, found.unpaid_until
    if item is None or until is None:
        return None
    return UnpaidAnswer(plan=item.plan.code, interval=item.interval.value, until=until, pay_url=found.pay_url)


def plan_answer(plan: Plan, offers: Mapping[str, Offered]) -> PlanAnswer:
    """A plan with its prices; `offers` by name of the item."""
    items = [item for item in ITEMS.values() if isinstance(item, PlanItem) and item.plan is plan]
    return PlanAnswer.model_validate(
        {
            "code": plan.code,
            "name": plan.name,
            "credits_per_month": plan.credits_per_month,
            "trial_days": offers[items[0].name].trial_days,
            "trial_credits": plan.trial_credits,
            "entitlements": entitlements_answer(plan.entitlements),
            "prices": [
                PlanPriceAnswer(interval=item.interval.value, credits=item.credits, price=_price(offers[item.name]))
                for item in items
            ],
        }
    )


def pack_answer(pack: Pack, offers: Mapping[str, Offered]) -> PackAnswer:
    """A pack with its price."""
    return PackAnswer.model_validate(
        {
            "code": pack.code,
            "name": pack.name,
            "credits": pack.credits,
            "lasts_days": pack.lasts.days if pack.lasts else None,
            "price": _price(offers[f"pack_{pack.code}"]),
        }
    )


def _price(offer: Offered) -> PriceAnswer | None:
    price = offer.price
    return PriceAnswer(unit_amount_minor=price.unit_amount, currency=price.currency) if price else None


def fault_answers(offers: Sequence[Offered]) -> list[FaultAnswer]:
    """What is not offered, and why."""
    return [
        FaultAnswer(item=one.item.name, variable=variable_of(one.item), price_id=one.price_id, fault=one.fault)
        for one in offers
        if one.fault
    ]


def entitlements_answer(found: Entitlements) -> EntitlementsAnswer:
    """Entitlements on the wire."""
    return EntitlementsAnswer(**asdict(found))
