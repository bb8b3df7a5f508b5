"""The knobs of the Stripe stand-in: its clock, what its dashboard and the banks do, and what it has stored and sent."""

from __future__ import annotations

import re
from typing import Any

from deploy.sandbox.state import Sandbox
from deploy.sandbox.stripe import charges, disputes, events
from deploy.sandbox.stripe.account import PREFIXES, Account, Obj, public
from deploy.sandbox.stripe.cards import card_of
from deploy.sandbox.stripe.clock import LIVE
from deploy.sandbox.stripe.customers import charge_to
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.mount import pages_of
from deploy.sandbox.stripe.work import advance
from deploy.sandbox.web import Answer, Request, json_answer

_SHOWN = 100
_MOST = 1000
_AMOUNT = "amount is a whole number of minor units above 0"


def get_clock(_: Request, box: Sandbox) -> Answer:
    """GET /stripe-clock: the account's time, and when something falls due next."""
    account = box.stripe.account
    return json_answer(
        {"now": account.now(), "ahead_s": account.clocks[LIVE].ahead_s, "next_due": account.agenda.next_at(LIVE)}
    )


def put_clock(request: Request, box: Sandbox) -> Answer:
    """PUT /stripe-clock {advance_s} or {to}: go on to a later time; what falls due until then is done, each at its time."""
    body, account = request.json(), box.stripe.account
    account.pages = pages_of(request, box)
    now = account.now()
    to = body.get("to", now + body["advance_s"] if isinstance(body.get("advance_s"), int) else None)
    if not isinstance(to, int) or to < now:
        raise StripeError(f"give `advance_s` (seconds) or `to` (Unix seconds, not before {now})")
    done = advance(account, LIVE, until=to, dials=box.dials.stripe)
    return json_answer({"now": account.now(), "done": done, "next_due": account.agenda.next_at(LIVE)})


def get_objects(request: Request, box: Sandbox) -> Answer:
    """GET /stripe-objects[?kind=&customer=&limit=]: counts by kind, or the newest objects of a kind."""
    account, kind, customer = box.stripe.account, request.query("kind"), request.query("customer")
    if not kind:
        return json_answer({name: len(found) for name, found in account.objects.items()})
    if kind not in PREFIXES:
        raise StripeError(f"kind is one of {', '.join(PREFIXES)}")
    limit = request.query("limit", str(_SHOWN))
    many = min(int(limit), _MOST) if limit.isdigit() else _SHOWN
    found = [one for one in reversed(account.all(kind)) if not customer or customer in (one.get("customer"), one["id"])]
    return json_answer({"items": public(found[:many]), "total": len(found)})


def delete_objects(_: Request, box: Sandbox) -> Answer:
    """DELETE /stripe-objects: only the catalogue is left, and it is today."""
    box.stripe.reset()
    return json_answer({"cleared": True})


def post_dispute(request: Request, box: Sandbox) -> Answer:
    """POST /stripe-disputes {invoice, charge or payment_intent; amount, reason}: a customer has their bank take it back."""
    body, account = request.json(), box.stripe.account
    reason = str(body.get("reason") or "fraudulent")
    made = disputes.dispute(account, _charge(account, body), amount=_amount(body), reason=reason)
    return json_answer(public(made))


def put_dispute(request: Request, box: Sandbox) -> Answer:
    """PUT /stripe-disputes/{id} {status: won or lost}: the bank decides."""
    account, status = box.stripe.account, request.json().get("status")
    if status not in ("won", "lost"):
        raise StripeError("status is `won` or `lost`")
    made = account.get("dispute", request.path.rsplit("/", 1)[-1])
    disputes.decide(account, made, str(status))
    return json_answer(public(made))


def post_refund(request: Request, box: Sandbox) -> Answer:
    """POST /stripe-refunds {invoice, charge or payment_intent; amount}: somebody refunds in the dashboard."""
    body, account = request.json(), box.stripe.account
    fails = box.dials.stripe.refunds_fail
    charge = _charge(account, body)
    reason = "requested_by_customer"
    made = charges.refund(account, charge, amount=_amount(body), reason=reason, metadata={}, fails=fails)
    return json_answer(public(made))


def put_customer(request: Request, box: Sandbox) -> Answer:
    """PUT /stripe-customers/{id} {card}: from now on everything of theirs is charged to this card, which is in order."""
    body, account = request.json(), box.stripe.account
    customer = account.get("customer", request.path.rsplit("/", 1)[-1])
    card = card_of(str(body.get("card") or ""))
    if card is None:
        raise StripeError("`card` is the number of a test card")
    charge_to(account, customer, card)
    return json_answer(public(customer))


def get_deliveries(_: Request, box: Sandbox) -> Answer:
    """GET /stripe-deliveries: what became of each attempt to deliver an event, newest first, and how many wait."""
    courier = box.stripe.courier
    waiting = len(courier.account.outgoing)
    return json_answer({"items": list(reversed(courier.done))[:_MOST], "waiting": waiting})


def post_delivery(request: Request, box: Sandbox) -> Answer:
    """POST /stripe-deliveries {event}: send an event once more."""
    account = box.stripe.account
    event = account.get("event", str(request.json().get("event") or ""))
    return json_answer({"endpoints": events.send_again(account, event)})


def _charge(account: Account, body: dict[str, Any]) -> Obj:
    if body.get("invoice"):
        return charges.charge_of_invoice(account, str(body["invoice"]))
    return charges.charge_of(account, charge=body.get("charge"), intent=body.get("payment_intent"))


def _amount(body: dict[str, Any]) -> int | None:
    amount = body.get("amount")
    if amount is not None and (not isinstance(amount, int) or isinstance(amount, bool) or amount < 1):
        raise StripeError(_AMOUNT)
    return amount


KNOBS = {
    ("GET", re.compile(r"/stripe-clock")): get_clock,
    ("PUT", re.compile(r"/stripe-clock")): put_clock,
    ("GET", re.compile(r"/stripe-objects")): get_objects,
    ("DELETE", re.compile(r"/stripe-objects")): delete_objects,
    ("POST", re.compile(r"/stripe-disputes")): post_dispute,
    ("PUT", re.compile(r"/stripe-disputes/[^/]+")): put_dispute,
    ("POST", re.compile(r"/stripe-refunds")): post_refund,
    ("PUT", re.compile(r"/stripe-customers/[^/]+")): put_customer,
    ("GET", re.compile(r"/stripe-deliveries")): get_deliveries,
    ("POST", re.compile(r"/stripe-deliveries")): post_delivery,
}
