"""Invoice lines: full periods, prorations, invoice items."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from deploy.sandbox.stripe.account import Account, Obj, new_id


def full_line(account: Account, item: Obj, *, start: int, end: int) -> Obj:
    """A whole period of a subscription item."""
    price, quantity = item["price"], item["quantity"]
    name = _name(account, price)
    amount = price["unit_amount"] * quantity
    text = f"{quantity} × {name} (at {_money(price)} / {price['recurring']['interval']})"
    return _line(price, amount, text=text, start=start, end=end, quantity=quantity, parent=_from_item(item))


def trial_line(account: Account, item: Obj, *, start: int, end: int) -> Obj:
    """The free days of a subscription item."""
    text = f"Trial period for {_name(account, item['price'])}"
    line = _line(item["price"], 0, text=text, start=start, end=end, quantity=item["quantity"], parent=_from_item(item))
    line["pricing"]["unit_amount_decimal"] = "0"
    return line


def remaining_line(account: Account, item: Obj, *, amount: int, start: int, end: int) -> Obj:
    """What is left of the period at the new price."""
    text = f"Remaining time on {_amount_of(account, item)} after {_day(start)}"
    parent = _from_item(item, proration=True)
    return _line(item["price"], amount, text=text, start=start, end=end, quantity=item["quantity"], parent=parent)


def unused_line(account: Account, item: Obj, billed: Obj, *, amount: int, start: int, end: int) -> Obj:
    """What was billed by another line and will not be used: a negative amount that names that line."""
    price = item["price"]
    text = f"Unused time on {_amount_of(account, item)} after {_day(start)}"
    credited = {"invoice": billed["invoice"], "invoice_line_items": [billed["id"]]}
    parent = _from_item(item, proration=True, credited=credited if billed["invoice"] else None)
    line = _line(price, amount, text=text, start=start, end=end, quantity=billed["quantity"], parent=parent)
    return line | {"_credits": billed["id"]}


def new_invoice_item(account: Account, customer: Obj, amount: int, currency: str, **given: Any) -> Obj:
    """An invoice item that is put in by hand."""
    now = account.now(customer["id"])
    fields: Obj = {
        "amount": amount,
        "currency": currency,
        "customer": customer["id"],
        "date": now,
        "description": None,
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "metadata": {},
        "net_amount": amount,
        "parent": None,
        "period": {"start": now, "end": now},
        "pricing": None,
        "proration": False,
        "proration_details": {"credited_items": None, "discount_amounts": []},
        "quantity": 1,
        "tax_rates": [],
        "test_clock": customer["test_clock"],
        **given,
    }
    return account.new("invoiceitem", fields | {"quantity_decimal": str(fields["quantity"])})


def item_line(item: Obj) -> Obj:
    """The line of an invoice item that was added by hand."""
    details = {
        "invoice_item": item["id"],
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": (item["parent"] or {}).get("subscription_details", {}).get("subscription"),
    }
    parent = {"type": "invoice_item_details", "invoice_item_details": details, "subscription_item_details": None}
    line = _bare(item["amount"], item["currency"], text=item["description"], parent=parent)
    line |= {"metadata": dict(item["metadata"]), "period": dict(item["period"]), "pricing": item["pricing"]}
    return line | {"quantity": item["quantity"]}


def invoice_item_of(line: Obj) -> str | None:
    """The invoice item behind a line."""
    parent = line["parent"]
    return parent[parent["type"]]["invoice_item"]


def is_proration(line: Obj) -> bool:
    """Whether a line stands for a part of a period."""
    parent = line["parent"]
    return bool(parent[parent["type"]]["proration"])


def net_of(line: Obj) -> int:
    """What a line comes to after its discounts."""
    return int(line["amount"] - sum(one["amount"] for one in line["discount_amounts"]))


def pricing_of(price: Obj) -> Obj:
    """How a line says which price it is of."""
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def _from_item(item: Obj, *, proration: bool = False, credited: Obj | None = None) -> Obj:
    details: Obj = {
        "invoice_item": new_id("invoiceitem") if proration else None,
        "proration": proration,
        "proration_details": {"credited_items": credited},
        "subscription": item["subscription"],
        "subscription_item": item["id"],
    }
    return {"type": "subscription_item_details", "invoice_item_details": None, "subscription_item_details": details}


def _line(price: Obj, amount: int, *, text: str, start: int, end: int, quantity: int, parent: Obj) -> Obj:
    line = _bare(amount, price["currency"], text=text, parent=parent)
    period = {"start": start, "end": end}
    return line | {"period": period, "pricing": pricing_of(price), "quantity": quantity}


def _bare(amount: int, currency: str, *, text: str | None, parent: Obj) -> Obj:
    details = parent[parent["type"]]
    return {
        "id": new_id("line_item"),
        "object": "line_item",
        "amount": amount,
        "currency": currency,
        "description": text,
        "discount_amounts": list[Any](),
        "discountable": not details["proration"] or amount > 0,
        "discounts": list[Any](),
        "invoice": None,
        "livemode": False,
        "metadata": dict[str, str](),
        "parent": parent,
        "pretax_credit_amounts": list[Any](),
        "subscription": details["subscription"],
        "subtotal": amount,
        "taxes": list[Any](),
    }


def _name(account: Account, price: Obj) -> str:
    return str(account.get("product", price["product"])["name"])


def _amount_of(account: Account, item: Obj) -> str:
    many = f"{item['quantity']} × " if item["quantity"] != 1 else ""
    return f"{many}{_name(account, item['price'])}"


def _money(price: Obj) -> str:
    sign = "$" if price["currency"] == "usd" else f"{price['currency'].upper()} "
    return f"{sign}{price['unit_amount'] / 100:,.2f}"


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d %b %Y")
