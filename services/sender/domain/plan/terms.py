"""The words of a plan: what waits, what it shares, and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

FIRST_STEP = 1

Opening = tuple[datetime, datetime]
"""From when up to when a lead may be written to."""

PassedOver = Literal[
    "window_closed_today", "workspace_quota", "campaign_quota", "mailbox_quota", "mailbox_unusable", "domain_quota"
]
"""Why a mail that waits is not in the plan of this day."""


@dataclass(frozen=True)
class Waiting:
    """A mail that could be planned today. `key` names it: the enrolment's id.

    `openings` are those of its window within the day, in order; none means that it cannot be sent today. `not_before` holds
    it back (backoff, the wait of a later step, the pause between campaigns). `missed`: it was planned on an earlier day and
    its window closed first. `mailbox_id` is the mailbox it has been written to from, and stays with. `at_once`: its campaign
    has no working hours, so there is nothing to spread it over.
    """

    key: UUID
    campaign_id: UUID
    position: int
    domain: str
    openings: tuple[Opening, ...]
    step: int = 1
    not_before: datetime | None = None
    missed: bool = False
    mailbox_id: UUID | None = None
    at_once: bool = False


@dataclass(frozen=True)
class Share:
    """What a campaign may take: `room` is left of its own quota, `taken` are the slots it has of this day already."""

    campaign_id: UUID
    room: int
    mailbox_ids: tuple[UUID, ...]
    weight: int = 1
    taken: int = 0


@dataclass(frozen=True)
class Room:
    """What is left of a day. `slots` of the workspace; `mailboxes` has every usable one, None is without a limit.

    `domains` counts what each recipient domain has of the day; `domain_quota` None is without a limit. So many `follow_ups`
    go before the first mails; those beyond take what first mails leave over.
    """

    slots: int
    mailboxes: Mapping[UUID, int | None]
    follow_ups: int = 0
    domains: Mapping[str, int] = field(default_factory=dict[str, int])
    domain_quota: int | None = None


@dataclass(frozen=True)
class Assignment:
    """A slot of the day for a mail: the call begins at `due_at` or later, and ends by `closes_at`."""

    waiting: Waiting
    mailbox_id: UUID
    due_at: datetime
    closes_at: datetime


@dataclass(frozen=True)
class Layout:
    """The plan in the order of the slots, who was passed over and why, and what is left."""

    assignments: tuple[Assignment, ...]
    passed_over: Mapping[UUID, PassedOver]
    shares: tuple[Share, ...]
    room: Room
