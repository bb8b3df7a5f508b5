"""The endpoints of payment intents, charges and refunds."""

from __future__ import annotations

from deploy.sandbox.dials import StripeDials
from deploy.sandbox.stripe import payments
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.cards import BY_NUMBER
from deploy.sandbox.stripe.errors import StripeError, missing
from deploy.sandbox.stripe.pages import PAGING, only, page

_PAGING = " ".join(PAGING)
_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_FAILS_AFTER_S = 60


def refund(
    account: Account, charge: Obj, *, amount: int | None, reason: str | None, metadata: dict[str, str], fails: bool
) -> Obj:
    """Give money back. Raises StripeError for more than is left. One that fails says so a minute later."""
    left = charge["amount"] - charge["amount_refunded"]
    wanted = left if amount is None else amount
    if not charge["paid"]:
        raise StripeError(f"Charge {charge['id']} has not been paid.", param="charge")
    if charge["disputed"]:
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise StripeError(message, code="charge_disputed")
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise StripeError(message, code="charge_already_refunded")
    if wanted > left:
        message = f"Refund amount ({_shown(wanted)}) is greater than unrefunded amount on charge ({_shown(left)})"
        raise StripeError(message, param="amount")
    fields: Obj = {
        "amount": wanted,
        "balance_transaction": None,
        "charge": charge["id"],
        "currency": charge["currency"],
        "destination_details": {"card": {"type": "refund", "reference_status": "pending"}, "type": "card"},
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    made = account.new("refund", fields, at=account.now(charge["customer"]))
    refunded = charge["amount_refunded"] + wanted
    account.update(charge, amount_refunded=refunded, refunded=refunded == charge["amount"])
    account.emit("refund.created", made)
    account.emit("charge.refunded", charge)
    card = BY_NUMBER[account.get("payment_method", charge["payment_method"])["_number"]]
    if fails or card.refund_fails:
        at = account.now(charge["customer"]) + _FAILS_AFTER_S
        account.agenda.put(account.clock_of(charge["customer"]), at, work="fail_refund", key=made["id"])
    return made


def fail_refund(account: Account, key: str, _: StripeDials) -> None:
    """The card does not take the money back: the refund has failed, and is no longer one."""
    made = account.get("refund", key)
    charge = account.get("charge", made["charge"])
    account.update(charge, "charge.updated", amount_refunded=charge["amount_refunded"] - made["amount"], refunded=False)
    account.update(made, "refund.updated", status="failed", failure_reason="lost_or_stolen_card")
    account.emit("refund.failed", made)


def charge_of(account: Account, *, charge: str | None, intent: str | None) -> Obj:
    """The charge that is named, or the last one of a payment intent."""
    if charge is not None:
        return account.get("charge", charge, param="charge")
    if intent is None:
        raise missing("payment_intent")
    found = account.get("payment_intent", intent, param="payment_intent")
    if found["status"] != "succeeded":
        message = f"This PaymentIntent ({intent}) does not have a successful charge to refund."
        raise StripeError(message, param="payment_intent")
    return account.get("charge", found["latest_charge"], param="payment_intent")


def charge_of_invoice(account: Account, invoice: str) -> Obj:
    """The charge that paid an invoice. Raises StripeError where none did."""
    paid = account.all("invoice_payment", invoice=invoice, status="paid")
    if not paid:
        raise StripeError(f"No payment paid the invoice {invoice}.", param="invoice")
    return charge_of(account, charge=None, intent=paid[-1]["payment"]["payment_intent"])


def _create_refund(call: Call) -> Obj:
    params = call.params
    charge = charge_of(call.account, charge=params.text("charge"), intent=params.text("payment_intent"))
    reason = params.one_of("reason", _REASONS, default="requested_by_customer") if "reason" in params else None
    return refund(
        call.account,
        charge,
        amount=params.whole("amount", least=1),
        reason=reason,
        metadata=params.metadata(),
        fails=call.dials.refunds_fail,
    )


def _update_refund(call: Call) -> Obj:
    made = call.account.get("refund", call.id)
    call.account.update(made, "refund.updated", metadata=call.params.metadata(made["metadata"]))
    return made


def _list_refunds(call: Call) -> Obj:
    return page(only(call.account.all("refund"), call.params, "charge", "payment_intent"), call.params, "/v1/refunds")


def _create_intent(call: Call) -> Obj:
    params, account = call.params, call.account
    amount = params.whole("amount", least=1)
    if amount is None:
        raise missing("amount")
    customer = params.text("customer")
    intent = payments.new_intent(
        account,
        customer=customer,
        amount=amount,
        currency=params.needed("currency").lower(),
        description=params.text("description"),
        metadata=params.metadata(),
        setup_future_usage=params.text("setup_future_usage"),
        payment_method=params.text("payment_method"),
    )
    return _confirmed(call, intent) if params.flag("confirm") else intent


def _confirm(call: Call) -> Obj:
    intent = call.account.get("payment_intent", call.id)
    if intent["status"] in ("succeeded", "canceled"):
        message = f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}."
        raise StripeError(message, code="payment_intent_unexpected_state")
    return _confirmed(call, intent)


def _confirmed(call: Call, intent: Obj) -> Obj:
    account = call.account
    key = call.params.text("payment_method") or intent["payment_method"]
    method = account.get("payment_method", key, param="payment_method") if key else None
    off_session = call.params.flag("off_session")
    outcome = payments.confirm(account, intent, method, shown=False, off_session=off_session)
    if outcome == "declined" or (outcome == "asks" and off_session):
        raise payments.refusal(method, intent)
    return intent


def _cancel_intent(call: Call) -> Obj:
    intent = call.account.get("payment_intent", call.id)
    if intent["status"] in ("succeeded", "canceled"):
        message = f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
        raise StripeError(message, code="payment_intent_unexpected_state")
    reason = call.params.text("cancellation_reason")
    now = call.account.now(intent["customer"])
    call.account.update(
        intent, "payment_intent.canceled", status="canceled", canceled_at=now, cancellation_reason=reason
    )
    return intent


def _list_intents(call: Call) -> Obj:
    return page(only(call.account.all("payment_intent"), call.params, "customer"), call.params, "/v1/payment_intents")


def _list_charges(call: Call) -> Obj:
    found = only(call.account.all("charge"), call.params, "customer", "payment_intent")
    return page(found, call.params, "/v1/charges")


def _shown(amount: int) -> str:
    return f"${amount / 100:,.2f}"


_INTENT = "amount currency customer payment_method confirm off_session description metadata setup_future_usage"
ROUTES: tuple[Route, ...] = (
    route("POST", "/v1/refunds", _create_refund, "charge payment_intent amount reason metadata"),
    route("GET", "/v1/refunds", _list_refunds, f"{_PAGING} charge payment_intent"),
    route("GET", "/v1/refunds/{}", lambda call: call.account.get("refund", call.id)),
    route("POST", "/v1/refunds/{}", _update_refund, "metadata"),
    route("POST", "/v1/payment_intents", _create_intent, f"{_INTENT} payment_method_types automatic_payment_methods"),
    route("GET", "/v1/payment_intents", _list_intents, f"{_PAGING} customer"),
    route("GET", "/v1/payment_intents/{}", lambda call: call.account.get("payment_intent", call.id)),
    route("POST", "/v1/payment_intents/{}/confirm", _confirm, "payment_method off_session return_url"),
    route("POST", "/v1/payment_intents/{}/cancel", _cancel_intent, "cancellation_reason"),
    route("GET", "/v1/charges", _list_charges, f"{_PAGING} customer payment_intent"),
    route("GET", "/v1/charges/{}", lambda call: call.account.get("charge", call.id)),
)
