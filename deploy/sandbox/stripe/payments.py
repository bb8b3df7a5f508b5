"""Charging a card: payment intents and charges."""

from __future__ import annotations

from typing import Any, Literal

from deploy.sandbox.stripe.account import Account, Obj, new_id, public
from deploy.sandbox.stripe.cards import BY_NUMBER, Card
from deploy.sandbox.stripe.errors import StripeError, declined

Outcome = Literal["paid", "declined", "asks"]


def outcome_of(method: Obj | None, *, shown: bool = False, off_session: bool = True) -> Outcome:
    """What a charge of this payment method would come to. `shown`: its owner has just proved who they are."""
    if method is None:
        return "declined"
    card = card_in(method)
    if card.charge == "declines":
        return "declined"
    if card.charge == "asks_always" and not shown:
        return "asks"
    if card.charge == "asks_unless_kept" and not shown and not (off_session and method["_proved"]):
        return "asks"
    return "paid"


def card_in(method: Obj) -> Card:
    """The card behind a payment method."""
    return BY_NUMBER[method["_number"]]


def refusal(method: Obj | None, intent: Obj | None) -> StripeError:
    """The error that says why a charge did not go through."""
    told = public(intent) if intent else None
    if method is None:
        message = (
            "This customer has no attached payment source or default payment method. Please consider adding a default"
            " payment method."
        )
        return StripeError(message, code="resource_missing")
    card = card_in(method)
    if card.charge == "declines":
        return declined(card.refused, code=card.code, decline_code=card.decline_code, intent=told)
    message = "Your card was declined. This transaction requires authentication."
    return declined(message, code="authentication_required", decline_code="authentication_required", intent=told)


def new_intent(account: Account, *, customer: str | None, amount: int, currency: str, **fields: Any) -> Obj:
    """A payment intent that has not been tried."""
    key = new_id("payment_intent")
    plain: Obj = {
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic",
        "client_secret": f"{key}_secret_{new_id('payment_intent')[3:]}",
        "confirmation_method": "automatic",
        "currency": currency,
        "customer": customer,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "metadata": {},
        "next_action": None,
        "payment_method": None,
        "payment_method_types": ["card"],
        "receipt_email": None,
        "setup_future_usage": None,
        "status": "requires_payment_method",
    }
    intent = account.new("payment_intent", plain | fields, key=key)
    account.emit("payment_intent.created", intent)
    return intent


def confirm(account: Account, intent: Obj, method: Obj | None, *, shown: bool, off_session: bool) -> Outcome:
    """Try to charge. The intent and a charge say what came of it."""
    outcome = outcome_of(method, shown=shown, off_session=off_session)
    if method is None:
        return "declined"
    if outcome == "asks" and not off_session:
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
        account.update(intent, payment_method=method["id"], status="requires_action", next_action=action)
        account.emit("payment_intent.requires_action", intent)
        return outcome
    charge = _charge(account, intent, method, paid=outcome == "paid")
    if outcome != "paid":
        error = refusal(method, None)
        told = {"type": error.kind, "message": error.message, **error.fields, "charge": charge["id"]}
        account.update(
            intent,
            last_payment_error=told | {"payment_method": public(method)},
            latest_charge=charge["id"],
            next_action=None,
            payment_method=None,
            status="requires_payment_method",
        )
        account.emit("charge.failed", charge)
        account.emit("payment_intent.payment_failed", intent)
        return outcome
    account.update(
        intent,
        amount_received=intent["amount"],
        last_payment_error=None,
        latest_charge=charge["id"],
        next_action=None,
        payment_method=method["id"],
        status="succeeded",
    )
    account.emit("charge.succeeded", charge)
    account.emit("payment_intent.succeeded", intent)
    if card_in(method).disputed:
        clock = account.clock_of(intent["customer"])
        account.agenda.put(clock, account.now(intent["customer"]) + 1, work="dispute", key=charge["id"])
    return outcome


def _charge(account: Account, intent: Obj, method: Obj, *, paid: bool) -> Obj:
    card = card_in(method)
    details = {"card": method["card"], "type": "card"}
    outcome = {
        "network_status": "approved_by_network" if paid else "declined_by_network",
        "reason": None if paid else card.decline_code or "authentication_required",
        "risk_level": "normal",
        "seller_message": "Payment complete." if paid else "The bank did not return any further details.",
        "type": "authorized" if paid else "issuer_declined",
    }
    return account.new(
        "charge",
        {
            "amount": intent["amount"],
            "amount_captured": intent["amount"] if paid else 0,
            "amount_refunded": 0,
            "balance_transaction": None,
            "billing_details": method["billing_details"],
            "captured": paid,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_code": None if paid else card.code,
            "failure_message": None if paid else card.refused,
            "fraud_details": {},
            "metadata": dict(intent["metadata"]),
            "outcome": outcome,
            "paid": paid,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": details,
            "receipt_url": None,
            "refunded": False,
            "status": "succeeded" if paid else "failed",
        },
    )
