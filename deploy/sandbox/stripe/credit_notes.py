"""Credit notes: what takes an invoice back, by a refund, as credit for the next ones, or outside Stripe."""

from __future__ import annotations

from typing import Any

from deploy.sandbox.stripe.account import Account, Obj, listed, new_id
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.charges import charge_of_invoice, refund
from deploy.sandbox.stripe.customers import move_balance
from deploy.sandbox.stripe.errors import StripeError, missing
from deploy.sandbox.stripe.form import Params
from deploy.sandbox.stripe.invoicing import settle_by_note
from deploy.sandbox.stripe.pages import PAGING, only, page
from deploy.sandbox.stripe.standing import settled

_PAGING = " ".join(PAGING)
_REASONS = ("duplicate", "fraudulent", "order_change", "product_unsatisfactory")
_WAYS = ("refund_amount", "credit_amount", "out_of_band_amount")


def _create(call: Call) -> Obj:
    account, params = call.account, call.params
    invoice = account.get("invoice", params.needed("invoice"), param="invoice")
    if invoice["status"] not in ("open", "paid"):
        raise StripeError(
            f"A credit note needs an open or paid invoice; this one is {invoice['status']}.", param="invoice"
        )
    amount = params.whole("amount", least=1)
    if amount is None:
        raise missing("amount")
    paid = invoice["status"] == "paid"
    given = invoice["post_payment_credit_notes_amount"] + invoice["pre_payment_credit_notes_amount"]
    left = invoice["total"] - given if paid else invoice["amount_remaining"]
    if amount > left:
        message = f"The credit note's amount ({amount}) is more than is left of the invoice ({left})."
        raise StripeError(message, param="amount")
    ways = {name: params.whole(name, least=0) or 0 for name in _WAYS}
    if sum(ways.values()) != (amount if paid else 0):
        message = (
            "The sum of refund_amount, credit_amount and out_of_band_amount must equal the amount of a paid invoice."
        )
        raise StripeError(message, param="amount")
    made = _new(account, invoice, params, amount=amount, paid=paid, outside=ways["out_of_band_amount"])
    if paid:
        _give_back(account, invoice, made, ways, fails=call.dials.refunds_fail)
        account.update(invoice, "invoice.updated", post_payment_credit_notes_amount=given + amount)
    elif settle_by_note(account, invoice, amount):
        settled(account, invoice)
    account.emit("credit_note.created", made)
    return made


def _new(account: Account, invoice: Obj, params: Params, *, amount: int, paid: bool, outside: int) -> Obj:
    key = new_id("credit_note")
    many = len(account.all("credit_note", invoice=invoice["id"])) + 1
    line = _line(key, amount, text=params.text("memo") or "Credit")
    reason = params.one_of("reason", _REASONS, default=_REASONS[0]) if "reason" in params else None
    fields: Obj = {
        **dict.fromkeys(("customer_balance_transaction", "shipping_cost", "voided_at")),
        "amount": amount,
        "amount_shipping": 0,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": account.now(invoice["customer"]),
        "invoice": invoice["id"],
        "lines": listed([line], f"/v1/credit_notes/{key}/lines"),
        "memo": params.text("memo"),
        "metadata": params.metadata(),
        "number": f"{invoice['number']}-CN-{many:02d}",
        "out_of_band_amount": outside or None,
        "pdf": invoice["invoice_pdf"],
        "post_payment_amount": amount if paid else 0,
        "pre_payment_amount": 0 if paid else amount,
        "pretax_credit_amounts": [],
        "reason": reason,
        "refunds": [],
        "status": "issued",
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount,
        "total_excluding_tax": amount,
        "total_taxes": [],
        "type": "post_payment" if paid else "pre_payment",
    }
    return account.new("credit_note", fields, key=key)


def _line(key: str, amount: int, *, text: str) -> Obj:
    return {
        "id": f"cnli_{key[3:]}",
        "object": "credit_note_line_item",
        "amount": amount,
        "description": text,
        "discount_amount": 0,
        "discount_amounts": list[Any](),
        "livemode": False,
        "pretax_credit_amounts": list[Any](),
        "quantity": 1,
        "tax_rates": list[Any](),
        "taxes": list[Any](),
        "type": "custom_line_item",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }


def _give_back(account: Account, invoice: Obj, made: Obj, ways: dict[str, int], *, fails: bool) -> None:
    if ways["refund_amount"]:
        charge = charge_of_invoice(account, invoice["id"])
        amount = ways["refund_amount"]
        back = refund(account, charge, amount=amount, reason="requested_by_customer", metadata={}, fails=fails)
        told = {"amount_refunded": amount, "payment_record_refund": None, "refund": back["id"], "type": "refund"}
        account.update(made, refunds=[told])
    if ways["credit_amount"]:
        customer = account.get("customer", invoice["customer"])
        entry = move_balance(
            account,
            customer,
            -ways["credit_amount"],
            kind="credit_note",
            currency=invoice["currency"],
            credit_note=made["id"],
        )
        account.update(made, customer_balance_transaction=entry["id"])


def _void(call: Call) -> Obj:
    made = call.account.get("credit_note", call.id)
    if made["status"] != "issued" or made["type"] == "post_payment":
        raise StripeError("Only an issued credit note of an open invoice can be voided.", param="id")
    invoice = call.account.get("invoice", made["invoice"])
    if invoice["status"] != "open":
        raise StripeError("Only a credit note of an open invoice can be voided.", param="id")
    settle_by_note(call.account, invoice, -made["amount"])
    now = call.account.now(made["customer"])
    call.account.update(made, "credit_note.voided", status="void", voided_at=now)
    return made


def _list(call: Call) -> Obj:
    return page(
        only(call.account.all("credit_note"), call.params, "customer", "invoice"), call.params, "/v1/credit_notes"
    )


_KNOWN = "invoice amount reason memo metadata refund_amount credit_amount out_of_band_amount"
ROUTES: tuple[Route, ...] = (
    route("POST", "/v1/credit_notes", _create, _KNOWN),
    route("GET", "/v1/credit_notes", _list, f"{_PAGING} customer invoice"),
    route("GET", "/v1/credit_notes/{}", lambda call: call.account.get("credit_note", call.id)),
    route("POST", "/v1/credit_notes/{}/void", _void),
)
