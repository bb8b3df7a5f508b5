"""What a person does on the pay pages: gives a card, proves who they are, pays a Checkout session or an open invoice."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.sandbox.dials import StripeDials
from deploy.sandbox.stripe import drafting, invoicing, payments
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.cards import card_of
from deploy.sandbox.stripe.customers import new_customer
from deploy.sandbox.stripe.discounts import new_discount
from deploy.sandbox.stripe.errors import StripeError, declined
from deploy.sandbox.stripe.lines import item_line, new_invoice_item, pricing_of
from deploy.sandbox.stripe.payment_methods import new_method
from deploy.sandbox.stripe.standing import collect
from deploy.sandbox.stripe.subscribing import Order, subscribe
from deploy.sandbox.stripe.taxes import automatic


@dataclass(frozen=True, slots=True)
class Given:
    """A card as it was typed in, and whether its owner has answered their bank's question."""

    number: str
    proved: bool = False


class BankAsks(Exception):
    """The bank wants to see the person before it pays."""


def card_given(account: Account, given: Given, *, customer: Obj, keep: bool) -> Obj:
    """The payment method from the form. Raises StripeError for what is no card, BankAsks where a proof is due."""
    card = card_of(given.number)
    if card is None:
        raise declined("Your card number is invalid.", code="incorrect_number", decline_code=None, intent=None)
    if card.charge.startswith("asks") and not given.proved:
        raise BankAsks
    if keep and not card.kept:
        raise declined(card.refused, code=card.code, decline_code=card.decline_code, intent=None)
    method = new_method(account, card, name=customer["name"], email=customer["email"])
    account.update(method, _proved=given.proved)
    if keep:
        account.update(method, customer=customer["id"])
        account.emit("payment_method.attached", method)
    return method


def pay_session(account: Account, session: Obj, given: Given, *, dials: StripeDials) -> str:
    """Complete a session. Answers the address to go on to. Raises StripeError or BankAsks; the session stays open then."""
    if session["status"] != "open":
        raise StripeError(f"This checkout is {session['status']}.")
    customer = _customer(account, session)
    plan = session["mode"] == "subscription"
    keep = plan or session["_intent"].get("setup_future_usage") is not None
    free = session["payment_method_collection"] == "if_required" and not session["amount_total"] and not given.number
    method = None if free else card_given(account, given, customer=customer, keep=keep)
    if plan:
        _begin_subscription(account, session, customer, method, given, dials=dials)
    else:
        _pay_once(account, session, customer, method, given)
    details = {"address": customer["address"], "email": customer["email"], "name": customer["name"]}
    account.update(
        session,
        customer=customer["id"],
        customer_details=details | {"phone": None, "tax_exempt": "none", "tax_ids": []},
        status="complete",
        url=None,
    )
    account.emit("checkout.session.completed", session)
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _customer(account: Account, session: Obj) -> Obj:
    found = account.find("customer", session["customer"])
    if found is not None:
        return found
    return new_customer(account, email=session["customer_email"])


def _begin_subscription(
    account: Account, session: Obj, customer: Obj, method: Obj | None, given: Given, *, dials: StripeDials
) -> None:
    trial = session["_trial"]
    trial_end = account.now(customer["id"]) + trial["days"] * 86_400 if trial["days"] else trial["end"]
    ends = session["_trial_settings"]
    order = Order(
        customer,
        [(line["price"], line["quantity"]) for line in session["_lines"]],
        method=method,
        trial_end=trial_end,
        behavior="error_if_incomplete",
        shown=given.proved,
        metadata=dict(session["_metadata"]),
        coupons=[account.get("coupon", key) for key in session["_coupons"]],
        fields={"automatic_tax": automatic(session["automatic_tax"]["enabled"])}
        | ({"trial_settings": ends} if ends else {}),
    )
    subscription = subscribe(account, order, dials=dials)
    invoice = account.get("invoice", subscription["latest_invoice"])
    account.update(
        session,
        subscription=subscription["id"],
        invoice=invoice["id"],
        payment_status="paid" if invoice["amount_due"] else "no_payment_required",
    )


def _pay_once(account: Account, session: Obj, customer: Obj, method: Obj | None, given: Given) -> None:
    data = session["_intent"]
    intent = payments.new_intent(
        account,
        customer=customer["id"],
        amount=session["amount_total"],
        currency=session["currency"],
        description=data.get("description"),
        metadata=dict(data.get("metadata") or {}),
        setup_future_usage=data.get("setup_future_usage"),
    )
    if session["amount_total"]:
        outcome = payments.confirm(account, intent, method, shown=given.proved, off_session=False)
        if outcome != "paid":
            raise payments.refusal(method, None)
    invoice = None
    if session["invoice_creation"]["enabled"]:
        invoice = _invoice_for(account, session, customer)
        invoicing.pay_with(account, invoice, intent)
    account.update(
        session,
        payment_intent=intent["id"],
        payment_status="paid" if session["amount_total"] else "no_payment_required",
        invoice=invoice["id"] if invoice else None,
    )


def _invoice_for(account: Account, session: Obj, customer: Obj) -> Obj:
    """The draft of a session's invoice. It is told of only once it is paid."""
    told = session["invoice_creation"]["invoice_data"]
    now = account.now(customer["id"])
    coupons = [
        new_discount(account, account.get("coupon", key), customer=customer["id"], subscription=None, at=now)
        for key in session["_coupons"]
    ]
    items: list[Obj] = []
    for line in session["_lines"]:
        about = {"description": line["description"], "metadata": {}, "quantity": line["quantity"]}
        pricing, amount = pricing_of(line["price"]), line["amount_total"]
        items.append(new_invoice_item(account, customer, amount, line["currency"], pricing=pricing, **about))
    invoice = drafting.build(
        account,
        customer=customer,
        lines=[item_line(item) for item in items],
        reason="manual",
        description=told["description"],
        metadata=dict(told["metadata"]),
        discounts=coupons,
        auto_advance=False,
        automatic_tax=dict(session["automatic_tax"]),
    )
    for item in items:
        account.update(item, invoice=invoice["id"])
    account.keep(invoice)
    return invoice


def pay_invoice(account: Account, invoice: Obj, given: Given, *, dials: StripeDials) -> None:
    """Pay an open invoice on its page; the card becomes the customer's default. Raises StripeError or BankAsks."""
    if invoice["status"] != "open":
        raise StripeError(f"This invoice is {invoice['status']}.")
    customer = account.get("customer", invoice["customer"])
    method = card_given(account, given, customer=customer, keep=True)
    outcome = collect(account, invoice, dials=dials, method=method, shown=given.proved, off_session=False)
    if outcome != "paid":
        raise payments.refusal(method, None)
