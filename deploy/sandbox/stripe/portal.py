"""The endpoints of the customer portal: its configurations and sessions."""

from __future__ import annotations

from typing import Any

from deploy.sandbox.stripe.account import Account, Obj, new_id
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.customers import living
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.form import Params
from deploy.sandbox.stripe.pages import PAGING, page
from deploy.sandbox.stripe.updating import PRORATIONS

_PAGING = " ".join(PAGING)
_KIND = "billing_portal.configuration"
_URL = "/v1/billing_portal/configurations"
_FLOWS = ("payment_method_update", "subscription_cancel", "subscription_update", "subscription_update_confirm")


def _configure(call: Call) -> Obj:
    return _new_configuration(call.account, call.params)


def _new_configuration(account: Account, params: Params, *, default: bool = False) -> Obj:
    fields: Obj = {
        "active": True,
        "application": None,
        "business_profile": {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None}
        | params.group("business_profile").values,
        "default_return_url": params.text("default_return_url"),
        "features": _features(params.group("features")),
        "is_default": default,
        "login_page": {"enabled": False, "url": None},
        "metadata": params.metadata(),
        "name": params.text("name"),
        "updated": account.now(),
    }
    made = account.new(_KIND, fields)
    account.emit("billing_portal.configuration.created", made)
    return made


def _features(given: Params) -> Obj:
    cancel, update = given.group("subscription_cancel"), given.group("subscription_update")
    products = [
        {"product": one.needed("product"), "prices": one.texts("prices"), "adjustable_quantity": {"enabled": False}}
        for one in update.groups("products")
    ]
    conditions = [{"type": one.needed("type")} for one in update.group("schedule_at_period_end").groups("conditions")]
    customer = given.group("customer_update")
    return {
        "customer_update": {"allowed_updates": customer.texts("allowed_updates"), "enabled": customer.flag("enabled")},
        "invoice_history": {"enabled": given.group("invoice_history").flag("enabled")},
        "payment_method_update": {
            "enabled": given.group("payment_method_update").flag("enabled"),
            "payment_method_configuration": None,
        },
        "subscription_cancel": {
            "cancellation_reason": {"enabled": False, "options": []},
            "enabled": cancel.flag("enabled"),
            "mode": cancel.one_of("mode", ("at_period_end", "immediately"), default="at_period_end"),
            "proration_behavior": cancel.one_of("proration_behavior", PRORATIONS, default="none"),
        },
        "subscription_pause": {"duration": {"interval_options": [], "type": "indefinite"}, "enabled": False},
        "subscription_update": {
            "default_allowed_updates": update.texts("default_allowed_updates"),
            "enabled": update.flag("enabled"),
            "products": products,
            "proration_behavior": update.one_of("proration_behavior", PRORATIONS, default="none"),
            "schedule_at_period_end": {"conditions": conditions},
            "trial_update_behavior": "end_trial",
        },
    }


def _reconfigure(call: Call) -> Obj:
    made, params = call.account.get(_KIND, call.id), call.params
    fields: dict[str, Any] = {"updated": call.account.now()}
    if "features" in params:
        given = set(params.group("features").values)
        fresh = _features(params.group("features"))
        fields["features"] = made["features"] | {name: fresh[name] for name in given if name in fresh}
    if "active" in params:
        fields["active"] = params.flag("active")
    if "metadata" in params:
        fields["metadata"] = params.metadata(made["metadata"])
    for name in ("default_return_url", "name"):
        if name in params:
            fields[name] = params.text(name)
    call.account.update(made, "billing_portal.configuration.updated", **fields)
    return made


def _open(call: Call) -> Obj:
    account, params = call.account, call.params
    customer = living(account, params.needed("customer"), param="customer")
    configuration = _chosen(account, params.text("configuration"))
    key = new_id("billing_portal.session")
    fields: Obj = {
        "configuration": configuration["id"],
        "customer": customer["id"],
        "flow": _flow(account, params.group("flow_data"), customer),
        "locale": params.text("locale"),
        "on_behalf_of": None,
        "return_url": params.text("return_url") or configuration["default_return_url"],
        "url": f"{call.pages}/portal/{key}",
    }
    made = account.new("billing_portal.session", fields, key=key)
    account.emit("billing_portal.session.created", made)
    return made


def _chosen(account: Account, key: str | None) -> Obj:
    if key is not None:
        return account.get(_KIND, key, param="configuration")
    found = account.all(_KIND, is_default=True)
    if found:
        return found[0]
    features = {
        "invoice_history": {"enabled": "true"},
        "payment_method_update": {"enabled": "true"},
        "subscription_cancel": {"enabled": "true"},
    }
    return _new_configuration(account, Params({"features": features}), default=True)


def _flow(account: Account, given: Params, customer: Obj) -> Obj | None:
    if not given.values:
        return None
    kind = given.one_of("type", _FLOWS, default="payment_method_update")
    after: Obj = {"hosted_confirmation": None, "redirect": None, "type": "portal_homepage"}
    flow: Obj = {"after_completion": after, "type": kind, **dict.fromkeys(_FLOWS[1:])}
    if kind in _FLOWS[1:]:
        told = given.group(kind)
        subscription = account.get("subscription", told.needed("subscription"), param=told.name_of("subscription"))
        if subscription["customer"] != customer["id"]:
            raise StripeError("The subscription is not the customer's.", param=told.name_of("subscription"))
        flow[kind] = {"subscription": subscription["id"]}
        if kind == "subscription_update_confirm":
            flow[kind] |= {"discounts": None, "items": [one.values for one in told.groups("items")]}
    return flow


_SETTINGS = "features business_profile default_return_url metadata name active"
ROUTES: tuple[Route, ...] = (
    route("POST", _URL, _configure, _SETTINGS),
    route("GET", _URL, lambda call: page(call.account.all(_KIND), call.params, _URL), f"{_PAGING} active is_default"),
    route("GET", f"{_URL}/{{}}", lambda call: call.account.get(_KIND, call.id)),
    route("POST", f"{_URL}/{{}}", _reconfigure, _SETTINGS),
    route("POST", "/v1/billing_portal/sessions", _open, "customer configuration return_url flow_data locale"),
)
