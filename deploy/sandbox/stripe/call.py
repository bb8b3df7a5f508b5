"""One call of the API, as the endpoints see it, and how endpoints are declared."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from deploy.sandbox.dials import StripeDials
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.form import Params


@dataclass(frozen=True, slots=True)
class Call:
    """The account, the parameters, the ids in the path, the address of our pages, and the dials."""

    account: Account
    params: Params
    ids: tuple[str, ...]
    pages: str
    dials: StripeDials

    @property
    def id(self) -> str:
        """The last id of the path."""
        return self.ids[-1]


Endpoint = Callable[[Call], Obj]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint, its place, and the parameters that it knows; others are refused, as Stripe does."""

    method: str
    path: str
    answer: Endpoint
    params: frozenset[str]
    pattern: re.Pattern[str]

    def check(self, params: Params) -> None:
        """Raise StripeError parameter_unknown for a parameter that is not known here."""
        for name in params.values:
            if name not in self.params and name != "expand":
                raise StripeError(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def route(method: str, path: str, answer: Endpoint, params: str = "") -> Route:
    """Declare an endpoint; `{}` in the path is an id, `params` names its parameters."""
    pattern = re.compile("".join("([^/]+)" if part == "{}" else re.escape(part) for part in re.split(r"({})", path)))
    return Route(method, path, answer, frozenset(params.split()), pattern)
