"""Changes of a subscription that cost or credit money: another price, a new rhythm, the end of a trial."""

from __future__ import annotations

from typing import Any

from deploy.sandbox.dials import StripeDials
from deploy.sandbox.stripe import drafting, invoicing, payments
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.items import items_of, put_items
from deploy.sandbox.stripe.periods import HOUR_S
from deploy.sandbox.stripe.standing import collect, drop_pending, settled
from deploy.sandbox.stripe.switching import Switch, store_prorations

_UNDECIDED_FOR_S = 23 * HOUR_S


def make_switch(
    account: Account,
    subscription: Obj,
    switch: Switch,
    *,
    dials: StripeDials,
    proration: str,
    payment: str,
    off_session: bool = False,
    **fields: Any,
) -> None:
    """Make a change as the proration and payment behaviours say. Raises StripeError (402) for error_if_incomplete."""
    drop_pending(account, subscription)
    if not switch.lines or (proration == "create_prorations" and not switch.at_once):
        store_prorations(account, subscription, switch.lines, invoice=None)
        _apply(account, subscription, switch, fields)
        return
    invoice = bill_of(account, subscription, switch)
    method = invoicing.method_of(account, invoice)
    outcome = payments.outcome_of(method, off_session=off_session)
    fails = invoice["amount_due"] > 0 and outcome != "paid"
    if fails and payment == "error_if_incomplete":
        raise payments.refusal(method, None)
    undecided = fails and payment == "pending_if_incomplete"
    invoice["_undecided"] = undecided
    if undecided:
        _put_off(account, subscription, switch, invoice)
    else:
        _apply(account, subscription, switch, fields)
    store_prorations(account, subscription, switch.lines, invoice=invoice["id"])
    account.update(subscription, "customer.subscription.updated", latest_invoice=invoice["id"])
    drafting.draft(account, invoice)
    paid = invoicing.finalize(account, invoice)
    if paid:
        settled(account, invoice)
    elif payment != "default_incomplete":
        collect(account, invoice, dials=dials, off_session=off_session)


def bill_of(account: Account, subscription: Obj, switch: Switch) -> Obj:
    """The invoice of a change, not stored: what waits for the next renewal stays there."""
    customer = account.get("customer", subscription["customer"])
    start, end = switch.items[0]["current_period_start"], switch.items[0]["current_period_end"]
    return drafting.build(
        account,
        customer=customer,
        lines=switch.lines,
        reason="subscription_update",
        subscription=subscription,
        period_start=start if switch.at_once else account.now(customer["id"]),
        period_end=end if switch.at_once else account.now(customer["id"]),
    )


def expire_pending(account: Account, key: str, _: StripeDials) -> None:
    """A change that was not paid for within 23 hours is forgotten."""
    subscription = account.get("subscription", key)
    update = subscription["pending_update"]
    if update is not None and update["expires_at"] <= account.now(subscription["customer"]):
        drop_pending(account, subscription)


def _apply(account: Account, subscription: Obj, switch: Switch, fields: dict[str, Any]) -> None:
    account.update(
        subscription,
        "customer.subscription.updated",
        items=put_items(subscription, switch.items),
        billing_cycle_anchor=switch.anchor,
        **fields,
    )
    clock = account.clock_of(subscription["customer"])
    account.agenda.put(clock, items_of(subscription)[0]["current_period_end"], work="renew", key=subscription["id"])


def _put_off(account: Account, subscription: Obj, switch: Switch, invoice: Obj) -> None:
    now = account.now(subscription["customer"])
    update: Obj = {
        "billing_cycle_anchor": switch.anchor if switch.at_once else None,
        "expires_at": now + _UNDECIDED_FOR_S,
        "subscription_items": switch.items,
        "trial_end": None,
        "trial_from_plan": None,
    }
    waits: Obj = {"items": switch.items, "anchor": switch.anchor, "invoice": invoice["id"]}
    account.update(subscription, "customer.subscription.updated", pending_update=update, _pending=waits)
    clock = account.clock_of(subscription["customer"])
    account.agenda.put(clock, update["expires_at"], work="expire_pending", key=subscription["id"])
