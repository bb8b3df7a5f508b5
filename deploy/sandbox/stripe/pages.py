"""Lists: newest first, filtered, a page at a time."""

from __future__ import annotations

from deploy.sandbox.stripe.account import Obj, listed
from deploy.sandbox.stripe.errors import StripeError, unknown
from deploy.sandbox.stripe.form import Params

_PER_PAGE = 10
_MOST = 100
PAGING = ("limit", "starting_after", "ending_before", "created")
"""The parameters that every list has."""


def page(found: list[Obj], params: Params, url: str) -> Obj:
    """The page of `found` (oldest first, as they were made) that was asked for."""
    limit = params.whole("limit", least=1) or _PER_PAGE
    if limit > _MOST:
        raise StripeError(
            f"This value must be less than or equal to {_MOST} (it currently is '{limit}').", param="limit"
        )
    objects = [one for one in reversed(found) if _made_within(one, params)]
    after, before = params.text("starting_after"), params.text("ending_before")
    if before is not None:
        objects = objects[: _place(objects, before, param="ending_before")]
        return listed(objects[-limit:], url, has_more=len(objects) > limit)
    if after is not None:
        objects = objects[_place(objects, after, param="starting_after") + 1 :]
    return listed(objects[:limit], url, has_more=len(objects) > limit)


def only(found: list[Obj], params: Params, *names: str) -> list[Obj]:
    """Those whose fields have the values that were given for them."""
    wanted = {name: params.text(name) for name in names if params.text(name) is not None}
    return [one for one in found if all(one.get(name) == value for name, value in wanted.items())]


def _made_within(one: Obj, params: Params) -> bool:
    created = one.get("created", one.get("date", 0))
    if not isinstance(params.values.get("created"), dict):
        exact = params.whole("created")
        return exact is None or created == exact
    bounds = params.group("created")
    least, above = bounds.whole("gte"), bounds.whole("gt")
    most, below = bounds.whole("lte"), bounds.whole("lt")
    return (
        (least is None or created >= least)
        and (above is None or created > above)
        and (most is None or created <= most)
        and (below is None or created < below)
    )


def _place(objects: list[Obj], key: str, *, param: str) -> int:
    for no, one in enumerate(objects):
        if one["id"] == key:
            return no
    raise unknown("object", key, param=param)
