"""Products and prices; the plans and packs are there from the start."""

from __future__ import annotations

from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.call import Call, Route, route
from deploy.sandbox.stripe.errors import StripeError, missing
from deploy.sandbox.stripe.form import Params
from deploy.sandbox.stripe.pages import PAGING, only, page

_PAGING = " ".join(PAGING)
_PLANS = (("starter", 4_900, 49_000), ("growth", 14_900, 149_000), ("scale", 49_900, 499_000))
"""Name, cents per month, cents per year."""
_PACKS = (("1k", 1_500), ("5k", 6_500), ("20k", 22_000), ("100k", 90_000))


def stock(account: Account) -> None:
    """Put the plans and packs on the shelf: price_sandbox_starter_monthly, …_yearly, price_sandbox_pack_1k, …"""
    for name, monthly, yearly in _PLANS:
        product = _product(account, name=name.title(), key=f"prod_sandbox_{name}")
        for interval, amount in (("month", monthly), ("year", yearly)):
            key = f"price_sandbox_{name}_{interval}ly"
            _price(account, product=product["id"], amount=amount, key=key, interval=interval)
    for name, amount in _PACKS:
        product = _product(account, name=f"{name.upper()} credits", key=f"prod_sandbox_pack_{name}")
        _price(account, product=product["id"], amount=amount, key=f"price_sandbox_pack_{name}")


def _product(account: Account, *, name: str, key: str | None = None, metadata: dict[str, str] | None = None) -> Obj:
    now = account.now()
    fields: Obj = {
        "active": True,
        "default_price": None,
        "description": None,
        "images": [],
        "marketing_features": [],
        "metadata": metadata or {},
        "name": name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": now,
        "url": None,
    }
    return account.new("product", fields, key=key)


def _price(
    account: Account, *, product: str, amount: int, key: str | None = None, interval: str | None = None, every: int = 1
) -> Obj:
    recurring = None
    if interval is not None:
        recurring = {"interval": interval, "interval_count": every, "meter": None, "trial_period_days": None}
        recurring["usage_type"] = "licensed"
    fields: Obj = {
        "active": True,
        "billing_scheme": "per_unit",
        "currency": "usd",
        "custom_unit_amount": None,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product,
        "recurring": recurring,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }
    return account.new("price", fields, key=key)


def price_of(account: Account, key: str, *, param: str) -> Obj:
    """A price that can be sold. Raises StripeError for one that is not, or is no longer."""
    price = account.get("price", key, param=param)
    if not price["active"]:
        message = "The price specified is inactive. This field only accepts active prices."
        raise StripeError(message, code="price_inactive", param=param)
    return price


def _create_product(call: Call) -> Obj:
    params = call.params
    made = _product(call.account, name=params.needed("name"), key=params.text("id"), metadata=params.metadata())
    call.account.update(made, description=params.text("description"), active=params.flag("active", default=True))
    call.account.emit("product.created", made)
    return made


def _change(call: Call, kind: str, *texts: str) -> Obj:
    """Change what was given of a product, price or coupon."""
    thing, params = call.account.get(kind, call.id), call.params
    fields: Obj = {name: params.text(name) for name in texts if name in params}
    if "active" in params:
        fields["active"] = params.flag("active")
    if "metadata" in params:
        fields["metadata"] = params.metadata(thing["metadata"])
    call.account.update(thing, f"{kind}.updated", **fields)
    return thing


def _create_price(call: Call) -> Obj:
    params, account = call.params, call.account
    amount = params.whole("unit_amount", least=0)
    if amount is None:
        raise missing("unit_amount")
    product = params.text("product")
    if product is None:
        product = _product(account, name=params.group("product_data").needed("name"))["id"]
    account.get("product", product, param="product")
    recurring = params.group("recurring")
    interval = None
    if recurring.values:
        interval = recurring.one_of("interval", ("day", "week", "month", "year"), default="month")
    every = recurring.whole("interval_count", least=1) or 1
    made = _price(account, product=product, amount=amount, interval=interval, every=every)
    account.update(
        made,
        currency=params.needed("currency").lower(),
        nickname=params.text("nickname"),
        lookup_key=params.text("lookup_key"),
        metadata=params.metadata(),
    )
    account.emit("price.created", made)
    return made


def _list_prices(call: Call) -> Obj:
    found = only(call.account.all("price"), call.params, "product", "type", "currency")
    keys = call.params.texts("lookup_keys")
    if keys:
        found = [one for one in found if one["lookup_key"] in keys]
    return page(_active(found, call.params), call.params, "/v1/prices")


def _list_products(call: Call) -> Obj:
    wanted = call.params.texts("ids")
    found = [one for one in call.account.all("product") if not wanted or one["id"] in wanted]
    return page(_active(found, call.params), call.params, "/v1/products")


def _active(found: list[Obj], params: Params) -> list[Obj]:
    if "active" not in params:
        return found
    return [one for one in found if one["active"] == params.flag("active")]


ROUTES: tuple[Route, ...] = (
    route("POST", "/v1/products", _create_product, "id name description active metadata images url tax_code"),
    route("GET", "/v1/products", _list_products, f"{_PAGING} active ids"),
    route("GET", "/v1/products/{}", lambda call: call.account.get("product", call.id)),
    route(
        "POST",
        "/v1/products/{}",
        lambda call: _change(call, "product", "name", "description", "default_price"),
        "name description active metadata default_price",
    ),
    route(
        "POST",
        "/v1/prices",
        _create_price,
        "unit_amount currency product product_data recurring nickname lookup_key metadata tax_behavior",
    ),
    route("GET", "/v1/prices", _list_prices, f"{_PAGING} active product type currency lookup_keys"),
    route("GET", "/v1/prices/{}", lambda call: call.account.get("price", call.id)),
    route(
        "POST",
        "/v1/prices/{}",
        lambda call: _change(call, "price", "nickname", "lookup_key"),
        "active metadata nickname lookup_key",
    ),
)
