"""The pages where a person pays: Checkout, and an invoice's own page with its document."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qs

from deploy.sandbox.render import page
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.paying import BankAsks, Given, pay_invoice, pay_session
from deploy.sandbox.stripe.screen import Screen
from deploy.sandbox.web import Answer, html_answer


def fields_of(body: bytes) -> dict[str, str]:
    """The fields of a posted form."""
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def see_other(url: str) -> Answer:
    """303: go on to another page."""
    return Answer(status=303, body=b"", headers=((b"location", url.encode("utf-8")),))


def checkout_page(screen: Screen, key: str) -> Answer:
    """GET /stripe/pay/{session}."""
    return _show_session(screen.account, screen.account.get("checkout.session", key))


def checkout_post(screen: Screen, key: str) -> Answer:
    """POST /stripe/pay/{session}: `action` pay (with `card`) or cancel; `bank` approve or refuse, when it has asked."""
    session = screen.account.get("checkout.session", key)
    form = fields_of(screen.body)
    if form.get("action") == "cancel":
        return see_other(session["cancel_url"] or session["success_url"])

    def pay(given: Given) -> Answer:
        return see_other(pay_session(screen.account, session, given, dials=screen.dials))

    return _attempt(form, pay, partial(_show_session, screen.account, session))


def invoice_page(screen: Screen, key: str) -> Answer:
    """GET /stripe/invoices/{invoice}."""
    return _show_invoice(screen.account.get("invoice", key))


def invoice_post(screen: Screen, key: str) -> Answer:
    """POST /stripe/invoices/{invoice}: pay an open one with `card`."""
    invoice = screen.account.get("invoice", key)

    def pay(given: Given) -> Answer:
        pay_invoice(screen.account, invoice, given, dials=screen.dials)
        return see_other(f"{screen.pages}/invoices/{key}")

    return _attempt(fields_of(screen.body), pay, partial(_show_invoice, invoice))


def _attempt(form: dict[str, str], pay: Callable[[Given], Answer], show: Callable[..., Answer]) -> Answer:
    card, bank = form.get("card", ""), form.get("bank")
    if bank == "refuse":
        return show(error="We are unable to authenticate your payment method. Please choose another one.", card=card)
    try:
        return pay(Given(card, proved=bank == "approve"))
    except BankAsks:
        return show(asks=True, card=card)
    except StripeError as error:
        return show(error=error.message, card=card)


def _show_session(account: Account, session: Obj, *, error: str = "", card: str = "", asks: bool = False) -> Answer:
    customer = account.find("customer", session["customer"])
    told = {"session": session, "lines": session["_lines"], "email": customer["email"] if customer else None}
    html = page("stripe_pay.html", **told, error=error, card=card, asks=asks, trial=session["_trial"]["days"])
    return html_answer(html, status=402 if error else 200)


def _show_invoice(invoice: Obj, *, error: str = "", card: str = "", asks: bool = False) -> Answer:
    html = page("stripe_invoice.html", invoice=invoice, error=error, card=card, asks=asks)
    return html_answer(html, status=402 if error else 200)


def invoice_document(screen: Screen, key: str) -> Answer:
    """GET /stripe/invoices/{invoice}/pdf: the smallest document that a reader opens."""
    invoice = screen.account.get("invoice", key)
    said = [f"Invoice {invoice['number'] or 'draft'}", f"{invoice['customer_email'] or invoice['customer']}"]
    said += [f"{line['description']}: {line['amount'] / 100:.2f}" for line in invoice["lines"]["data"]]
    said += [f"Total {invoice['total'] / 100:.2f} {invoice['currency'].upper()} ({invoice['status']})"]
    return Answer(status=200, body=_pdf(said), headers=((b"content-type", b"application/pdf"),))


def _pdf(said: list[str]) -> bytes:
    """One page of text (PDF 1.4, ISO 32000-1 section 7.5)."""
    shown = [text.encode("latin-1", "replace").decode("latin-1") for text in said]
    quoted = (text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for text in shown)
    stream = "BT /F1 12 Tf 60 780 Td 18 TL " + " ".join(f"({text}) Tj T*" for text in quoted) + " ET"
    parts = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(stream.encode('latin-1'))} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    out, places = b"%PDF-1.4\n", list[int]()
    for no, part in enumerate(parts, 1):
        places.append(len(out))
        out += f"{no} 0 obj\n{part}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 6\n0000000000 65535 f \n{table}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + end.encode("latin-1")
