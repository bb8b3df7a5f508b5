"""What a change of a subscription's items comes to: the items afterwards, their period, and the lines that settle it."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.invoicing import subscription_of
from deploy.sandbox.stripe.items import items_of, moved, period_of, rhythm_of
from deploy.sandbox.stripe.lines import full_line, invoice_item_of, net_of, remaining_line, unused_line
from deploy.sandbox.stripe.periods import period_from, prorated


@dataclass(frozen=True, slots=True)
class Switch:
    """A change that has not been made. `at_once`: the lines are billed now whatever the proration behaviour says."""

    items: list[Obj]
    lines: list[Obj]
    anchor: int
    at_once: bool


def switched(
    account: Account, subscription: Obj, items: list[Obj], *, at: int, prorate: bool, restart: bool, free: bool = False
) -> Switch:
    """The change to `items` at a time.

    With the same interval the period stays, and what is left of it is settled by prorated lines. With another one, or
    with `restart`, a whole period begins now. `free`: in a trial nothing is billed.
    """
    start, end = period_of(subscription)
    if free:
        return Switch(items, [], subscription["billing_cycle_anchor"], at_once=False)
    if restart or rhythm_of(items) != rhythm_of(items_of(subscription)):
        interval, every = rhythm_of(items)
        start, end = period_from(at, start=at, interval=interval, every=every)
        after = moved(items, start=start, end=end)
        whole = [full_line(account, item, start=start, end=end) for item in after]
        return Switch(after, [*(_unused(account, subscription, None, at=at) if prorate else []), *whole], at, True)
    if not prorate:
        return Switch(items, [], subscription["billing_cycle_anchor"], at_once=False)
    lines: list[Obj] = []
    for item in _changed(subscription, items):
        lines += _unused(account, subscription, item, at=at)
        if any(one["id"] == item["id"] for one in items):
            amount = item["price"]["unit_amount"] * item["quantity"]
            part = prorated(amount, left_s=end - at, whole_s=end - start)
            lines.append(remaining_line(account, item, amount=part, start=at, end=end))
    return Switch(items, lines, subscription["billing_cycle_anchor"], at_once=False)


def unused_lines(account: Account, subscription: Obj, *, at: int) -> list[Obj]:
    """Credit for everything that was billed and will not be used."""
    return _unused(account, subscription, None, at=at)


def pending_lines(account: Account, subscription: str) -> list[Obj]:
    """Lines that wait for the next invoice of a subscription."""
    items = account.all("invoiceitem", invoice=None)
    return [one["_line"] for one in items if one.get("_line") and one["_line"]["subscription"] == subscription]


def _changed(subscription: Obj, items: list[Obj]) -> list[Obj]:
    """The items that are another than before, as they shall be; those that go, as they were."""
    before = {item["id"]: item for item in items_of(subscription)}
    other = [item for item in items if _terms(item) != _terms(before.get(item["id"]))]
    kept = {item["id"] for item in items}
    return [*other, *(item for key, item in before.items() if key not in kept)]


def _terms(item: Obj | None) -> tuple[str, int] | None:
    return (item["price"]["id"], item["quantity"]) if item else None


def _unused(account: Account, subscription: Obj, item: Obj | None, *, at: int) -> list[Obj]:
    """Credit for what was billed of an item (or of all) beyond a time, each line once: as `flexible` billing does it."""
    lines = _billed(account, subscription["id"])
    credited = {line["_credits"] for line in lines if "_credits" in line}
    made: list[Obj] = []
    for line in lines:
        mine = line["parent"]["subscription_item_details"]
        end, start = line["period"]["end"], line["period"]["start"]
        if line["id"] in credited or line["amount"] <= 0 or mine is None or end <= at:
            continue
        if item is not None and mine["subscription_item"] != item["id"]:
            continue
        price = account.get("price", line["pricing"]["price_details"]["price"])
        owner = {"id": mine["subscription_item"], "subscription": subscription["id"], "price": price}
        owner["quantity"] = line["quantity"]
        part = -prorated(net_of(line), left_s=end - max(at, start), whole_s=end - start)
        made.append(unused_line(account, owner, line, amount=part, start=max(at, start), end=end))
    return made


def _billed(account: Account, subscription: str) -> list[Obj]:
    """Every line that was billed for a subscription or waits to be, unless its invoice is void or not yet agreed to."""
    invoices = [one for one in account.all("invoice") if subscription_of(one) == subscription]
    valid = [one for one in invoices if one["status"] != "void" and not one.get("_undecided")]
    return [line for one in valid for line in one["lines"]["data"]] + pending_lines(account, subscription)


def store_prorations(account: Account, subscription: Obj, lines: list[Obj], *, invoice: str | None) -> None:
    """Store the invoice items behind prorated lines: on an invoice, or waiting for the next."""
    for line in lines:
        key = invoice_item_of(line)
        if key is None:
            continue
        details = line["parent"]["subscription_item_details"]
        about = {"subscription": subscription["id"], "subscription_item": details["subscription_item"]}
        fields: Obj = {
            "amount": line["amount"],
            "currency": line["currency"],
            "customer": subscription["customer"],
            "date": account.now(subscription["customer"]),
            "description": line["description"],
            "discountable": line["discountable"],
            "discounts": [],
            "invoice": invoice,
            "metadata": {},
            "net_amount": line["amount"],
            "parent": {"subscription_details": about, "type": "subscription_details"},
            "period": dict(line["period"]),
            "pricing": line["pricing"],
            "proration": True,
            "proration_details": {"credited_items": None, "discount_amounts": []},
            "quantity": line["quantity"],
            "quantity_decimal": str(line["quantity"]),
            "tax_rates": [],
            "test_clock": subscription["test_clock"],
            "_line": line,
        }
        account.new("invoiceitem", fields, key=key)
        account.emit("invoiceitem.created", account.get("invoiceitem", key))
