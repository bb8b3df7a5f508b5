"""The endpoints of Checkout sessions. What a person does on the pay page is in `paying`."""

from __future__ import annotations

from deploy.sandbox.dials import StripeDials
from deploy.sandbox.stripe import discounts as discounting
from deploy.sandbox.stripe.account import Account, Obj, listed, new_id
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.catalogue import price_of
from deploy.sandbox.stripe.customers import living
from deploy.sandbox.stripe.errors import StripeError, missing
from deploy.sandbox.stripe.form import Params
from deploy.sandbox.stripe.items import recurring
from deploy.sandbox.stripe.pages import PAGING, only, page
from deploy.sandbox.stripe.periods import DAY_S, HOUR_S
from deploy.sandbox.stripe.taxes import tax_on

_PAGING = " ".join(PAGING)
_LEAST_S, _MOST_S = HOUR_S // 2, DAY_S
_KNOWN = (
    "mode customer customer_email client_reference_id line_items success_url cancel_url metadata expires_at discounts"
    " subscription_data payment_intent_data invoice_creation allow_promotion_codes automatic_tax locale customer_update"
    " billing_address_collection payment_method_types payment_method_collection tax_id_collection submit_type"
    " consent_collection custom_text saved_payment_method_options ui_mode customer_creation"
)


def _create(call: Call) -> Obj:
    account, params = call.account, call.params
    mode = params.one_of("mode", ("payment", "subscription"), default="payment")
    if not params.groups("line_items"):
        raise missing("line_items")
    customer = None
    if params.text("customer") is not None:
        customer = living(account, params.needed("customer"), param="customer")
    lines = [_line(account, one, mode=mode) for one in params.groups("line_items")]
    coupons = [coupon["id"] for coupon in discounting.given_discounts(account, params)]
    key = new_id("checkout.session")
    now = account.now(customer["id"] if customer else None)
    made = _bare(mode, now=now) | _given(params, now=now)
    total = sum(line["amount_total"] for line in lines)
    off = discounting.taken_off(account, total, coupons)
    data = params.group("subscription_data")
    trial_days = data.whole("trial_period_days", least=1)
    taxes = params.group("automatic_tax").flag("enabled")
    if taxes and customer and params.group("customer_update").text("address") != "auto" and not customer["address"]:
        message = (
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the"
            " Customer or set either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto'."
        )
        raise StripeError(message, code="customer_tax_location_invalid")
    tax = tax_on(total - off) if taxes else 0
    made["automatic_tax"]["enabled"] = taxes
    made |= {
        "amount_subtotal": total,
        "amount_total": 0 if trial_days else total - off + tax,
        "currency": lines[0]["currency"],
        "customer": customer["id"] if customer else None,
        "discounts": [{"coupon": one, "promotion_code": None} for one in coupons],
        "total_details": {"amount_discount": off, "amount_shipping": 0, "amount_tax": 0 if trial_days else tax},
        "url": f"{call.pages}/pay/{key}",
        "_coupons": coupons,
        "_intent": params.group("payment_intent_data").values,
        "_lines": lines,
        "_metadata": data.metadata(),
        "_trial": {"days": trial_days, "end": data.whole("trial_end")},
        "_trial_settings": data.group("trial_settings").values,
    }
    session = account.new("checkout.session", made, key=key, at=now)
    clock = account.clock_of(session["customer"])
    account.agenda.put(clock, session["expires_at"], work="expire_session", key=key)
    return session


def _given(params: Params, *, now: int) -> Obj:
    expires = params.whole("expires_at") or now + DAY_S
    if not now + _LEAST_S <= expires <= now + _MOST_S + 60:
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation."
        raise StripeError(message, param="expires_at")
    creation = params.group("invoice_creation")
    told = creation.group("invoice_data")
    invoice = {
        **dict.fromkeys(("account_tax_ids", "custom_fields", "footer", "issuer", "rendering_options")),
        "description": told.text("description"),
        "metadata": told.metadata(),
    }
    return {
        "allow_promotion_codes": params.flag("allow_promotion_codes"),
        "cancel_url": params.text("cancel_url"),
        "client_reference_id": params.text("client_reference_id"),
        "customer_email": params.text("customer_email"),
        "expires_at": expires,
        "invoice_creation": {"enabled": creation.flag("enabled"), "invoice_data": invoice},
        "metadata": params.metadata(),
        "payment_method_collection": params.one_of(
            "payment_method_collection", ("always", "if_required"), default="always"
        ),
        "success_url": params.needed("success_url"),
    }


def _line(account: Account, given: Params, *, mode: str) -> Obj:
    if "price_data" in given:
        raise StripeError("The sandbox sells by `price` only, not by `price_data`.", param=given.name_of("price_data"))
    key, param = given.needed("price"), given.name_of("price")
    price = recurring(account, key, param=param) if mode == "subscription" else price_of(account, key, param=param)
    if mode == "payment" and price["recurring"]:
        message = (
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only"
            " one-time prices."
        )
        raise StripeError(message, param=param)
    quantity = given.whole("quantity", least=1) or 1
    amount = price["unit_amount"] * quantity
    return {
        "id": f"li_{new_id('line_item')[3:]}",
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": account.get("product", price["product"])["name"],
        "metadata": {},
        "price": price,
        "quantity": quantity,
    }


def expire(account: Account, session: Obj) -> None:
    """Close a session that was not paid."""
    account.update(session, status="expired", url=None)
    account.emit("checkout.session.expired", session)


def expire_when_due(account: Account, key: str, _: StripeDials) -> None:
    """The session's time is over."""
    session = account.get("checkout.session", key)
    if session["status"] == "open":
        expire(account, session)


def _expire(call: Call) -> Obj:
    session = call.account.get("checkout.session", call.id)
    if session["status"] != "open":
        message = (
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of'
            f" `{session['status']}`."
        )
        raise StripeError(message)
    expire(call.account, session)
    return session


def _list(call: Call) -> Obj:
    names = ("customer", "subscription", "payment_intent", "status")
    found = only(call.account.all("checkout.session"), call.params, *names)
    return page(found, call.params, "/v1/checkout/sessions")


def _lines(call: Call) -> Obj:
    lines = call.account.get("checkout.session", call.id)["_lines"]
    return listed(lines, f"/v1/checkout/sessions/{call.id}/line_items")


def _bare(mode: str, *, now: int) -> Obj:
    unset = ("adaptive_pricing", "after_expiration", "billing_address_collection", "client_secret", "consent", "locale")
    never = (
        "consent_collection",
        "currency_conversion",
        "customer_creation",
        "customer_details",
        "invoice",
        "payment_link",
    )
    later = (
        "payment_intent",
        "recovered_from",
        "setup_intent",
        "shipping_address_collection",
        "submit_type",
        "subscription",
    )
    texts = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    return {
        **dict.fromkeys((*unset, *never, *later)),
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "created": now,
        "custom_fields": [],
        "custom_text": dict.fromkeys(texts),
        "mode": mode,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "ui_mode": "hosted_page",
    }


ROUTES: tuple[Route, ...] = (
    route("POST", "/v1/checkout/sessions", _create, _KNOWN),
    route("GET", "/v1/checkout/sessions", _list, f"{_PAGING} customer subscription payment_intent status"),
    route("GET", "/v1/checkout/sessions/{}", lambda call: call.account.get("checkout.session", call.id)),
    route("GET", "/v1/checkout/sessions/{}/line_items", _lines, _PAGING),
    route("POST", "/v1/checkout/sessions/{}/expire", _expire),
)
