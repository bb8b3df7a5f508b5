"""What a plan is made from: campaigns that send, mailboxes that may, and mails that wait, with the hours of their leads."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.sender.domain.plan.quotas import MailboxQuota
from services.sender.domain.plan.terms import Opening, Waiting
from services.sender.domain.windows import ALWAYS, Window, next_opening, openings

_LONG = timedelta(days=30)


@dataclass(frozen=True)
class PlannedCampaign:
    """A campaign that sends, with the mailboxes its leads are shared out among. Of one that is `waking` all who sleep are to be
    looked at again."""

    id: UUID
    daily_quota: int
    weight: int
    window: Window
    mailbox_ids: tuple[UUID, ...]
    waking: bool = False


@dataclass(frozen=True)
class UsableMailbox:
    """A mailbox that may send for the workspace; its `domain` is that of its Message-IDs."""

    id: UUID
    domain: str
    quota: MailboxQuota


@dataclass(frozen=True)
class Candidate:
    """A mail that waits. Without an `email_id` it is a first mail that has no row yet; `due_at` is not before then.

    `written_elsewhere_at`: another campaign wrote to the same address then, or may have.
    """

    campaign_id: UUID
    enrolment_id: UUID
    lead_id: UUID
    recipient: str
    domain: str
    position: int
    mailbox_id: UUID | None
    time_zone: str
    country: str
    subdivision: str
    suppressed: bool = False
    written_elsewhere_at: datetime | None = None
    email_id: UUID | None = None
    step: int = 1
    due_at: datetime | None = None
    deferred: bool = False

    def not_before(self, pause: timedelta) -> datetime | None:
        """When it may be sent at the earliest, with such a pause between campaigns. Later steps belong to what was begun."""
        rested = self.written_elsewhere_at + pause if self.written_elsewhere_at and self.step == 1 else None
        return max((at for at in (self.due_at, rested) if at is not None), default=None)


class Hours:
    """The openings of windows between two instants. Leads of one place have the same, and are asked about by the thousand."""

    def __init__(self, *, since: datetime, until: datetime) -> None:
        self._since, self._until = since, until
        self._known: dict[tuple[Window, str, str, str], tuple[Opening, ...]] = {}

    def of(self, who: Candidate, window: Window) -> tuple[Opening, ...]:
        """When this lead may be written to."""
        key = (window, who.time_zone, who.country, who.subdivision)
        if key not in self._known:
            self._known[key] = tuple(openings(window, who, since=self._since, until=self._until))
        return self._known[key]


def waiting_of(who: Candidate, *, window: Window, hours: Hours, pause: timedelta) -> Waiting:
    """The candidate as `lay_out` takes it."""
    return Waiting(
        key=who.enrolment_id,
        campaign_id=who.campaign_id,
        position=who.position,
        domain=who.domain,
        openings=hours.of(who, window),
        step=who.step,
        not_before=who.not_before(pause),
        missed=who.step == 1 and who.email_id is not None,
        mailbox_id=who.mailbox_id,
        at_once=window == ALWAYS,
    )


def wakes_at(who: Candidate, *, window: Window, pause: timedelta, after: datetime) -> datetime:
    """When somebody who cannot be sent to before `after` is to be looked at again: the beginning of the next opening."""
    held_until = who.not_before(pause)
    since = max(after, held_until) if held_until else after
    opening = next_opening(window, who, after=since)
    return opening[0] if opening else since + _LONG
