"""What workspaces can be told by webhooks: the public types, what each holds, and which of our own events each is made of.

Public types and fields stay: a field may be added, and anything else is a new `version`.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

from services.gateway.domain.webhook_payloads import (
    CampaignFinished,
    CampaignStarted,
    CreditsLow,
    EmailNotSent,
    EmailsSent,
    JobEnded,
    JobParked,
    JobTurned,
    MailboxPaused,
    PaymentFailed,
    SourcingEnded,
    SubscriptionChanged,
    TopUpTurned,
    Tried,
)

VERSION = 1
TEST = "webhook.test"


@dataclass(frozen=True)
class Kind:
    """A public type: what it holds, and the type of our own event that it is made of (None: of none)."""

    name: str
    holds: type
    made_of: str | None


KINDS: tuple[Kind, ...] = (
    Kind("job.paused", JobTurned, "ingest.job.paused"),
    Kind("job.parked", JobParked, "ingest.job.parked"),
    Kind("job.resumed", JobTurned, "ingest.job.resumed"),
    Kind("job.completed", JobEnded, "ingest.job.completed"),
    Kind("job.failed", JobEnded, "ingest.job.failed"),
    Kind("job.cancelled", JobEnded, "ingest.job.cancelled"),
    Kind("sourcing.ended", SourcingEnded, "ingest.sourcing.ended"),
    Kind("campaign.started", CampaignStarted, "sender.campaign.started"),
    Kind("campaign.finished", CampaignFinished, "sender.campaign.finished"),
    Kind("emails.sent", EmailsSent, "sender.emails.sent"),
    Kind("email.failed", EmailNotSent, "sender.email.failed"),
    Kind("email.unknown", EmailNotSent, "sender.email.unknown"),
    Kind("mailbox.paused", MailboxPaused, "sender.mailbox.paused"),
    Kind("credits.low", CreditsLow, "billing.balance.low"),
    Kind("subscription.changed", SubscriptionChanged, "billing.subscription.changed"),
    Kind("payment.failed", PaymentFailed, "billing.payment.failed"),
    Kind("top_up.turned", TopUpTurned, "billing.top_up.turned"),
    Kind(TEST, Tried, None),
)
"""Every public type. All but the test can be chosen; that one is sent to whom it was asked for."""

EventType = Literal[
    "job.paused",
    "job.parked",
    "job.resumed",
    "job.completed",
    "job.failed",
    "job.cancelled",
    "sourcing.ended",
    "campaign.started",
    "campaign.finished",
    "emails.sent",
    "email.failed",
    "email.unknown",
    "mailbox.paused",
    "credits.low",
    "subscription.changed",
    "payment.failed",
    "top_up.turned",
]
"""Those that can be chosen."""

_MADE_OF = {kind.made_of: kind for kind in KINDS if kind.made_of}


def kind_of(type_: str) -> Kind | None:
    """The public kind that one of our own events is told as. None for what is nobody's business."""
    return _MADE_OF.get(type_)


def body_of(kind: Kind, data: Mapping[str, Any], *, workspace_id: UUID, happened_at: datetime) -> dict[str, Any]:
    """What is sent: of our own event's data (as JSON) what the kind holds, and nothing else."""
    return {
        "type": kind.name,
        "version": VERSION,
        "timestamp": happened_at,
        "workspace_id": workspace_id,
        "data": _held(kind.holds, data),
    }


def _held(payload: type, data: Mapping[str, Any]) -> dict[str, Any]:
    held = dict[str, Any]()
    for name, inner in _fields_of(payload):
        value = data.get(name)
        held[name] = [_held(inner, one) for one in value or ()] if inner else value
    return held


@functools.cache
def _fields_of(payload: type) -> list[tuple[str, type | None]]:
    """The names of a payload's fields, each with what a list in it is of where that is a payload as well."""
    hints = get_type_hints(payload)
    return [(field.name, _payload_in(hints[field.name])) for field in fields(payload)]


def _payload_in(hint: Any) -> type | None:
    inner = get_args(hint)[0] if get_origin(hint) is list else None
    return inner if isinstance(inner, type) and is_dataclass(inner) else None
