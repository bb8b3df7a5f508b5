"""Finalises invoices, and has them paid or not."""

from __future__ import annotations

from deploy.sandbox.stripe import payments
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.customers import move_balance
from deploy.sandbox.stripe.drafting import put_lines
from deploy.sandbox.stripe.payments import Outcome


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


def settle_by_note(account: Account, invoice: Obj, amount: int) -> bool:
    """Take a credit note off an open invoice (put a voided one back on, with less than nothing). True: nothing is left."""
    noted, due = invoice["pre_payment_credit_notes_amount"] + amount, invoice["amount_due"] - amount
    account.update(
        invoice, "invoice.updated", pre_payment_credit_notes_amount=noted, amount_due=due, amount_remaining=due
    )
    account.update(intent_of(account, invoice), amount=due)
    for payment in account.all("invoice_payment", invoice=invoice["id"], status="open"):
        account.update(payment, amount_requested=due)
    if due:
        return False
    _paid(account, invoice, 0)
    return True


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
