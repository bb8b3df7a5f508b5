"""The endpoints of invoice items: what is put on an invoice by hand; and the preview of an invoice."""

from __future__ import annotations

import copy

from deploy.sandbox.stripe import drafting
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.catalogue import price_of
from deploy.sandbox.stripe.changing import bill_of
from deploy.sandbox.stripe.customers import living
from deploy.sandbox.stripe.errors import StripeError, missing
from deploy.sandbox.stripe.form import Params
from deploy.sandbox.stripe.invoices import add_item
from deploy.sandbox.stripe.items import items_of, moved, period_of, rhythm_of
from deploy.sandbox.stripe.lines import full_line, new_invoice_item, pricing_of
from deploy.sandbox.stripe.pages import PAGING, only, page
from deploy.sandbox.stripe.periods import period_from
from deploy.sandbox.stripe.switching import Switch, pending_lines
from deploy.sandbox.stripe.updating import switch_of

_PAGING = " ".join(PAGING)


def _create(call: Call) -> Obj:
    account, params = call.account, call.params
    customer = living(account, params.needed("customer"), param="customer")
    invoice = None
    if params.text("invoice") is not None:
        invoice = account.get("invoice", params.needed("invoice"), param="invoice")
        if invoice["status"] != "draft":
            raise StripeError("The invoice is no longer a draft.", code="invoice_not_editable", param="invoice")
    made = _made(account, params, customer)
    if invoice is not None:
        add_item(account, invoice, made)
    account.emit("invoiceitem.created", made)
    return made


def _made(account: Account, params: Params, customer: Obj) -> Obj:
    key, quantity = params.group("pricing").text("price"), params.whole("quantity", least=0)
    many = 1 if quantity is None else quantity
    amount, pricing, currency = params.whole("amount"), None, (params.text("currency") or "usd").lower()
    text = params.text("description")
    if key is not None:
        price = price_of(account, key, param="pricing[price]")
        if price["recurring"] is not None:
            raise StripeError(
                f"The price {key} is recurring: an invoice item takes one of one time.", param="pricing[price]"
            )
        amount, pricing, currency = price["unit_amount"] * many, pricing_of(price), price["currency"]
        text = text or account.get("product", price["product"])["name"]
    if amount is None:
        raise missing("amount")
    metadata = params.metadata()
    return new_invoice_item(
        account, customer, amount, currency, pricing=pricing, quantity=many, description=text, metadata=metadata
    )


def _list(call: Call) -> Obj:
    found = only(call.account.all("invoiceitem"), call.params, "customer", "invoice")
    if call.params.flag("pending"):
        found = [one for one in found if one["invoice"] is None]
    return page(found, call.params, "/v1/invoiceitems")


def _preview(call: Call) -> Obj:
    """The next invoice of a subscription, or the one that a change of it would make now."""
    account, params = call.account, call.params
    subscription = account.get("subscription", params.needed("subscription"), param="subscription")
    details = params.group("subscription_details")
    if details.groups("items") or "trial_end" in details or "billing_cycle_anchor" in details:
        switch, _ = switch_of(account, subscription, details)
        if switch.at_once or details.text("proration_behavior") == "always_invoice":
            return _shown(bill_of(account, subscription, switch))
        return _shown(_next_cycle(account, subscription, switch))
    plain = Switch(items_of(subscription), [], subscription["billing_cycle_anchor"], at_once=False)
    return _shown(_next_cycle(account, subscription, plain))


def _next_cycle(account: Account, subscription: Obj, switch: Switch) -> Obj:
    before, start = period_of(subscription)
    interval, every = rhythm_of(switch.items)
    start, finish = period_from(switch.anchor, start=start, interval=interval, every=every)
    waiting = copy.deepcopy(pending_lines(account, subscription["id"]))
    fresh = [full_line(account, item, start=start, end=finish) for item in moved(switch.items, start=start, end=finish)]
    lines = [*waiting, *switch.lines, *([] if subscription["cancel_at_period_end"] else fresh)]
    return drafting.build(
        account,
        customer=account.get("customer", subscription["customer"]),
        lines=lines,
        reason="upcoming",
        subscription=subscription,
        period_start=before,
        period_end=start,
    )


def _shown(invoice: Obj) -> Obj:
    return invoice | {"id": f"upcoming_{invoice['id']}", "ending_balance": invoice["_ending_balance"]}


ROUTES: tuple[Route, ...] = (
    route(
        "POST",
        "/v1/invoiceitems",
        _create,
        "customer invoice pricing quantity amount currency description metadata",
    ),
    route("GET", "/v1/invoiceitems", _list, f"{_PAGING} customer invoice pending"),
    route("GET", "/v1/invoiceitems/{}", lambda call: call.account.get("invoiceitem", call.id)),
    route("POST", "/v1/invoices/create_preview", _preview, "customer subscription subscription_details schedule"),
)
