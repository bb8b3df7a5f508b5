"""Customers and their balance."""

from __future__ import annotations

from typing import Any

from deploy.sandbox.stripe.account import Account, Obj, new_id
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.cards import Card
from deploy.sandbox.stripe.errors import StripeError, missing
from deploy.sandbox.stripe.form import Params
from deploy.sandbox.stripe.pages import PAGING, only, page
from deploy.sandbox.stripe.payment_methods import attach, new_method

_PAGING = " ".join(PAGING)
_TEXTS = ("name", "email", "description", "phone")
_FIELDS = "name email description phone metadata address invoice_settings preferred_locales tax_exempt shipping tax"


def _create(call: Call) -> Obj:
    params, account = call.params, call.account
    clock = params.text("test_clock")
    if clock is not None:
        account.get("test_helpers.test_clock", clock, param="test_clock")
    made = new_customer(
        account,
        address=params.group("address").values or None,
        balance=params.whole("balance") or 0,
        metadata=params.metadata(),
        test_clock=clock,
        **{name: params.text(name) for name in _TEXTS},
    )
    if params.text("payment_method") is not None:
        attach(account, params.needed("payment_method"), customer=made)
    _set_default(account, made, params.group("invoice_settings"))
    return made


def new_customer(account: Account, **given: Any) -> Obj:
    """A customer, by the clock they are given."""
    settings = dict.fromkeys(("custom_fields", "default_payment_method", "footer", "rendering_options"))
    fields: Obj = {
        **dict.fromkeys(("address", "currency", "default_source", "discount", "shipping", "test_clock", *_TEXTS)),
        "balance": 0,
        "delinquent": False,
        "invoice_prefix": new_id("customer")[4:12].upper(),
        "invoice_settings": settings,
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }
    made = account.new("customer", fields | given)
    made["created"] = account.now(made["id"])
    account.emit("customer.created", made)
    return made


def _update(call: Call) -> Obj:
    params, account = call.params, call.account
    customer = living(account, call.id)
    fields: Obj = {name: params.text(name) for name in _TEXTS if name in params}
    if "metadata" in params:
        fields["metadata"] = params.metadata(customer["metadata"])
    if "address" in params:
        fields["address"] = params.group("address").values or None
    if "balance" in params:
        fields["balance"] = params.whole("balance") or 0
    _set_default(account, customer, params.group("invoice_settings"))
    account.update(customer, "customer.updated", **fields)
    return customer


def living(account: Account, key: str, *, param: str = "id") -> Obj:
    """A customer who has not been deleted."""
    customer = account.get("customer", key, param=param)
    if customer.get("deleted"):
        raise StripeError(f"No such customer: '{key}'", code="resource_missing", param=param)
    return customer


def _set_default(account: Account, customer: Obj, given: Params) -> None:
    key = given.text("default_payment_method")
    if key is None:
        return
    method = account.get("payment_method", key, param="invoice_settings[default_payment_method]")
    if method["customer"] != customer["id"]:
        message = "The customer does not have a payment method with the ID " + key
        raise StripeError(message, code="resource_missing", param="invoice_settings[default_payment_method]")
    make_default(account, customer, method)


def make_default(account: Account, customer: Obj, method: Obj) -> None:
    """The card that the customer's invoices are charged to."""
    settings = customer["invoice_settings"] | {"default_payment_method": method["id"]}
    account.update(customer, "customer.updated", invoice_settings=settings)


def charge_to(account: Account, customer: Obj, card: Card) -> None:
    """From now on everything of a customer's is charged to this card, which is kept whatever it does."""
    method = new_method(account, card, name=customer["name"], email=customer["email"])
    account.update(method, customer=customer["id"])
    make_default(account, customer, method)
    for one in account.all("subscription", customer=customer["id"]):
        account.update(one, default_payment_method=method["id"])


def _delete(call: Call) -> Obj:
    customer = living(call.account, call.id)
    customer["deleted"] = True
    call.account.keep(customer)
    call.account.emit("customer.deleted", customer)
    return {"id": customer["id"], "object": "customer", "deleted": True}


def _retrieve(call: Call) -> Obj:
    customer = call.account.get("customer", call.id)
    return {"id": call.id, "object": "customer", "deleted": True} if customer.get("deleted") else customer


def _list(call: Call) -> Obj:
    found = [one for one in call.account.all("customer") if not one.get("deleted")]
    return page(only(found, call.params, "email", "test_clock"), call.params, "/v1/customers")


def move_balance(account: Account, customer: Obj, amount: int, *, kind: str, currency: str, **fields: object) -> Obj:
    """Add to the balance (a negative one is credit) and write it down. Nothing leaves the account by this."""
    account.update(customer, "customer.updated", balance=customer["balance"] + amount)
    entry: Obj = {
        "amount": amount,
        "currency": currency,
        "customer": customer["id"],
        "description": None,
        "ending_balance": customer["balance"],
        "invoice": None,
        "metadata": {},
        "type": kind,
        **fields,
    }
    return account.new("customer_balance_transaction", entry)


def _adjust(call: Call) -> Obj:
    amount = call.params.whole("amount")
    if amount is None:
        raise missing("amount")
    currency = call.params.needed("currency").lower()
    customer = living(call.account, call.ids[0])
    note = call.params.text("description")
    return move_balance(
        call.account,
        customer,
        amount,
        kind="adjustment",
        currency=currency,
        description=note,
        metadata=call.params.metadata(),
    )


def _balance(call: Call) -> Obj:
    found = call.account.all("customer_balance_transaction", customer=call.ids[0])
    return page(found, call.params, f"/v1/customers/{call.ids[0]}/balance_transactions")


def _attach(call: Call) -> Obj:
    customer = living(call.account, call.params.needed("customer"), param="customer")
    return attach(call.account, call.id, customer=customer)


ROUTES: tuple[Route, ...] = (
    route("POST", "/v1/customers", _create, f"{_FIELDS} balance payment_method test_clock"),
    route("GET", "/v1/customers", _list, f"{_PAGING} email test_clock"),
    route("GET", "/v1/customers/{}", _retrieve),
    route("POST", "/v1/customers/{}", _update, f"{_FIELDS} balance"),
    route("DELETE", "/v1/customers/{}", _delete),
    route("GET", "/v1/customers/{}/balance_transactions", _balance, _PAGING),
    route("POST", "/v1/customers/{}/balance_transactions", _adjust, "amount currency description metadata"),
    route("POST", "/v1/payment_methods/{}/attach", _attach, "customer"),
)
