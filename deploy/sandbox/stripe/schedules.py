"""The endpoints of subscription schedules: changes that wait for their day."""

from __future__ import annotations

from typing import Any

from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.errors import StripeError, missing
from deploy.sandbox.stripe.form import Params
from deploy.sandbox.stripe.items import items_of, period_of, recurring
from deploy.sandbox.stripe.pages import PAGING, only, page
from deploy.sandbox.stripe.periods import added
from deploy.sandbox.stripe.phases import put_on_agenda, release
from deploy.sandbox.stripe.standing import end
from deploy.sandbox.stripe.updating import PRORATIONS

_PAGING = " ".join(PAGING)
_BEHAVIORS = ("release", "cancel")


def _create(call: Call) -> Obj:
    account, params = call.account, call.params
    key = params.needed("from_subscription")
    subscription = account.get("subscription", key, param="from_subscription")
    if subscription["schedule"] is not None:
        message = (
            f"You cannot migrate a subscription that is already attached to a schedule: {subscription['schedule']}."
        )
        raise StripeError(message, param="from_subscription")
    return schedule_from(account, subscription, metadata=params.metadata())


def schedule_from(account: Account, subscription: Obj, *, metadata: dict[str, str] | None = None) -> Obj:
    """A schedule whose one phase is what the subscription is now, until its period ends."""
    start, period_end = period_of(subscription)
    now = account.now(subscription["customer"])
    wanted = [_item(item["price"]["id"], item["quantity"]) for item in items_of(subscription)]
    phase = _phase(subscription["currency"], wanted, start=start, end=period_end, proration="create_prorations")
    defaults: Obj = {
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": "automatic",
        "billing_thresholds": None,
        "collection_method": "charge_automatically",
        "default_payment_method": None,
        "description": None,
        "invoice_settings": {"account_tax_ids": None, "days_until_due": None, "issuer": {"type": "self"}},
        "on_behalf_of": None,
        "transfer_data": None,
    }
    fields: Obj = {
        "application": None,
        "billing_mode": subscription["billing_mode"],
        "canceled_at": None,
        "completed_at": None,
        "current_phase": {"start_date": start, "end_date": period_end},
        "customer": subscription["customer"],
        "default_settings": defaults,
        "end_behavior": "release",
        "metadata": metadata or {},
        "pause_schedules": [],
        "phases": [phase],
        "released_at": None,
        "released_subscription": None,
        "status": "active",
        "subscription": subscription["id"],
        "test_clock": subscription["test_clock"],
    }
    made = account.new("subscription_schedule", fields, at=now)
    account.update(subscription, "customer.subscription.updated", schedule=made["id"])
    account.emit("subscription_schedule.created", made)
    put_on_agenda(account, made)
    return made


def _update(call: Call) -> Obj:
    account, params = call.account, call.params
    schedule = _active(account, call.id)
    fields: dict[str, Any] = {}
    if "end_behavior" in params:
        fields["end_behavior"] = params.one_of("end_behavior", _BEHAVIORS, default="release")
    if "metadata" in params:
        fields["metadata"] = params.metadata(schedule["metadata"])
    given = params.groups("phases")
    if given:
        fields["phases"] = phases_of(account, schedule, given)
    account.update(schedule, "subscription_schedule.updated", **fields)
    put_on_agenda(account, schedule)
    return schedule


def phases_of(account: Account, schedule: Obj, given: list[Params]) -> list[Obj]:
    """The phases that parameters describe. The first must be the one that is on, as Stripe has it."""
    current = schedule["current_phase"]
    phases: list[Obj] = []
    for no, one in enumerate(given):
        after = phases[-1]["end_date"] if phases else current["start_date"]
        start = one.whole("start_date") if one.text("start_date") != "now" else account.now(schedule["customer"])
        start = after if start is None else start
        if no == 0 and start != current["start_date"]:
            message = "You can not modify the start date of the current phase."
            raise StripeError(message, param=one.name_of("start_date"))
        if start != after:
            raise StripeError("The phases of a schedule must follow each other without gaps.", param="phases")
        phases.append(_phase_of(account, schedule, one, start=start))
    return phases


def _phase_of(account: Account, schedule: Obj, given: Params, *, start: int) -> Obj:
    wanted: list[Obj] = []
    for one in given.groups("items"):
        price = recurring(account, one.needed("price"), param=one.name_of("price"))
        wanted.append(_item(price["id"], one.whole("quantity", least=0) or 1))
    if not wanted:
        raise missing(given.name_of("items"))
    finish = given.whole("end_date")
    if finish is None:
        told = account.get("price", wanted[0]["price"])["recurring"]
        duration = given.group("duration")
        many = given.whole("iterations", least=1) or 1
        interval, count = told["interval"], told["interval_count"] * many
        if duration.values:
            interval = duration.one_of("interval", ("day", "week", "month", "year"), default="month")
            count = duration.whole("interval_count", least=1) or 1
        finish = added(start, interval=interval, count=count)
    if finish <= start:
        raise StripeError("The end date of a phase must be after its start.", param=given.name_of("end_date"))
    proration = given.one_of("proration_behavior", PRORATIONS, default="create_prorations")
    currency = account.get("subscription", schedule["subscription"])["currency"]
    return _phase(currency, wanted, start=start, end=finish, proration=proration) | {"metadata": given.metadata()}


def _phase(currency: str, wanted: list[Obj], *, start: int, end: int, proration: str) -> Obj:
    unset = ("application_fee_percent", "automatic_tax", "billing_cycle_anchor", "billing_thresholds", "description")
    others = ("collection_method", "default_payment_method", "invoice_settings", "on_behalf_of", "transfer_data")
    return {
        **dict.fromkeys((*unset, *others, "trial_end")),
        "add_invoice_items": [],
        "currency": currency,
        "default_tax_rates": [],
        "discounts": [],
        "end_date": end,
        "items": wanted,
        "metadata": {},
        "proration_behavior": proration,
        "start_date": start,
    }


def _item(price: str, quantity: int) -> Obj:
    return {
        "billing_thresholds": None,
        "discounts": [],
        "metadata": {},
        "plan": price,
        "price": price,
        "quantity": quantity,
        "tax_rates": [],
    }


def _active(account: Account, key: str) -> Obj:
    schedule = account.get("subscription_schedule", key)
    if schedule["status"] != "active":
        message = (
            f"You cannot change a subscription schedule that is `{schedule['status']}`; this one must be `active`."
        )
        raise StripeError(message)
    return schedule


def _release(call: Call) -> Obj:
    schedule = _active(call.account, call.id)
    release(call.account, schedule)
    return schedule


def _cancel(call: Call) -> Obj:
    schedule = _active(call.account, call.id)
    end(call.account, call.account.get("subscription", schedule["subscription"]), reason="cancellation_requested")
    return schedule


def _list(call: Call) -> Obj:
    found = only(call.account.all("subscription_schedule"), call.params, "customer")
    return page(found, call.params, "/v1/subscription_schedules")


_UPDATE = "phases end_behavior metadata proration_behavior default_settings"
ROUTES: tuple[Route, ...] = (
    route("POST", "/v1/subscription_schedules", _create, "from_subscription metadata"),
    route("GET", "/v1/subscription_schedules", _list, f"{_PAGING} customer"),
    route("GET", "/v1/subscription_schedules/{}", lambda call: call.account.get("subscription_schedule", call.id)),
    route("POST", "/v1/subscription_schedules/{}", _update, _UPDATE),
    route("POST", "/v1/subscription_schedules/{}/release", _release, "preserve_cancel_date"),
    route("POST", "/v1/subscription_schedules/{}/cancel", _cancel, "invoice_now prorate"),
)
