"""How many requests a caller and a workspace may make: a bucket for each that holds a minute's worth and fills evenly."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.domain.callers import Caller, Role

MINUTE_S = 60


@dataclass(frozen=True)
class Toll:
    """What a request is counted against, once its caller is known: their own `most` a minute (0: no limit) and, where they are
    one of `roles` and a key of theirs has got `scope`, what their workspace's plan allows."""

    most: int = 0
    roles: Sequence[Role] = ()
    scope: str = ""


FREE = Toll()


@dataclass(frozen=True)
class Allowance:
    """What came of asking for one request more. `most` is the plan's number per minute; `busy_s` is how far ahead of now the
    bucket is used up: 0 when it is full, MINUTE_S when it is empty."""

    plan: str
    most: int
    busy_s: float
    granted: bool

    @property
    def remaining(self) -> int:
        """Requests that may follow at once."""
        return max(0, math.floor((MINUTE_S - self.busy_s) * self.most / MINUTE_S + 1e-6))

    @property
    def reset_s(self) -> int:
        """Whole seconds until the bucket is full, or, when there is nothing in it, until one request may be made."""
        if self.granted:
            return math.ceil(self.busy_s)
        return max(1, math.ceil(self.busy_s + (MINUTE_S / self.most if self.most else MINUTE_S) - MINUTE_S))

    @property
    def headers(self) -> dict[str, str]:
        """`RateLimit-*` of the IETF's draft (draft-ietf-httpapi-ratelimit-headers-05)."""
        return {
            "RateLimit-Limit": str(self.most),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
            "RateLimit-Policy": f"{self.most};w={MINUTE_S}",
        }


@dataclass(frozen=True)
class Counted:
    """What came of the toll: of the caller's own, and of the plan's. None: nothing was counted, as there is no limit."""

    own: Allowance | None = None
    plan: Allowance | None = None


@dataclass(frozen=True)
class Admitted:
    """Somebody who is known, and whose request has been counted."""

    caller: Caller
    counted: Counted
