"""Sharing a day's slots among campaigns."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Demand:
    """What one campaign may still take today: `room` below its own quota, `waiting` leads that could be written to."""

    campaign_id: UUID
    room: int
    waiting: int


def share_out(free: int, demands: Sequence[Demand]) -> dict[UUID, int]:
    """Deal `free` slots one by one, campaign by campaign, until they or the demands run out."""
    shares = {demand.campaign_id: 0 for demand in demands}
    open_demands = [demand for demand in demands if min(demand.room, demand.waiting) > 0]
    while free > 0 and open_demands:
        each = max(free // len(open_demands), 1)
        still: list[Demand] = []
        for demand in open_demands:
            want = min(demand.room, demand.waiting) - shares[demand.campaign_id]
            given = min(each, want, free)
            shares[demand.campaign_id] += given
            free -= given
            if given < want:
                still.append(demand)
        open_demands = still
    return shares
