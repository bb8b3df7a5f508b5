"""What is left of a day, by the slots that somebody has."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from services.sender.domain.plan.candidates import PlannedCampaign, UsableMailbox
from services.sender.domain.plan.quotas import follow_ups_first
from services.sender.domain.plan.terms import FIRST_STEP, Room, Share


class HeldSlot(Protocol):
    """A slot that is assigned or used, and what it counts towards."""

    @property
    def campaign_id(self) -> UUID: ...
    @property
    def mailbox_id(self) -> UUID: ...
    @property
    def domain(self) -> str: ...
    @property
    def step(self) -> int: ...
    @property
    def state(self) -> str: ...


@dataclass(frozen=True)
class DayTerms:
    """What a workspace's day is laid out by. `domain_quota` None is without a limit, `follow_up_share` in percent."""

    quota: int
    domain_quota: int | None
    follow_up_share: int


def shares_of(running: Sequence[PlannedCampaign], holders: Collection[HeldSlot]) -> tuple[Share, ...]:
    """The campaigns' shares of a day of which these slots are held."""
    taken = Counter(one.campaign_id for one in holders)
    return tuple(
        Share(one.id, one.daily_quota - taken[one.id], one.mailbox_ids, one.weight, taken[one.id]) for one in running
    )


def room_of(
    boxes: Sequence[UsableMailbox], holders: Collection[HeldSlot], *, day: date, terms: DayTerms, free: int
) -> Room:
    """What is left of a day of which these slots are held, and so many are free."""
    sent = Counter(one.mailbox_id for one in holders)
    limits = {box.id: box.quota.on(day) for box in boxes}
    follow_ups = sum(one.step > FIRST_STEP for one in holders)
    return Room(
        slots=free,
        mailboxes={name: limit if limit is None else max(limit - sent[name], 0) for name, limit in limits.items()},
        follow_ups=max(follow_ups_first(terms.quota, terms.follow_up_share) - follow_ups, 0),
        domains=Counter(one.domain for one in holders),
        domain_quota=terms.domain_quota,
    )
