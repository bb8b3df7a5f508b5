"""`expand[]`: puts objects in the place of their ids, and lists in the place of nothing."""

from __future__ import annotations

from typing import Any

from deploy.sandbox.stripe.account import PREFIXES, Account, Obj, listed, public
from deploy.sandbox.stripe.errors import StripeError

_DEEPEST = 4
_KINDS = sorted(((prefix, kind) for kind, prefix in PREFIXES.items()), key=lambda one: -len(one[0]))
_INCLUDED = {
    ("invoice", "payments"): ("invoice_payment", "invoice"),
    ("charge", "refunds"): ("refund", "charge"),
    ("customer", "subscriptions"): ("subscription", "customer"),
}
"""What is left out unless it is asked for: which objects it lists, and the field by which they belong."""


def expanded(account: Account, answer: Obj, paths: list[str]) -> Obj:
    """A copy of the answer with every path filled in. Raises StripeError for what cannot be expanded."""
    told = public(answer)
    for path in paths:
        parts = path.split(".")
        if len([part for part in parts if part != "data"]) > _DEEPEST:
            raise StripeError(f"You cannot expand more than {_DEEPEST} levels of a property: {path}.", param="expand")
        _fill(account, told, parts, path=path)
    return told


def _fill(account: Account, value: Any, parts: list[str], *, path: str) -> None:
    if isinstance(value, list):
        for one in value:
            _fill(account, one, parts, path=path)
    if not parts or not isinstance(value, dict):
        return
    name, rest = parts[0], parts[1:]
    lists = _INCLUDED.get((str(value.get("object")), name))
    if lists is not None and value.get(name) is None:
        kind, owner = lists
        found = [public(one) for one in reversed(account.all(kind, **{owner: value["id"]}))]
        value[name] = listed(found, f"/v1/{kind}s?{owner}={value['id']}")
    elif (value.get("object"), name) == ("checkout.session", "line_items"):
        whole = account.get("checkout.session", value["id"])
        value[name] = listed(public(whole["_lines"]), f"/v1/checkout/sessions/{value['id']}/line_items")
    elif name not in value:
        raise StripeError(f"This property cannot be expanded ({path}).", param="expand")
    elif isinstance(value[name], str):
        value[name] = _object(account, value[name], path=path)
    elif isinstance(value[name], list):
        value[name] = [_object(account, one, path=path) if isinstance(one, str) else one for one in value[name]]
    _fill(account, value[name], rest, path=path)


def _object(account: Account, key: str, *, path: str) -> Obj:
    for prefix, kind in _KINDS:
        found = account.find(kind, key) if key.startswith(prefix + "_") or kind == "coupon" else None
        if found is not None:
            return public(found)
    raise StripeError(f"This property cannot be expanded ({path}).", param="expand")
