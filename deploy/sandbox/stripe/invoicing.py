"""Makes invoices, finalises them, and has them paid or not."""

from __future__ import annotations

from typing import Any

from deploy.sandbox.stripe import discounts as discounting
from deploy.sandbox.stripe import payments
from deploy.sandbox.stripe.account import Account, Obj, listed, new_id
from deploy.sandbox.stripe.customers import move_balance
from deploy.sandbox.stripe.payments import Outcome

_SMALLEST_CHARGE = 50
"""Minor units. What is less is put on the customer's balance instead."""


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
    put_lines(account, invoice, lines)
    return invoice


def put_lines(account: Account, invoice: Obj, lines: list[Obj]) -> None:
    """Set the lines of a draft and count anew."""
    for line in lines:
        line["invoice"], line["discount_amounts"] = invoice["id"], []
    sums = discounting.apply(account, lines, invoice["discounts"])
    subtotal = sum(line["amount"] for line in lines)
    total = subtotal - sum(one["amount"] for one in sums)
    due, ending = _due(total, balance=invoice["starting_balance"])
    invoice |= {
        "amount_due": due,
        "amount_remaining": due,
        "lines": listed(lines, f"/v1/invoices/{invoice['id']}/lines"),
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": total,
        "total_discount_amounts": sums,
        "total_excluding_tax": total,
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


def finalize(account: Account, invoice: Obj) -> bool:
    """Give a draft its number, take the customer's balance into account, and open it. With nothing due it is paid: True."""
    customer = account.get("customer", invoice["customer"])
    invoice["starting_balance"] = customer["balance"]
    put_lines(account, invoice, invoice["lines"]["data"])
    ending = invoice["_ending_balance"]
    if ending != customer["balance"]:
        kind = "applied_to_invoice"
        amount = ending - customer["balance"]
        move_balance(account, customer, amount, kind=kind, currency=invoice["currency"], invoice=invoice["id"])
    _open(account, invoice, customer, ending=ending)
    if invoice["amount_due"] == 0:
        _paid(account, invoice, 0)
        return True
    _want_payment(account, invoice)
    return False


def _open(account: Account, invoice: Obj, customer: Obj, *, ending: int) -> None:
    now = account.now(customer["id"])
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    customer["next_invoice_sequence"] += 1
    transitions = invoice["status_transitions"] | {"finalized_at": now}
    account.update(
        invoice,
        "invoice.finalized",
        status="open",
        number=number,
        effective_at=now,
        ending_balance=ending,
        automatically_finalizes_at=None,
        status_transitions=transitions,
        hosted_invoice_url=f"{invoice['_pages']}/invoices/{invoice['id']}",
        invoice_pdf=f"{invoice['_pages']}/invoices/{invoice['id']}/pdf",
    )


def charge(account: Account, invoice: Obj, method: Obj | None, *, shown: bool, off_session: bool) -> Outcome:
    """Try to collect an open invoice from a card."""
    intent = intent_of(account, invoice)
    outcome = payments.confirm(account, intent, method, shown=shown, off_session=off_session)
    account.update(invoice, attempted=True, attempt_count=invoice["attempt_count"] + 1)
    if outcome == "paid":
        _paid(account, invoice, invoice["amount_due"])
    elif outcome == "asks":
        account.emit("invoice.payment_action_required", invoice)
        account.emit("invoice.payment_failed", invoice)
    else:
        account.emit("invoice.payment_failed", invoice)
    return outcome


def pay_with(account: Account, invoice: Obj, intent: Obj) -> None:
    """Open a draft that Checkout has already had paid, and mark it so. The customer's balance stays out of it."""
    customer = account.get("customer", invoice["customer"])
    invoice["starting_balance"] = 0
    put_lines(account, invoice, invoice["lines"]["data"])
    account.emit("invoice.created", invoice)
    _open(account, invoice, customer, ending=customer["balance"])
    if invoice["amount_due"]:
        new_payment(account, invoice, intent)
    _paid(account, invoice, invoice["amount_due"])


def pay_elsewhere(account: Account, invoice: Obj) -> None:
    """Mark an open invoice as paid outside Stripe."""
    payment = account.all("invoice_payment", invoice=invoice["id"])[-1]
    account.update(payment, status="canceled")
    account.update(account.get("payment_intent", payment["payment"]["payment_intent"]), status="canceled")
    _paid(account, invoice, 0, elsewhere=True)


def void(account: Account, invoice: Obj) -> None:
    """Make an open invoice as good as never written."""
    now = account.now(invoice["customer"])
    transitions = invoice["status_transitions"] | {"voided_at": now}
    cleared: Obj = {"auto_advance": False, "next_payment_attempt": None, "amount_remaining": 0}
    account.update(invoice, "invoice.voided", status="void", status_transitions=transitions, **cleared)
    for payment in account.all("invoice_payment", invoice=invoice["id"], status="open"):
        account.update(payment, status="canceled")
        intent = account.get("payment_intent", payment["payment"]["payment_intent"])
        account.update(intent, "payment_intent.canceled", status="canceled", cancellation_reason="void_invoice")


def intent_of(account: Account, invoice: Obj) -> Obj:
    """The payment intent of an open invoice."""
    payment = account.all("invoice_payment", invoice=invoice["id"])[-1]
    return account.get("payment_intent", payment["payment"]["payment_intent"])


def subscription_of(invoice: Obj) -> str | None:
    """The subscription that an invoice is for."""
    parent = invoice["parent"]
    return parent["subscription_details"]["subscription"] if parent else None


def method_of(account: Account, invoice: Obj) -> Obj | None:
    """The card an invoice is charged to: its own, its subscription's, its customer's."""
    subscription = account.find("subscription", subscription_of(invoice))
    customer = account.get("customer", invoice["customer"])
    keys = (
        invoice["default_payment_method"],
        subscription["default_payment_method"] if subscription else None,
        customer["invoice_settings"]["default_payment_method"],
    )
    methods = (account.find("payment_method", key) for key in keys if key)
    return next((one for one in methods if one and one["customer"] == customer["id"]), None)


def _want_payment(account: Account, invoice: Obj) -> None:
    intent = payments.new_intent(
        account,
        customer=invoice["customer"],
        amount=invoice["amount_due"],
        currency=invoice["currency"],
        description=invoice["description"] or "Subscription update",
    )
    new_payment(account, invoice, intent)


def new_payment(account: Account, invoice: Obj, intent: Obj) -> None:
    """Write down that an invoice is to be paid by a payment intent."""
    fields: Obj = {
        "amount_paid": None,
        "amount_requested": invoice["amount_due"],
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
    account.new("invoice_payment", fields, at=account.now(invoice["customer"]))


def _paid(account: Account, invoice: Obj, amount: int, *, elsewhere: bool = False) -> None:
    now = account.now(invoice["customer"])
    for payment in account.all("invoice_payment", invoice=invoice["id"], status="open"):
        transitions = payment["status_transitions"] | {"paid_at": now}
        account.update(payment, status="paid", amount_paid=amount, status_transitions=transitions)
        account.emit("invoice_payment.paid", payment)
    account.update(
        invoice,
        "invoice.updated",
        status="paid",
        amount_paid=amount,
        amount_remaining=0,
        amount_paid_off_stripe=invoice["amount_due"] if elsewhere else 0,
        attempted=True,
        auto_advance=False,
        next_payment_attempt=None,
        status_transitions=invoice["status_transitions"] | {"paid_at": now},
    )
    account.emit("invoice.paid", invoice)
    if not elsewhere:
        account.emit("invoice.payment_succeeded", invoice)


def _bare(account: Account, customer: Obj, *, key: str, reason: str, subscription: Obj | None, now: int) -> Obj:
    parent = None
    if subscription is not None:
        details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
        parent = {"type": "subscription_details", "subscription_details": details, "quote_details": None}
    times = dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at"))
    nothing = (
        "application",
        "account_tax_ids",
        "custom_fields",
        "customer_shipping",
        "description",
        "due_date",
        "footer",
    )
    unset = (
        "from_invoice",
        "hosted_invoice_url",
        "invoice_pdf",
        "last_finalization_error",
        "latest_revision",
        "number",
    )
    later = ("automatically_finalizes_at", "effective_at", "ending_balance", "next_payment_attempt", "receipt_number")
    return {
        "id": key,
        "object": "invoice",
        **dict.fromkeys((*nothing, *unset, *later, "on_behalf_of", "rendering", "statement_descriptor")),
        "account_country": "US",
        "account_name": "Corofy sandbox",
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "issuer": {"type": "self"},
        "livemode": False,
        "metadata": {},
        "parent": parent,
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": now,
        "period_start": now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": customer["balance"],
        "status": "draft",
        "status_transitions": times,
        "test_clock": customer["test_clock"],
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": now,
        "_pages": account.pages,
    }
