"""The endpoints of subscriptions and their items."""

from __future__ import annotations

from typing import Any

from deploy.sandbox.stripe import drafting, invoicing
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.customers import living
from deploy.sandbox.stripe.discounts import given_discounts
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.form import Params
from deploy.sandbox.stripe.items import items_of, recurring
from deploy.sandbox.stripe.pages import PAGING, only, page
from deploy.sandbox.stripe.renewing import begin_period
from deploy.sandbox.stripe.standing import collect, end, settled
from deploy.sandbox.stripe.subscribing import Order, subscribe
from deploy.sandbox.stripe.switching import store_prorations, unused_lines
from deploy.sandbox.stripe.taxes import automatic

_PAGING = " ".join(PAGING)
BEHAVIORS = ("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete")
FIELDS = (
    "items default_payment_method metadata description trial_end trial_settings off_session payment_behavior"
    " proration_behavior cancel_at_period_end cancel_at discounts payment_settings collection_method automatic_tax"
)
"""What is known both when a subscription is made and when it is updated."""
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
        method=method_given(account, params, customer),
        trial_end=trial_end,
        behavior=params.one_of("payment_behavior", BEHAVIORS, default="allow_incomplete"),
        off_session=params.flag("off_session"),
        metadata=params.metadata(),
        coupons=given_discounts(account, params),
        fields=plain_fields(params),
    )
    return subscribe(account, order, dials=call.dials)


def _cancel(call: Call) -> Obj:
    account, params = call.account, call.params
    subscription = open_subscription(account, call.id)
    now = account.now(subscription["customer"])
    lines = unused_lines(account, subscription, at=now) if params.flag("prorate") else []
    told = params.group("cancellation_details")
    details = subscription["cancellation_details"] | {name: told.text(name) for name in told.values}
    account.update(subscription, cancellation_details=details)
    end(account, subscription, reason="cancellation_requested")
    if lines and params.flag("invoice_now"):
        customer = account.get("customer", subscription["customer"])
        invoice = drafting.build(
            account, customer=customer, lines=lines, reason="subscription_update", subscription=subscription
        )
        store_prorations(account, subscription, lines, invoice=invoice["id"])
        account.update(subscription, latest_invoice=invoice["id"])
        invoicing.finalize(account, drafting.draft(account, invoice))
    return subscription


def _resume(call: Call) -> Obj:
    account = call.account
    subscription = open_subscription(account, call.id)
    if subscription["status"] != "paused":
        message = f"This subscription cannot be resumed because its status is {subscription['status']}, not paused."
        raise StripeError(message, code="subscription_not_paused")
    now = account.now(subscription["customer"])
    account.update(subscription, status="active", billing_cycle_anchor=now)
    lines = begin_period(account, subscription, start=now)
    customer = account.get("customer", subscription["customer"])
    invoice = drafting.build(
        account, customer=customer, lines=lines, reason="subscription_update", subscription=subscription
    )
    account.update(subscription, latest_invoice=invoice["id"])
    if invoicing.finalize(account, drafting.draft(account, invoice)):
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


def open_subscription(account: Account, key: str) -> Obj:
    """A subscription that has not ended. Raises StripeError resource_missing for one that has, as Stripe does."""
    subscription = account.get("subscription", key)
    if subscription["status"] in _ENDED:
        message = f"No such subscription: '{key}'. It is {subscription['status']}: it can only be looked at."
        raise StripeError(message, status=404, code="resource_missing", param="id")
    return subscription


def method_given(account: Account, params: Params, customer: Obj) -> Obj | None:
    """The `default_payment_method` that was given, which is the customer's."""
    key = params.text("default_payment_method")
    if key is None:
        return None
    method = account.get("payment_method", key, param="default_payment_method")
    if method["customer"] != customer["id"]:
        message = f"The customer does not have a payment method with the ID {key}."
        raise StripeError(message, code="resource_missing", param="default_payment_method")
    return method


def plain_fields(params: Params) -> dict[str, Any]:
    """What is stored as it was given."""
    fields: dict[str, Any] = {}
    if "automatic_tax" in params:
        fields["automatic_tax"] = automatic(params.group("automatic_tax").flag("enabled"))
    if "description" in params:
        fields["description"] = params.text("description")
    end_behavior = params.group("trial_settings").group("end_behavior").text("missing_payment_method")
    if end_behavior is not None:
        fields["trial_settings"] = {"end_behavior": {"missing_payment_method": end_behavior}}
    return fields


ROUTES: tuple[Route, ...] = (
    route("POST", "/v1/subscriptions", _create, f"{FIELDS} customer trial_period_days currency"),
    route("GET", "/v1/subscriptions", _list, f"{_PAGING} customer status price collection_method test_clock"),
    route("GET", "/v1/subscriptions/{}", lambda call: call.account.get("subscription", call.id)),
    route("DELETE", "/v1/subscriptions/{}", _cancel, "prorate invoice_now cancellation_details"),
    route("POST", "/v1/subscriptions/{}/resume", _resume, "billing_cycle_anchor proration_behavior proration_date"),
    route("GET", "/v1/subscription_items", _items, f"{_PAGING} subscription"),
)
