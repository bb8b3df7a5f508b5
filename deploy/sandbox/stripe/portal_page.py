"""The portal as a person sees it: their subscriptions, their card, their invoices; what the configuration allows."""

from __future__ import annotations

from deploy.sandbox.render import page
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.changing import make_switch
from deploy.sandbox.stripe.customers import make_default
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.form import Params
from deploy.sandbox.stripe.items import items_of, period_of, recurring, repriced
from deploy.sandbox.stripe.pay_pages import fields_of, see_other
from deploy.sandbox.stripe.paying import BankAsks, Given, card_given
from deploy.sandbox.stripe.phases import put_on_agenda
from deploy.sandbox.stripe.schedules import phases_of, schedule_from
from deploy.sandbox.stripe.screen import Screen
from deploy.sandbox.stripe.standing import end
from deploy.sandbox.stripe.switching import switched
from deploy.sandbox.web import Answer, html_answer

_ENDED = ("canceled", "incomplete_expired")


def portal_page(screen: Screen, key: str) -> Answer:
    """GET /stripe/portal/{session}."""
    return _show(screen, screen.account.get("billing_portal.session", key))


def portal_post(screen: Screen, key: str) -> Answer:
    """POST /stripe/portal/{session}: `action` card (with `card`), cancel, keep, or switch (with `price`)."""
    session, form = screen.account.get("billing_portal.session", key), fields_of(screen.body)
    try:
        _act(screen, session, form)
    except BankAsks:
        return _show(screen, session, asks=True, card=form.get("card", ""))
    except StripeError as error:
        return _show(screen, session, error=error.message, card=form.get("card", ""))
    return see_other(f"{screen.pages}/portal/{key}")


def _act(screen: Screen, session: Obj, form: dict[str, str]) -> None:
    account = screen.account
    features = account.get("billing_portal.configuration", session["configuration"])["features"]
    action = form.get("action", "")
    if action in ("card", "pay") and features["payment_method_update"]["enabled"]:
        _change_card(account, session, form)
        return
    subscription = account.get("subscription", form.get("subscription", ""), param="subscription")
    if subscription["customer"] != session["customer"] or subscription["status"] in _ENDED:
        raise StripeError("There is no such subscription here.")
    if action == "cancel" and features["subscription_cancel"]["enabled"]:
        _cancel(account, subscription, at_once=features["subscription_cancel"]["mode"] == "immediately")
    elif action == "keep" and features["subscription_cancel"]["enabled"]:
        fields: Obj = {"cancel_at_period_end": False, "cancel_at": None, "canceled_at": None}
        account.update(subscription, "customer.subscription.updated", **fields)
    elif action == "switch" and features["subscription_update"]["enabled"]:
        _switch(screen, subscription, form.get("price", ""), features["subscription_update"])
    else:
        raise StripeError("The portal is not configured for this.")


def _change_card(account: Account, session: Obj, form: dict[str, str]) -> None:
    """The new card is the customer's default, and that of every subscription, as the portal does it."""
    if form.get("bank") == "refuse":
        raise StripeError("We are unable to authenticate your payment method.")
    customer = account.get("customer", session["customer"])
    given = Given(form.get("card", ""), proved=form.get("bank") == "approve")
    method = card_given(account, given, customer=customer, keep=True)
    make_default(account, customer, method)
    for one in account.all("subscription", customer=customer["id"]):
        if one["status"] not in _ENDED:
            account.update(one, "customer.subscription.updated", default_payment_method=method["id"])


def _cancel(account: Account, subscription: Obj, *, at_once: bool) -> None:
    if at_once:
        end(account, subscription, reason="cancellation_requested")
        return
    fields: Obj = {
        "cancel_at_period_end": True,
        "cancel_at": period_of(subscription)[1],
        "canceled_at": account.now(subscription["customer"]),
        "cancellation_details": subscription["cancellation_details"] | {"reason": "cancellation_requested"},
    }
    account.update(subscription, "customer.subscription.updated", **fields)


def _switch(screen: Screen, subscription: Obj, price: str, feature: Obj) -> None:
    """To another price: at once, or at the period's end where the configuration says so of a cheaper one."""
    account = screen.account
    if not any(price in one["prices"] for one in feature["products"]):
        raise StripeError("The portal does not offer this price.")
    chosen, item = recurring(account, price, param="price"), items_of(subscription)[0]
    later = {one["type"] for one in feature["schedule_at_period_end"]["conditions"]}
    cheaper = chosen["unit_amount"] < item["price"]["unit_amount"]
    same_interval = chosen["recurring"]["interval"] == item["price"]["recurring"]["interval"]
    shorter = item["price"]["recurring"]["interval"] == "year" and not same_interval
    if (cheaper and "decreasing_item_amount" in later) or (shorter and "shortening_interval" in later):
        _switch_later(account, subscription, price)
        return
    proration = feature["proration_behavior"]
    switch = switched(
        account,
        subscription,
        [repriced(item, chosen, item["quantity"])],
        at=account.now(subscription["customer"]),
        prorate=proration != "none",
        restart=False,
        free=subscription["status"] == "trialing",
    )
    payment = "pending_if_incomplete"
    make_switch(account, subscription, switch, dials=screen.dials, proration=proration, payment=payment)


def _switch_later(account: Account, subscription: Obj, price: str) -> None:
    schedule = account.find("subscription_schedule", subscription["schedule"]) or schedule_from(account, subscription)
    item = items_of(subscription)[0]
    start, finish = period_of(subscription)
    now: Obj = {"items": [{"price": item["price"]["id"]}], "start_date": str(start), "end_date": str(finish)}
    given = Params({"phases": [now, {"items": [{"price": price}]}]}).groups("phases")
    account.update(schedule, "subscription_schedule.updated", phases=phases_of(account, schedule, given))
    put_on_agenda(account, schedule)


def _show(screen: Screen, session: Obj, *, error: str = "", card: str = "", asks: bool = False) -> Answer:
    account = screen.account
    customer = account.get("customer", session["customer"])
    features = account.get("billing_portal.configuration", session["configuration"])["features"]
    subscriptions = [one for one in account.all("subscription", customer=customer["id"]) if one["status"] not in _ENDED]
    prices = [account.get("price", key) for one in features["subscription_update"]["products"] for key in one["prices"]]
    html = page(
        "stripe_portal.html",
        session=session,
        customer=customer,
        method=account.find("payment_method", customer["invoice_settings"]["default_payment_method"]),
        subscriptions=subscriptions,
        invoices=list(reversed(account.all("invoice", customer=customer["id"])))[:50],
        prices=prices,
        features=features,
        error=error,
        card=card,
        asks=asks,
    )
    return html_answer(html, status=402 if error else 200)
