"""Coupons on subscriptions and invoices: a percentage or an amount, once or for ever."""

from __future__ import annotations

from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.form import Params
from deploy.sandbox.stripe.periods import prorated


def given_discounts(account: Account, params: Params) -> list[Obj]:
    """The coupons that `discounts[]` names. Raises StripeError for promotion codes, which there are none of."""
    found: list[Obj] = []
    for one in params.groups("discounts"):
        if one.text("promotion_code") is not None:
            raise StripeError("The sandbox has no promotion codes.", param=one.name_of("promotion_code"))
        found.append(account.get("coupon", one.needed("coupon"), param=one.name_of("coupon")))
    return found


def new_discount(account: Account, coupon: Obj, *, customer: str, subscription: str | None, at: int) -> str:
    """Redeem a coupon: the id of the discount."""
    fields: Obj = {
        "checkout_session": None,
        "customer": customer,
        "end": None,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": None,
        "source": {"coupon": coupon["id"], "type": "coupon"},
        "start": at,
        "subscription": subscription,
        "subscription_item": None,
    }
    coupon["times_redeemed"] += 1
    made = account.new("discount", fields, at=at)
    del made["created"]
    return str(made["id"])


def lasting(account: Account, discounts: list[str]) -> list[str]:
    """Those that still count after an invoice."""
    return [key for key in discounts if _coupon(account, key)["duration"] == "forever"]


def apply(account: Account, lines: list[Obj], discounts: list[str]) -> list[Obj]:
    """Write the discounts into the lines, as far as these are more than nothing. Answers the sum of each discount."""
    sums: list[Obj] = []
    for key in discounts:
        coupon = _coupon(account, key)
        left = coupon["amount_off"] or 0
        taken = 0
        for line in lines:
            room = line["amount"] - sum(one["amount"] for one in line["discount_amounts"])
            if not line["discountable"] or room <= 0:
                continue
            if coupon["percent_off"] is not None:
                off = prorated(room, left_s=round(coupon["percent_off"] * 100), whole_s=10_000)
            else:
                off = min(room, left - taken)
            line["discount_amounts"].append({"amount": off, "discount": key})
            taken += off
        sums.append({"amount": taken, "discount": key})
    return sums


def taken_off(account: Account, total: int, coupons: list[str]) -> int:
    """What coupons take off a total, one after the other."""
    off = 0
    for one in coupons:
        coupon = account.get("coupon", one)
        if coupon["percent_off"] is not None:
            off += prorated(total - off, left_s=round(coupon["percent_off"] * 100), whole_s=10_000)
        else:
            off += min(total - off, coupon["amount_off"])
    return off


def _coupon(account: Account, discount: str) -> Obj:
    return account.get("coupon", account.get("discount", discount)["source"]["coupon"])
