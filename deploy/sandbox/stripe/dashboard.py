"""The stand-in's dashboard: a page on which a person sees the account, lets time pass, refunds and disputes."""

from __future__ import annotations

from datetime import UTC, datetime

from deploy.sandbox.render import page
from deploy.sandbox.stripe import charges, disputes
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.cards import CARDS, card_of
from deploy.sandbox.stripe.clock import LIVE
from deploy.sandbox.stripe.customers import charge_to
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.pay_pages import fields_of, see_other
from deploy.sandbox.stripe.periods import DAY_S, HOUR_S
from deploy.sandbox.stripe.screen import Screen
from deploy.sandbox.stripe.work import advance
from deploy.sandbox.web import Answer, html_answer

_SHOWN = 50
_STEPS = (
    ("an hour", HOUR_S),
    ("a day", DAY_S),
    ("a week", 7 * DAY_S),
    ("31 days", 31 * DAY_S),
    ("a year", 366 * DAY_S),
)


def dashboard_page(screen: Screen, _: str) -> Answer:
    """GET /stripe/dashboard."""
    account = screen.account
    html = page(
        "stripe_dashboard.html",
        now=datetime.fromtimestamp(account.now(), UTC).strftime("%Y-%m-%d %H:%M UTC"),
        steps=_STEPS,
        cards=CARDS,
        customers=_newest(account, "customer"),
        subscriptions=_newest(account, "subscription"),
        invoices=_newest(account, "invoice"),
        disputes=_newest(account, "dispute"),
        paid={one["invoice"] for one in account.all("invoice_payment", status="paid")},
    )
    return html_answer(html)


def dashboard_post(screen: Screen, _: str) -> Answer:
    """POST /stripe/dashboard: `action` advance (`seconds`), card (`customer`, `card`), refund or dispute (`invoice`), won or
    lost (`dispute`)."""
    _act(screen, fields_of(screen.body))
    return see_other(f"{screen.pages}/dashboard")


def _act(screen: Screen, form: dict[str, str]) -> None:
    account, action = screen.account, form.get("action", "")
    if action == "advance":
        seconds = form.get("seconds", "")
        if not seconds.isdecimal():
            raise StripeError("`seconds` is a whole number")
        advance(account, LIVE, until=account.now() + int(seconds), dials=screen.dials)
    elif action == "card":
        card = card_of(form.get("card", ""))
        if card is None:
            raise StripeError("`card` is the number of a test card")
        charge_to(account, account.get("customer", form.get("customer", "")), card)
    elif action in ("won", "lost"):
        disputes.decide(account, account.get("dispute", form.get("dispute", "")), action)
    elif action in ("refund", "dispute"):
        charge = charges.charge_of_invoice(account, form.get("invoice", ""))
        if action == "dispute":
            disputes.dispute(account, charge)
        else:
            reason, fails = "requested_by_customer", screen.dials.refunds_fail
            charges.refund(account, charge, amount=None, reason=reason, metadata={}, fails=fails)
    else:
        raise StripeError("`action` is advance, card, refund, dispute, won or lost")


def _newest(account: Account, kind: str) -> list[Obj]:
    return list(reversed(account.all(kind)))[:_SHOWN]
