"""Subscription items: what a subscription is for, and for which period it has been billed."""

from __future__ import annotations

import copy

from deploy.sandbox.stripe.account import Account, Obj, listed, new_id
from deploy.sandbox.stripe.catalogue import price_of
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.form import Params


def new_item(price: Obj, *, quantity: int, subscription: str, start: int, end: int) -> Obj:
    """An item of a subscription, billed from start to end."""
    return {
        "id": new_id("subscription_item"),
        "object": "subscription_item",
        "billed_until": end,
        "billing_thresholds": None,
        "created": start,
        "current_period_end": end,
        "current_period_start": start,
        "discounts": [],
        "metadata": {},
        "plan": _plan(price),
        "price": copy.deepcopy(price),
        "quantity": quantity,
        "subscription": subscription,
        "tax_rates": [],
    }


def items_of(subscription: Obj) -> list[Obj]:
    """The items of a subscription."""
    return list(subscription["items"]["data"])


def put_items(subscription: Obj, items: list[Obj]) -> Obj:
    """The list object that holds these items."""
    return listed(items, f"/v1/subscription_items?subscription={subscription['id']}") | {"total_count": len(items)}


def repriced(item: Obj, price: Obj, quantity: int) -> Obj:
    """The item at another price; its id and period stay."""
    return item | {"price": copy.deepcopy(price), "plan": _plan(price), "quantity": quantity}


def moved(items: list[Obj], *, start: int, end: int) -> list[Obj]:
    """The items in another period."""
    period = {"current_period_start": start, "current_period_end": end, "billed_until": end}
    return [item | period for item in items]


def changed_items(account: Account, subscription: Obj, given: list[Params]) -> list[Obj]:
    """The items after `items[]`: those named by id change or go, others are added; the rest stay as they are."""
    by_id = {item["id"]: item for item in items_of(subscription)}
    start, end = period_of(subscription)
    for one in given:
        key, price = one.text("id"), one.text("price")
        if key is not None and key not in by_id:
            raise StripeError(f"No such subscription item: '{key}'", code="resource_missing", param=one.name_of("id"))
        if key is not None and one.flag("deleted"):
            del by_id[key]
            continue
        if price is not None:
            chosen = recurring(account, price, param=one.name_of("price"))
        elif key is not None:
            chosen = by_id[key]["price"]
        else:
            raise StripeError("You must pass either an `id` or a `price`.", param=one.name_of("price"))
        before = by_id.get(key or "")
        quantity = one.whole("quantity", least=0)
        if before is not None:
            by_id[before["id"]] = repriced(before, chosen, before["quantity"] if quantity is None else quantity)
        else:
            made = new_item(chosen, quantity=quantity or 1, subscription=subscription["id"], start=start, end=end)
            by_id[made["id"]] = made
    return same_rhythm(list(by_id.values()))


def same_rhythm(items: list[Obj]) -> list[Obj]:
    """The items, where all are billed at the same interval. Raises StripeError where they are not, or there is none."""
    if not items:
        raise StripeError("A subscription must have at least one active item.", param="items")
    if len({rhythm_of([item]) for item in items}) != 1:
        message = "Currently, all subscription items must have the same billing interval in the sandbox."
        raise StripeError(message, param="items")
    return items


def recurring(account: Account, key: str, *, param: str) -> Obj:
    """A price that can be subscribed to."""
    price = price_of(account, key, param=param)
    if price["recurring"] is None:
        message = (
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`:"
            f" {key}."
        )
        raise StripeError(message, param=param)
    return price


def rhythm_of(items: list[Obj]) -> tuple[str, int]:
    """Interval and how many of it make a period."""
    told = items[0]["price"]["recurring"]
    return told["interval"], told["interval_count"]


def period_of(subscription: Obj) -> tuple[int, int]:
    """The present period: it stands on the items, which all have the same."""
    item = subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def _plan(price: Obj) -> Obj:
    told = price["recurring"] or {"interval": None, "interval_count": None}
    same = (
        "active",
        "billing_scheme",
        "created",
        "currency",
        "livemode",
        "metadata",
        "nickname",
        "product",
        "tiers_mode",
    )
    return {
        "id": price["id"],
        "object": "plan",
        **{name: price[name] for name in same},
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "interval": told["interval"],
        "interval_count": told["interval_count"],
        "meter": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }
