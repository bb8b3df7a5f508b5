"""A shared key's day: nobody takes more than half of it while somebody else waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from services.enrich.domain.limits import Limits

WAITS_S = 300.0
"""Whoever has asked within so long counts as waiting."""


@dataclass(frozen=True, slots=True)
class DayUse:
    """What a workspace has used of the day, and how many seconds ago it asked last."""

    tenant_id: UUID
    requests: int
    tokens: int
    asked_s_ago: float


def kept_back_s(tenant_id: UUID, uses: Iterable[DayUse], limits: Limits) -> float:
    """How long a workspace has to stand back; 0 when it may ask.

    One that has had half of the day's requests or tokens stands back until nobody else has asked for `WAITS_S`. What then
    is left is its own to take.
    """
    uses = list(uses)
    mine = next((use for use in uses if use.tenant_id == tenant_id), None)
    if mine is None or not _has_half(mine, limits):
        return 0.0
    return max((WAITS_S - use.asked_s_ago for use in uses if use.tenant_id != tenant_id), default=0.0)


def _has_half(use: DayUse, limits: Limits) -> bool:
    pairs = ((use.requests, limits.requests_per_day), (use.tokens, limits.tokens_per_day))
    return any(limit and used * 2 >= limit for used, limit in pairs)
