"""How many requests a workspace may make: a bucket that holds a minute's worth and fills evenly."""

import math
from dataclasses import dataclass

MINUTE_S = 60


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
