"""What Groq says of its limits: `x-ratelimit-*` with each answer, and in words with a refusal.

`…-requests` is of the day, `…-tokens` of the minute (console.groq.com/docs/rate-limits). Serper and Firecrawl say nothing of
their limits but how long to wait.
"""

import re
from collections.abc import Mapping

from services.enrich.clients.gate import Gate, LimitedBy
from services.enrich.domain.limits import Limits

_REFUSED = re.compile(r"on (requests|tokens) per (minute|day) \([RT]P[MD]\): Limit (\d+)")


def hear_headers(gate: Gate, headers: Mapping[str, str]) -> None:
    """Tell the limiter once half of a limit is gone: before that no replica needs to ask another."""
    tokens, tokens_left = _pair(headers, "tokens")
    requests, requests_left = _pair(headers, "requests")
    if gate.told is None or not (_is_near(tokens, tokens_left) or _is_near(requests, requests_left)):
        return
    limits = Limits(
        tokens_per_minute=tokens if _is_near(tokens, tokens_left) else 0,
        requests_per_day=requests if _is_near(requests, requests_left) else 0,
    )
    gate.told.heard_limits(gate, limits, used_tokens=max(0, tokens - tokens_left))


def hear_refusal(gate: Gate, said: str) -> LimitedBy | None:
    """The limit that a refusal names is learned; says what it is of."""
    found = _REFUSED.search(said)
    if found is None:
        return None
    unit, span, limit = found.groups()
    if gate.told is not None and int(limit):
        limits = Limits(**{f"{unit}_per_{span}": int(limit)})
        gate.told.heard_limits(gate, limits, used_tokens=int(limit) if (unit, span) == ("tokens", "minute") else 0)
    return "requests" if unit == "requests" else "tokens"


def _pair(headers: Mapping[str, str], unit: str) -> tuple[int, int]:
    limit, left = headers.get(f"x-ratelimit-limit-{unit}"), headers.get(f"x-ratelimit-remaining-{unit}")
    if limit is None or left is None or not (limit.isdecimal() and left.isdecimal()):
        return 0, 0
    return int(limit), int(left)


def _is_near(limit: int, left: int) -> bool:
    return limit > 0 and left * 2 < limit
