"""Disputes: the bank takes a payment back, and gives it back when the dispute is won."""

from __future__ import annotations

from deploy.sandbox.dials import StripeDials
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.pages import PAGING, only, page
from deploy.sandbox.stripe.periods import DAY_S

_PAGING = " ".join(PAGING)
_CLOSED = ("won", "lost")
_ANSWER_WITHIN_S = 7 * DAY_S


def dispute(account: Account, charge: Obj, *, amount: int | None = None, reason: str = "fraudulent") -> Obj:
    """Open a dispute of a payment. Raises StripeError where there is one already, or nothing was paid."""
    if not charge["paid"] or charge["disputed"]:
        state = "is disputed already" if charge["disputed"] else "was not paid"
        raise StripeError(f"Charge {charge['id']} {state}.", param="charge")
    now = account.now(charge["customer"])
    details = {"due_by": now + _ANSWER_WITHIN_S, "has_evidence": False, "past_due": False, "submission_count": 0}
    card = {"brand": "visa", "case_type": "chargeback", "network_reason_code": "10.4"}
    fields: Obj = {
        "amount": charge["amount"] if amount is None else amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": details | {"enhanced_eligibility": {}, "submission_method": None},
        "is_charge_refundable": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {"card": card, "type": "card"},
        "reason": reason,
        "status": "needs_response",
    }
    made = account.new("dispute", fields, at=now)
    account.update(charge, disputed=True)
    account.emit("charge.dispute.created", made)
    account.emit("charge.dispute.funds_withdrawn", made)
    return made


def decide(account: Account, made: Obj, status: str) -> None:
    """The bank has decided: `won` gives the money back, `lost` does not. Raises StripeError once it is closed."""
    if made["status"] in _CLOSED:
        raise StripeError(f"The dispute {made['id']} is closed already: {made['status']}.")
    account.update(made, status=status)
    account.emit("charge.dispute.closed", made)
    if status == "won":
        account.emit("charge.dispute.funds_reinstated", made)


def dispute_when_due(account: Account, key: str, _: StripeDials) -> None:
    """The owner of a card that disputes everything has seen the charge."""
    charge = account.get("charge", key)
    if not charge["disputed"] and not charge["refunded"]:
        dispute(account, charge)


def _update(call: Call) -> Obj:
    made, params = call.account.get("dispute", call.id), call.params
    if made["status"] in _CLOSED:
        raise StripeError("This dispute is already closed", code="dispute_already_closed")
    fields: Obj = {"metadata": params.metadata(made["metadata"])}
    evidence = params.group("evidence").values
    if evidence:
        fields["evidence"] = made["evidence"] | evidence
        fields["status"] = "under_review" if params.flag("submit", default=True) else made["status"]
    call.account.update(made, "charge.dispute.updated", **fields)
    return made


def _close(call: Call) -> Obj:
    made = call.account.get("dispute", call.id)
    decide(call.account, made, "lost")
    return made


def _list(call: Call) -> Obj:
    return page(only(call.account.all("dispute"), call.params, "charge", "payment_intent"), call.params, "/v1/disputes")


ROUTES: tuple[Route, ...] = (
    route("GET", "/v1/disputes", _list, f"{_PAGING} charge payment_intent"),
    route("GET", "/v1/disputes/{}", lambda call: call.account.get("dispute", call.id)),
    route("POST", "/v1/disputes/{}", _update, "evidence submit metadata"),
    route("POST", "/v1/disputes/{}/close", _close),
)
