"""The endpoints of coupons."""

from __future__ import annotations

from deploy.sandbox.stripe.account import Obj, new_id
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.pages import PAGING, page

_PAGING = " ".join(PAGING)


def _create_coupon(call: Call) -> Obj:
    params = call.params
    percent, amount = params.text("percent_off"), params.whole("amount_off", least=1)
    if (percent is None) == (amount is None):
        raise StripeError("You must pass either `percent_off` or `amount_off`.", param="percent_off")
    fields: Obj = {
        "amount_off": amount,
        "currency": params.needed("currency").lower() if amount else None,
        "duration": params.one_of("duration", ("once", "forever"), default="once"),
        "duration_in_months": None,
        "max_redemptions": None,
        "metadata": params.metadata(),
        "name": params.text("name"),
        "percent_off": float(percent) if percent else None,
        "redeem_by": None,
        "times_redeemed": 0,
        "valid": True,
    }
    made = call.account.new("coupon", fields, key=params.text("id") or new_id("coupon")[7:15].upper())
    call.account.emit("coupon.created", made)
    return made


ROUTES: tuple[Route, ...] = (
    route("POST", "/v1/coupons", _create_coupon, "id percent_off amount_off currency duration name metadata"),
    route("GET", "/v1/coupons", lambda call: page(call.account.all("coupon"), call.params, "/v1/coupons"), _PAGING),
    route("GET", "/v1/coupons/{}", lambda call: call.account.get("coupon", call.id)),
)
