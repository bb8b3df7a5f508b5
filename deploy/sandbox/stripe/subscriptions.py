"""The endpoints of subscriptions and their items."""

from __future__ import annotations

from typing import Any

from deploy.sandbox.stripe import invoicing
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.changing import make_switch
from deploy.sandbox.stripe.customers import living
from deploy.sandbox.stripe.discounts import given_discounts, new_discount
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.form import Params
from deploy.sandbox.stripe.items import changed_items, items_of, period_of, recurring
from deploy.sandbox.stripe.pages import PAGING, only, page
from deploy.sandbox.stripe.renewing import begin_period
from deploy.sandbox.stripe.standing import collect, end, settled
from deploy.sandbox.stripe.subscribing import Order, subscribe, warn_of_trial
from deploy.sandbox.stripe.switching import Switch, store_prorations, switched, unused_lines

_PAGING = " ".join(PAGING)
PRORATIONS = ("create_prorations", "always_invoice", "none")
_BEHAVIORS = ("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete")
_SAME = "items default_payment_method metadata description trial_end trial_settings off_session payment_behavior "
_MORE = "proration_behavior cancel_at_period_end cancel_at discounts payment_settings collection_method automatic_tax"
_ENDED = ("canceled", "incomplete_expired")


def _create(call: Call) -> Obj:
    account, params = call.account, call.params
    customer = living(account, params.needed("customer"), param="customer")
    wanted = [
        (recurring(account, one.needed("price"), param=one.name_of("price")), one.whole("quantity", least=0) or 1)
        for one in params.groups("items")
    ]
    if not wanted:
        raise StripeError("Missing required param: items.", code="parameter_missing", param="items")
    days = params.whole("trial_period_days", least=0)
    trial_end = account.now(customer["id"]) + days * 86_400 if days else params.whole("trial_end")
    order = Order(
        customer,
        wanted,
        method=_method(account, params, customer),
        trial_end=trial_end,
        behavior=params.one_of("payment_behavior", _BEHAVIORS, default="allow_incomplete"),
        off_session=params.flag("off_session"),
        metadata=params.metadata(),
        coupons=given_discounts(account, params),
        fields=_plain(params),
    )
    return subscribe(account, order, dials=call.dials)


def _update(call: Call) -> Obj:
    account, params = call.account, call.params
    subscription = _open(account, call.id)
    _refuse_scheduled(subscription, params)
    fields = _plain(params)
    if "metadata" in params:
        fields["metadata"] = params.metadata(subscription["metadata"])
    if "default_payment_method" in params:
        method = _method(account, params, account.get("customer", subscription["customer"]))
        fields["default_payment_method"] = method["id"] if method else None
    if "discounts" in params:
        fields["discounts"] = [
            new_discount(
                account,
                one,
                customer=subscription["customer"],
                subscription=call.id,
                at=account.now(subscription["customer"]),
            )
            for one in given_discounts(account, params)
        ]
    _set_end(account, subscription, params, fields)
    if any(name in params for name in ("items", "billing_cycle_anchor", "trial_end")):
        _switch(call, subscription, fields)
    else:
        account.update(subscription, "customer.subscription.updated", **fields)
    return subscription


def switch_of(account: Account, subscription: Obj, params: Params) -> tuple[Switch, dict[str, Any]]:
    """What the items, anchor and trial's end in the parameters come to, and the fields that change with them."""
    now = account.now(subscription["customer"])
    at = params.whole("proration_date") or now
    start, period_end = period_of(subscription)
    if not start <= at <= period_end:
        raise StripeError("proration_date must be within the current period.", param="proration_date")
    prorate = params.one_of("proration_behavior", PRORATIONS, default="create_prorations") != "none"
    items = changed_items(account, subscription, params.groups("items"))
    trial_end = params.text("trial_end")
    fields: dict[str, Any] = {}
    ends = trial_end == "now" and subscription["status"] == "trialing"
    if ends:
        fields = {"trial_end": now, "status": "active"}
    elif trial_end is not None and trial_end != "now":
        fields = {"trial_end": params.whole("trial_end"), "status": "trialing", "trial_start": now}
    free = fields.get("status", subscription["status"]) == "trialing"
    restart = ends or params.text("billing_cycle_anchor") == "now"
    switch = switched(account, subscription, items, at=at, prorate=prorate, restart=restart, free=free)
    return switch, fields


def _switch(call: Call, subscription: Obj, fields: dict[str, Any]) -> None:
    params = call.params
    switch, more = switch_of(call.account, subscription, params)
    if "trial_end" in more and more["status"] == "trialing":
        period = {"current_period_end": more["trial_end"], "billed_until": more["trial_end"]}
        switch = Switch([item | period for item in switch.items], [], more["trial_end"], at_once=False)
    make_switch(
        call.account,
        subscription,
        switch,
        dials=call.dials,
        proration=params.one_of("proration_behavior", PRORATIONS, default="create_prorations"),
        payment=params.one_of("payment_behavior", _BEHAVIORS, default="allow_incomplete"),
        off_session=params.flag("off_session"),
        **fields,
        **more,
    )
    if more.get("status") == "trialing":
        warn_of_trial(call.account, subscription, now=call.account.now(subscription["customer"]))


def _cancel(call: Call) -> Obj:
    account, params = call.account, call.params
    subscription = _open(account, call.id)
    now = account.now(subscription["customer"])
    lines = unused_lines(account, subscription, at=now) if params.flag("prorate") else []
    told = params.group("cancellation_details")
    details = subscription["cancellation_details"] | {name: told.text(name) for name in told.values}
    account.update(subscription, cancellation_details=details)
    end(account, subscription, reason="cancellation_requested")
    if lines and params.flag("invoice_now"):
        customer = account.get("customer", subscription["customer"])
        invoice = invoicing.build(
            account, customer=customer, lines=lines, reason="subscription_update", subscription=subscription
        )
        store_prorations(account, subscription, lines, invoice=invoice["id"])
        account.update(subscription, latest_invoice=invoice["id"])
        invoicing.finalize(account, invoicing.draft(account, invoice))
    return subscription


def _resume(call: Call) -> Obj:
    account = call.account
    subscription = _open(account, call.id)
    if subscription["status"] != "paused":
        message = f"This subscription cannot be resumed because its status is {subscription['status']}, not paused."
        raise StripeError(message, code="subscription_not_paused")
    now = account.now(subscription["customer"])
    account.update(subscription, status="active", billing_cycle_anchor=now)
    lines = begin_period(account, subscription, start=now)
    customer = account.get("customer", subscription["customer"])
    invoice = invoicing.build(
        account, customer=customer, lines=lines, reason="subscription_update", subscription=subscription
    )
    account.update(subscription, latest_invoice=invoice["id"])
    if invoicing.finalize(account, invoicing.draft(account, invoice)):
        settled(account, invoice)
    else:
        collect(account, invoice, dials=call.dials)
    account.emit("customer.subscription.resumed", subscription)
    return subscription


def _list(call: Call) -> Obj:
    status = call.params.text("status")
    found = only(call.account.all("subscription"), call.params, "customer", "collection_method", "test_clock")
    if status == "ended":
        found = [one for one in found if one["status"] in _ENDED]
    elif status is None:
        found = [one for one in found if one["status"] not in _ENDED]
    elif status != "all":
        found = [one for one in found if one["status"] == status]
    price = call.params.text("price")
    if price is not None:
        found = [one for one in found if any(item["price"]["id"] == price for item in items_of(one))]
    return page(found, call.params, "/v1/subscriptions")


def _items(call: Call) -> Obj:
    subscription = call.account.get("subscription", call.params.needed("subscription"), param="subscription")
    return page(items_of(subscription), call.params, "/v1/subscription_items")


def _open(account: Account, key: str) -> Obj:
    subscription = account.get("subscription", key)
    if subscription["status"] in _ENDED:
        message = f"No such subscription: '{key}'. It is {subscription['status']}: it can only be looked at."
        raise StripeError(message, status=404, code="resource_missing", param="id")
    return subscription


def _refuse_scheduled(subscription: Obj, params: Params) -> None:
    if subscription["schedule"] and any(name in params for name in ("items", "cancel_at_period_end", "cancel_at")):
        message = (
            f"The subscription is managed by the subscription schedule `{subscription['schedule']}`, and updating any"
            " cancelation behavior or items directly is not allowed. Please update the schedule, or release it first."
        )
        raise StripeError(message)


def _set_end(account: Account, subscription: Obj, params: Params, fields: dict[str, Any]) -> None:
    now = account.now(subscription["customer"])
    if "cancel_at_period_end" in params:
        chosen = params.flag("cancel_at_period_end")
        period_end = period_of(subscription)[1]
        fields |= {"cancel_at_period_end": chosen, "cancel_at": period_end if chosen else None}
        fields["canceled_at"] = now if chosen else None
        reason = "cancellation_requested" if chosen else None
        fields["cancellation_details"] = subscription["cancellation_details"] | {"reason": reason}
    elif "cancel_at" in params:
        day = params.whole("cancel_at")
        fields |= {"cancel_at": day, "canceled_at": now if day else None}
        if day:
            account.agenda.put(
                account.clock_of(subscription["customer"]), day, work="cancel_at", key=subscription["id"]
            )


def _method(account: Account, params: Params, customer: Obj) -> Obj | None:
    key = params.text("default_payment_method")
    if key is None:
        return None
    method = account.get("payment_method", key, param="default_payment_method")
    if method["customer"] != customer["id"]:
        message = f"The customer does not have a payment method with the ID {key}."
        raise StripeError(message, code="resource_missing", param="default_payment_method")
    return method


def _plain(params: Params) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if "description" in params:
        fields["description"] = params.text("description")
    end_behavior = params.group("trial_settings").group("end_behavior").text("missing_payment_method")
    if end_behavior is not None:
        fields["trial_settings"] = {"end_behavior": {"missing_payment_method": end_behavior}}
    return fields


ROUTES: tuple[Route, ...] = (
    route("POST", "/v1/subscriptions", _create, f"{_SAME} {_MORE} customer trial_period_days currency"),
    route("GET", "/v1/subscriptions", _list, f"{_PAGING} customer status price collection_method test_clock"),
    route("GET", "/v1/subscriptions/{}", lambda call: call.account.get("subscription", call.id)),
    route(
        "POST",
        "/v1/subscriptions/{}",
        _update,
        f"{_SAME} {_MORE} proration_date billing_cycle_anchor cancellation_details",
    ),
    route("DELETE", "/v1/subscriptions/{}", _cancel, "prorate invoice_now cancellation_details"),
    route("POST", "/v1/subscriptions/{}/resume", _resume, "billing_cycle_anchor proration_behavior proration_date"),
    route("GET", "/v1/subscription_items", _items, f"{_PAGING} subscription"),
)
