"""Payment methods: cards, and whether they can be kept."""

from __future__ import annotations

from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.cards import BY_TOKEN, Card, card_of
from deploy.sandbox.stripe.errors import declined
from deploy.sandbox.stripe.pages import PAGING, only, page

_PAGING = " ".join(PAGING)


def new_method(account: Account, card: Card, *, name: str | None = None, email: str | None = None) -> Obj:
    """A payment method from a card."""
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    shown = {
        "brand": card.brand,
        "country": "US",
        "display_brand": card.brand,
        "exp_month": 12,
        "exp_year": 2040,
        "fingerprint": card.number[::-1],
        "funding": "credit",
        "last4": card.last4,
    }
    fields: Obj = {
        "allow_redisplay": "always",
        "billing_details": {"address": address, "email": email, "name": name, "phone": None},
        "card": shown,
        "customer": None,
        "metadata": {},
        "type": "card",
        "_number": card.number,
        "_proved": False,
    }
    return account.new("payment_method", fields)


def _create_method(call: Call) -> Obj:
    call.params.one_of("type", ("card",), default="card")
    given = call.params.group("card")
    token = given.text("token")
    card = BY_TOKEN.get(f"pm_card_{token[4:]}") if token else card_of(given.needed("number"))
    if card is None:
        raise declined("Your card number is incorrect.", code="incorrect_number", decline_code=None, intent=None)
    return new_method(call.account, card)


def attach(account: Account, key: str, *, customer: Obj) -> Obj:
    """Keep a payment method for a customer. Raises StripeError when the card will not be kept."""
    card = BY_TOKEN.get(key)
    method = new_method(account, card) if card else account.get("payment_method", key, param="payment_method")
    card = card_of(method["_number"])
    if card is None or not card.kept:
        refused, code = (card.refused, card.code) if card else ("Your card was declined.", "card_declined")
        raise declined(refused, code=code, decline_code=card.decline_code if card else None, intent=None)
    account.update(method, customer=customer["id"])
    account.emit("payment_method.attached", method)
    return method


def _detach(call: Call) -> Obj:
    method = call.account.get("payment_method", call.id)
    customer = call.account.find("customer", method["customer"])
    if customer and customer["invoice_settings"]["default_payment_method"] == method["id"]:
        settings = customer["invoice_settings"] | {"default_payment_method": None}
        call.account.update(customer, "customer.updated", invoice_settings=settings)
    call.account.update(method, customer=None)
    call.account.emit("payment_method.detached", method)
    return method


def _methods(call: Call) -> Obj:
    customer = call.ids[0] if call.ids else call.params.text("customer")
    found = only(call.account.all("payment_method"), call.params, "type")
    return page([one for one in found if one["customer"] == customer], call.params, "/v1/payment_methods")


ROUTES: tuple[Route, ...] = (
    route("GET", "/v1/customers/{}/payment_methods", _methods, f"{_PAGING} type"),
    route("POST", "/v1/payment_methods", _create_method, "type card billing_details metadata"),
    route("GET", "/v1/payment_methods", _methods, f"{_PAGING} type customer"),
    route("GET", "/v1/payment_methods/{}", lambda call: call.account.get("payment_method", call.id)),
    route("POST", "/v1/payment_methods/{}/detach", _detach),
)
