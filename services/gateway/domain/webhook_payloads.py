"""What messages to webhooks hold, type by type. A field may be added; anything else is a new version."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID


@dataclass(frozen=True)
class JobTurned:
    """A job has been paused or goes on. `reason` says why, where there is one."""

    job_id: UUID
    reason: str | None


@dataclass(frozen=True)
class JobParked:
    """A job waits for a provider or for credits; it goes on at `resume_at`, or when the cause has gone."""

    job_id: UUID
    reason: str | None
    resume_at: datetime | None


@dataclass(frozen=True)
class JobEnded:
    """A job is over. `credits_total` is what it has cost; the rows that failed cost nothing."""

    job_id: UUID
    reason: str | None
    credits_total: int
    rows_total: int
    rows_enriched: int
    rows_degraded: int
    rows_failed: int


@dataclass(frozen=True)
class SourcingEnded:
    """A search for leads is over."""

    sourcing_id: UUID
    state: Literal["completed", "failed", "cancelled"]
    reason: str | None
    leads: int
    credits_total: int


@dataclass(frozen=True)
class SentEmail:
    """A mail that the provider has accepted."""

    email_id: UUID
    lead_id: UUID
    step: int
    recipient: str


@dataclass(frozen=True)
class EmailsSent:
    """Mails of a campaign that were accepted together: one or some."""

    campaign_id: UUID
    emails: list[SentEmail]


@dataclass(frozen=True)
class EmailNotSent:
    """A mail that was refused for good, or of which nobody can know whether it was accepted. `reason` says why."""

    campaign_id: UUID
    email_id: UUID
    lead_id: UUID
    step: int
    recipient: str
    reason: str | None


@dataclass(frozen=True)
class CampaignStarted:
    """A campaign sends from here on: all rows of its list are in; or it was finished, and mail that had failed is sent again.

    One that goes on after a pause has not been started anew.
    """

    campaign_id: UUID
    name: str


@dataclass(frozen=True)
class CampaignFinished:
    """A campaign sends nothing more: nobody of its list is left to write to, or a person has ended it, also as a draft."""

    campaign_id: UUID
    name: str
    ended_by_person: bool


@dataclass(frozen=True)
class MailboxPaused:
    """A mailbox was paused by itself, and only a person lets it go on. `detail` says what to do."""

    mailbox_id: UUID
    address: str
    reason: str
    detail: str


@dataclass(frozen=True)
class CreditsLow:
    """The balance has fallen below a threshold that the workspace has set."""

    threshold: int
    available: int


@dataclass(frozen=True)
class SubscriptionChanged:
    """The workspace's subscription as it is by now. `plan` is null when there is none."""

    plan: str | None
    interval: Literal["month", "year"] | None
    status: str
    period_ends_at: datetime | None
    cancels_at_period_end: bool


@dataclass(frozen=True)
class PaymentFailed:
    """A payment was refused. `amount_minor` is in the currency's smallest unit (cents)."""

    payment_for: Literal["subscription", "top_up"]
    amount_minor: int
    currency: str
    reason: str
    tried: int


@dataclass(frozen=True)
class TopUpTurned:
    """Credits were bought by themselves, or could not be."""

    top_up_id: UUID
    state: Literal["paid", "failed", "maximum_reached"]
    credits: int
    spent_this_month_minor: int
    currency: str
    reason: str | None


@dataclass(frozen=True)
class Tried:
    """Somebody tries whether an endpoint hears us."""

    webhook_id: UUID
