"""Begins a subscription: what Checkout and the API have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from deploy.sandbox.dials import StripeDials
from deploy.sandbox.stripe import drafting, invoicing, payments
from deploy.sandbox.stripe.account import Account, Obj, new_id
from deploy.sandbox.stripe.discounts import lasting, new_discount
from deploy.sandbox.stripe.items import items_of, moved, new_item, put_items, rhythm_of, same_rhythm
from deploy.sandbox.stripe.lines import full_line, trial_line
from deploy.sandbox.stripe.periods import DAY_S, HOUR_S, period_from
from deploy.sandbox.stripe.standing import collect, settled

_UNPAID_FOR_S = 23 * HOUR_S
_WARN_BEFORE_S = 3 * DAY_S


@dataclass(frozen=True, slots=True)
class Order:
    """What is subscribed to, by whom, how it is paid. `wanted`: prices with quantities."""

    customer: Obj
    wanted: list[tuple[Obj, int]]
    method: Obj | None = None
    trial_end: int | None = None
    behavior: str = "allow_incomplete"
    shown: bool = False
    off_session: bool = False
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    coupons: list[Obj] = field(default_factory=list[Obj])
    fields: dict[str, Any] = field(default_factory=dict[str, Any])


def subscribe(account: Account, order: Order, *, dials: StripeDials) -> Obj:
    """Begin a subscription with its first invoice. Raises StripeError (402) where it must be paid and is not."""
    customer = order.customer
    now = account.now(customer["id"])
    made = _built(account, order, now=now)
    lines = _first_lines(account, made)
    invoice = drafting.build(account, customer=customer, lines=lines, reason="subscription_create", subscription=made)
    method = order.method or account.find("payment_method", customer["invoice_settings"]["default_payment_method"])
    outcome = payments.outcome_of(method, shown=order.shown, off_session=order.off_session)
    if invoice["amount_due"] and outcome != "paid" and order.behavior == "error_if_incomplete":
        raise payments.refusal(method, None)
    account.keep(made)
    made["latest_invoice"] = invoice["id"]
    account.emit("customer.subscription.created", made)
    drafting.draft(account, invoice)
    _wait(account, made, now=now)
    paid = invoicing.finalize(account, invoice)
    made["discounts"] = lasting(account, made["discounts"])
    if paid:
        settled(account, invoice)
    elif order.behavior != "default_incomplete":
        collect(account, invoice, dials=dials, method=method, shown=order.shown, off_session=order.off_session)
    return made


def trial_will_end(account: Account, key: str, _: StripeDials) -> None:
    """Three days before the end of a trial, or at its start if it is shorter."""
    subscription = account.get("subscription", key)
    if subscription["status"] == "trialing":
        account.emit("customer.subscription.trial_will_end", subscription)


def warn_of_trial(account: Account, subscription: Obj, *, now: int) -> None:
    """Put the warning of the trial's end on the agenda."""
    at = max(now, subscription["trial_end"] - _WARN_BEFORE_S)
    account.agenda.put(account.clock_of(subscription["customer"]), at, work="trial_will_end", key=subscription["id"])


def _wait(account: Account, made: Obj, *, now: int) -> None:
    clock = account.clock_of(made["customer"])
    account.agenda.put(clock, items_of(made)[0]["current_period_end"], work="renew", key=made["id"])
    if made["status"] == "trialing":
        warn_of_trial(account, made, now=now)
    elif made["status"] == "incomplete":
        account.agenda.put(clock, now + _UNPAID_FOR_S, work="expire_incomplete", key=made["id"])


def _first_lines(account: Account, made: Obj) -> list[Obj]:
    write = trial_line if made["status"] == "trialing" else full_line
    return [
        write(account, item, start=item["current_period_start"], end=item["current_period_end"])
        for item in items_of(made)
    ]


def _built(account: Account, order: Order, *, now: int) -> Obj:
    key = new_id("subscription")
    customer = order.customer["id"]
    items = [
        new_item(price, quantity=quantity, subscription=key, start=now, end=now) for price, quantity in order.wanted
    ]
    interval, every = rhythm_of(same_rhythm(items))
    anchor = order.trial_end or now
    end = order.trial_end or period_from(now, start=now, interval=interval, every=every)[1]
    discounts = [new_discount(account, one, customer=customer, subscription=key, at=now) for one in order.coupons]
    made: Obj = _bare(key, currency=order.wanted[0][0]["currency"], customer=order.customer, now=now)
    made |= {
        "billing_cycle_anchor": anchor,
        "default_payment_method": order.method["id"] if order.method else None,
        "discounts": discounts,
        "metadata": order.metadata,
        "status": "trialing" if order.trial_end else "incomplete",
        "trial_end": order.trial_end,
        "trial_start": now if order.trial_end else None,
        **order.fields,
    }
    made["items"] = put_items(made, moved(items, start=now, end=end))
    return made


def _bare(key: str, *, currency: str, customer: Obj, now: int) -> Obj:
    unset = ("application", "application_fee_percent", "billing_cycle_anchor_config", "billing_thresholds", "cancel_at")
    later = ("canceled_at", "days_until_due", "default_source", "description", "ended_at", "latest_invoice")
    never = ("next_pending_invoice_item_invoice", "on_behalf_of", "pause_collection", "pending_invoice_item_interval")
    payment = {"payment_method_options": None, "payment_method_types": None, "save_default_payment_method": "off"}
    return {
        "id": key,
        "object": "subscription",
        **dict.fromkeys(
            (*unset, *later, *never, "pending_setup_intent", "pending_update", "schedule", "transfer_data")
        ),
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": now,
        "currency": currency,
        "customer": customer["id"],
        "default_tax_rates": [],
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "livemode": False,
        "payment_settings": payment,
        "start_date": now,
        "test_clock": customer["test_clock"],
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
    }
