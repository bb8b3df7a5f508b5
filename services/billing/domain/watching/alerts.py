"""Alerts: the balances below which a workspace wants to be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from libs.common.errors import Invalid
from services.billing.domain.selling.plans import PLANS

DEFAULT_PERCENT = 20
"""Of a month's credits of the plan: where a workspace that has set nothing is told. Without a plan there is no such month."""
MAX_THRESHOLDS = 10


@dataclass(frozen=True)
class Crossing:
    """`available` has fallen below `threshold`, for the `number`th time."""

    workspace_id: UUID
    threshold: int
    number: int
    available: int


def check_thresholds(thresholds: Sequence[int]) -> list[int]:
    """Each once, the highest first. Raises Invalid `too_many_thresholds`."""
    chosen = sorted(set(thresholds), reverse=True)
    if len(chosen) > MAX_THRESHOLDS:
        msg = f"{len(chosen)} thresholds are too many: set {MAX_THRESHOLDS} at most"
        raise Invalid(msg, code="too_many_thresholds")
    return chosen


def default_thresholds() -> Mapping[str, int]:
    """Code of the plan → the balance below which its workspaces are told unless they have said otherwise."""
    return {plan.code: plan.credits_per_month * DEFAULT_PERCENT // 100 for plan in PLANS.values()}
