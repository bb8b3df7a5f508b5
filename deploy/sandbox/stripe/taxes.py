"""Stripe Tax, as far as it goes here: where `automatic_tax` is enabled, every price is net and a fifth is added to each line."""

from __future__ import annotations

from deploy.sandbox.stripe.account import Obj

PERCENT = 20


def tax_on(net: int) -> int:
    """The tax on an amount in minor units; less than nothing is given back."""
    rounded = (abs(net) * PERCENT + 50) // 100
    return rounded if net >= 0 else -rounded


def automatic(enabled: bool) -> Obj:
    """The setting, as subscriptions and schedules bear it."""
    return {"disabled_reason": None, "enabled": enabled, "liability": {"type": "self"} if enabled else None}


def put_taxes(invoice: Obj, lines: list[Obj]) -> int:
    """Write the tax of each line and of all of them onto an invoice. Answers what it adds to the total."""
    enabled = invoice["automatic_tax"]["enabled"]
    for line in lines:
        net = line["amount"] - sum(one["amount"] for one in line["discount_amounts"])
        line["taxes"] = [_tax(net)] if enabled else []
    taxes = [one for line in lines for one in line["taxes"]]
    amount, taxable = (sum(one[name] for one in taxes) for name in ("amount", "taxable_amount"))
    invoice["total_taxes"] = [_tax(taxable) | {"amount": amount}] if enabled and lines else []
    invoice["automatic_tax"]["status"] = "complete" if enabled else None
    return amount


def _tax(net: int) -> Obj:
    return {
        "amount": tax_on(net),
        "tax_behavior": "exclusive",
        "tax_rate_details": {"tax_rate": "txr_sandbox"},
        "taxability_reason": "standard_rated",
        "taxable_amount": net,
        "type": "tax_rate_details",
    }
