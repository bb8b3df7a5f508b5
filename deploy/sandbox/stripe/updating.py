"""The update of a subscription: its price, its end, its card, its coupons."""

from __future__ import annotations

from typing import Any

from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.changing import make_switch
from deploy.sandbox.stripe.discounts import given_discounts, new_discount
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.form import Params
from deploy.sandbox.stripe.items import changed_items, period_of
from deploy.sandbox.stripe.subscribing import warn_of_trial
from deploy.sandbox.stripe.subscriptions import BEHAVIORS, FIELDS, method_given, open_subscription, plain_fields
from deploy.sandbox.stripe.switching import Switch, switched

PRORATIONS = ("create_prorations", "always_invoice", "none")


def _update(call: Call) -> Obj:
    account, params = call.account, call.params
    subscription = open_subscription(account, call.id)
    _refuse_scheduled(subscription, params)
    fields = plain_fields(params)
    if "metadata" in params:
        fields["metadata"] = params.metadata(subscription["metadata"])
    if "default_payment_method" in params:
        method = method_given(account, params, account.get("customer", subscription["customer"]))
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
        payment=params.one_of("payment_behavior", BEHAVIORS, default="allow_incomplete"),
        off_session=params.flag("off_session"),
        **fields,
        **more,
    )
    if more.get("status") == "trialing":
        warn_of_trial(call.account, subscription, now=call.account.now(subscription["customer"]))


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


ROUTES: tuple[Route, ...] = (
    route(
        "POST",
        "/v1/subscriptions/{}",
        _update,
        f"{FIELDS} proration_date billing_cycle_anchor cancellation_details",
    ),
)
