"""Invoices before they are final: lines, discounts, totals, and what would be due."""

from __future__ import annotations

from typing import Any

from deploy.sandbox.stripe import discounts as discounting
from deploy.sandbox.stripe.account import Account, Obj, listed, new_id
from deploy.sandbox.stripe.taxes import put_taxes

_SMALLEST_CHARGE = 50
"""Minor units. What is less is put on the customer's balance instead."""
_UNSET = (
    *("account_tax_ids", "application", "automatically_finalizes_at", "custom_fields", "customer_shipping"),
    *(
        "default_payment_method",
        "default_source",
        "description",
        "due_date",
        "effective_at",
        "ending_balance",
        "footer",
    ),
    *("from_invoice", "hosted_invoice_url", "invoice_pdf", "last_finalization_error", "latest_revision"),
    *("next_payment_attempt", "number", "on_behalf_of", "receipt_number", "rendering", "statement_descriptor"),
)
_COUNTS = (
    *("amount_overpaid", "amount_paid", "amount_shipping", "attempt_count"),
    *("post_payment_credit_notes_amount", "pre_payment_credit_notes_amount"),
)
_LISTS = ("customer_tax_ids", "default_tax_rates", "total_pretax_credit_amounts", "total_taxes")


def build(
    account: Account, *, customer: Obj, lines: list[Obj], reason: str, subscription: Obj | None = None, **fields: Any
) -> Obj:
    """A draft that is not stored: lines, discounts, totals and what would be due with the customer's balance."""
    now = account.now(customer["id"])
    key = new_id("invoice")
    codes = fields.pop("discounts", None)
    codes = list(subscription["discounts"] if subscription and codes is None else codes or [])
    invoice: Obj = _bare(account, customer, key=key, reason=reason, subscription=subscription, now=now)
    invoice |= {"currency": lines[0]["currency"] if lines else fields.get("currency", "usd"), "discounts": codes}
    invoice |= fields
    invoice["automatic_tax"]["enabled"] |= bool(subscription and subscription["automatic_tax"]["enabled"])
    put_lines(account, invoice, lines)
    return invoice


def put_lines(account: Account, invoice: Obj, lines: list[Obj]) -> None:
    """Set the lines of a draft and count anew."""
    for line in lines:
        line["invoice"], line["discount_amounts"] = invoice["id"], []
    sums = discounting.apply(account, lines, invoice["discounts"])
    subtotal = sum(line["amount"] for line in lines)
    net = subtotal - sum(one["amount"] for one in sums)
    total = net + put_taxes(invoice, lines)
    due, ending = _due(total, balance=invoice["starting_balance"])
    invoice |= {
        "amount_due": due,
        "amount_remaining": due,
        "lines": listed(lines, f"/v1/invoices/{invoice['id']}/lines"),
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": total,
        "total_discount_amounts": sums,
        "total_excluding_tax": net,
        "_ending_balance": ending,
    }


def draft(account: Account, invoice: Obj) -> Obj:
    """Store a built invoice, with the invoice items behind its prorations."""
    account.keep(invoice)
    account.emit("invoice.created", invoice)
    return invoice


def _due(total: int, *, balance: int) -> tuple[int, int]:
    """What is due and the balance afterwards; credit (a negative balance) is used up first."""
    wanted = total + balance
    if wanted < _SMALLEST_CHARGE and total != 0:
        return 0, wanted
    return (wanted, 0) if total > 0 else (0, balance)


def _bare(account: Account, customer: Obj, *, key: str, reason: str, subscription: Obj | None, now: int) -> Obj:
    parent = None
    if subscription is not None:
        details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
        parent = {"type": "subscription_details", "subscription_details": details, "quote_details": None}
    return {
        "id": key,
        "object": "invoice",
        **_blank(),
        "auto_advance": True,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "parent": parent,
        "period_end": now,
        "period_start": now,
        "starting_balance": customer["balance"],
        "status": "draft",
        "test_clock": customer["test_clock"],
        "webhooks_delivered_at": now,
        "_pages": account.pages,
    }


def _blank() -> Obj:
    """The fields that say nothing as long as nothing has happened."""
    return {
        **dict.fromkeys(_UNSET),
        **dict.fromkeys(_COUNTS, 0),
        **{name: [] for name in _LISTS},
        "account_country": "US",
        "account_name": "Corofy sandbox",
        "attempted": False,
        "automatic_tax": {"enabled": False} | dict.fromkeys(("disabled_reason", "liability", "provider", "status")),
        "customer_tax_exempt": "none",
        "issuer": {"type": "self"},
        "livemode": False,
        "metadata": {},
        "payment_settings": dict.fromkeys(("default_mandate", "payment_method_options", "payment_method_types")),
        "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
    }
