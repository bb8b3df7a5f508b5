"""The endpoints of invoices: made, finalised, paid and voided by hand, previewed and listed."""

from __future__ import annotations

from deploy.sandbox.stripe import drafting, invoicing, payments
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.customers import living
from deploy.sandbox.stripe.discounts import given_discounts, new_discount
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.lines import item_line
from deploy.sandbox.stripe.pages import PAGING, only, page
from deploy.sandbox.stripe.standing import collect, drop_pending, settled

_PAGING = " ".join(PAGING)
_FIELDS = "auto_advance collection_method default_payment_method description metadata footer discounts payment_settings"


def _create(call: Call) -> Obj:
    account, params = call.account, call.params
    customer = living(account, params.needed("customer"), param="customer")
    coupons = [
        new_discount(account, one, customer=customer["id"], subscription=None, at=account.now(customer["id"]))
        for one in given_discounts(account, params)
    ]
    method = params.text("default_payment_method")
    if method is not None:
        account.get("payment_method", method, param="default_payment_method")
    invoice = drafting.build(
        account,
        customer=customer,
        lines=[],
        reason="manual",
        currency=(params.text("currency") or "usd").lower(),
        auto_advance=params.flag("auto_advance"),
        description=params.text("description"),
        metadata=params.metadata(),
        default_payment_method=method,
        discounts=coupons,
    )
    invoice["automatic_tax"]["enabled"] = params.group("automatic_tax").flag("enabled")
    choices = ("exclude", "include")
    if params.one_of("pending_invoice_items_behavior", choices, default="exclude") == "include":
        for item in account.all("invoiceitem", invoice=None, customer=customer["id"]):
            if "_line" not in item:
                add_item(account, invoice, item)
    return drafting.draft(account, invoice)


def add_item(account: Account, invoice: Obj, item: Obj) -> None:
    """Put an invoice item on a draft."""
    lines = invoice["lines"]["data"]
    if lines and lines[0]["currency"] != item["currency"]:
        raise StripeError("An invoice has one currency.", param="currency")
    account.update(item, invoice=invoice["id"])
    invoice["currency"] = item["currency"]
    drafting.put_lines(account, invoice, [*lines, item_line(item)])
    account.keep(invoice)


def _update(call: Call) -> Obj:
    invoice, params = call.account.get("invoice", call.id), call.params
    fields: Obj = {}
    if "metadata" in params:
        fields["metadata"] = params.metadata(invoice["metadata"])
    if "auto_advance" in params:
        fields["auto_advance"] = params.flag("auto_advance")
    for name in ("description", "default_payment_method", "footer"):
        if name in params:
            fields[name] = params.text(name)
    call.account.update(invoice, "invoice.updated", **fields)
    return invoice


def _delete(call: Call) -> Obj:
    invoice = _in(call, "draft")
    for item in call.account.all("invoiceitem", invoice=call.id):
        del call.account.objects["invoiceitem"][item["id"]]
    del call.account.objects["invoice"][call.id]
    call.account.emit("invoice.deleted", invoice)
    return {"id": call.id, "object": "invoice", "deleted": True}


def _finalize(call: Call) -> Obj:
    invoice = _in(call, "draft")
    if "auto_advance" in call.params:
        invoice["auto_advance"] = call.params.flag("auto_advance")
    if invoicing.finalize(call.account, invoice):
        settled(call.account, invoice)
    elif invoice["auto_advance"]:
        collect(call.account, invoice, dials=call.dials)
    return invoice


def _pay(call: Call) -> Obj:
    account, params = call.account, call.params
    invoice = account.get("invoice", call.id)
    if invoice["status"] == "draft":
        _finalize(call)
    if invoice["status"] == "paid":
        raise StripeError("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] != "open":
        raise StripeError(
            f"This invoice is {invoice['status']}: only an open one can be paid.", code="invoice_not_open"
        )
    if params.flag("paid_out_of_band"):
        invoicing.pay_elsewhere(account, invoice)
        settled(account, invoice)
        return invoice
    key = params.text("payment_method")
    method = (
        account.get("payment_method", key, param="payment_method") if key else invoicing.method_of(account, invoice)
    )
    if method is not None and method["customer"] != invoice["customer"]:
        raise StripeError("The payment method does not belong to the invoice's customer.", param="payment_method")
    outcome = collect(
        account, invoice, dials=call.dials, method=method, off_session=params.flag("off_session", default=True)
    )
    if outcome != "paid":
        raise payments.refusal(method, invoicing.intent_of(account, invoice))
    return invoice


def _void(call: Call) -> Obj:
    invoice = _in(call, "open")
    subscription = call.account.find("subscription", invoicing.subscription_of(invoice))
    if subscription is not None and invoice.get("_undecided"):
        drop_pending(call.account, subscription)
    else:
        invoicing.void(call.account, invoice)
    return invoice


def _write_off(call: Call) -> Obj:
    invoice = _in(call, "open")
    now = call.account.now(invoice["customer"])
    transitions = invoice["status_transitions"] | {"marked_uncollectible_at": now}
    call.account.update(
        invoice,
        "invoice.marked_uncollectible",
        status="uncollectible",
        status_transitions=transitions,
        auto_advance=False,
    )
    return invoice


def _in(call: Call, status: str) -> Obj:
    invoice = call.account.get("invoice", call.id)
    if invoice["status"] != status:
        message = f"This invoice is {invoice['status']}: this can only be done while it is {status}."
        raise StripeError(message, code="invoice_not_editable" if status == "draft" else "invoice_not_open")
    return invoice


def _list(call: Call) -> Obj:
    found = only(call.account.all("invoice"), call.params, "customer", "status", "collection_method")
    subscription = call.params.text("subscription")
    if subscription is not None:
        found = [one for one in found if invoicing.subscription_of(one) == subscription]
    return page(found, call.params, "/v1/invoices")


def _lines(call: Call) -> Obj:
    invoice = call.account.get("invoice", call.id)
    return page(list(reversed(invoice["lines"]["data"])), call.params, f"/v1/invoices/{call.id}/lines")


def _payments(call: Call) -> Obj:
    found = only(call.account.all("invoice_payment"), call.params, "invoice", "status")
    intent = call.params.group("payment").text("payment_intent")
    if intent is not None:
        found = [one for one in found if one["payment"]["payment_intent"] == intent]
    return page(found, call.params, "/v1/invoice_payments")


ROUTES: tuple[Route, ...] = (
    route("POST", "/v1/invoices", _create, f"{_FIELDS} customer currency pending_invoice_items_behavior automatic_tax"),
    route("GET", "/v1/invoices", _list, f"{_PAGING} customer status subscription collection_method"),
    route("GET", "/v1/invoices/{}", lambda call: call.account.get("invoice", call.id)),
    route("POST", "/v1/invoices/{}", _update, _FIELDS),
    route("DELETE", "/v1/invoices/{}", _delete),
    route("GET", "/v1/invoices/{}/lines", _lines, _PAGING),
    route("POST", "/v1/invoices/{}/finalize", _finalize, "auto_advance"),
    route("POST", "/v1/invoices/{}/pay", _pay, "off_session payment_method paid_out_of_band"),
    route("POST", "/v1/invoices/{}/void", _void),
    route("POST", "/v1/invoices/{}/mark_uncollectible", _write_off),
    route("GET", "/v1/invoice_payments", _payments, f"{_PAGING} invoice status payment"),
    route("GET", "/v1/invoice_payments/{}", lambda call: call.account.get("invoice_payment", call.id)),
)
