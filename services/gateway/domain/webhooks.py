"""Outgoing webhooks: how long an endpoint is tried, and when it is given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

MOST_ENDPOINTS = 10
"""Of a workspace."""
SECRET_BYTES = 32
"""Standard Webhooks wants 24 to 64."""
OLD_SECRET_SIGNS_FOR = timedelta(hours=24)
BACKOFF = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""So long after each attempt that failed, as Standard Webhooks proposes it: 75.5 hours in all."""
SPREAD = 0.1
"""Each wait is longer by up to this part of it, so that what failed together does not come back together."""
LONGEST_ASKED = timedelta(hours=24)
"""Of what an endpoint asks for by `Retry-After`."""
FAILING_FOR = timedelta(days=3)
"""An endpoint that has answered nothing but failures for so long is disabled."""
HELD_FOR = timedelta(days=3)
"""What waits for an endpoint that is disabled does so for as long, should it be enabled again."""
KEEP_LOG = timedelta(days=30)
TIMEOUT_S = 15.0
LEASE = timedelta(seconds=60)
"""Longer than an attempt takes, with looking up the name and recording what came of it."""
ANSWER_BYTES = 1024
MOST_AT_ONE = 4
"""Requests to one endpoint at a time. To one that is failing it is one: who hangs would otherwise take everybody's room."""

State = Literal["waiting", "sending", "delivered", "given_up"]
Cause = Literal["person", "gone", "failing"]
_GONE = 410


@dataclass(frozen=True)
class Endpoint:
    """Where a workspace is told what happens. `old_until`: until when the secret before this one signs as well."""

    id: UUID
    workspace_id: UUID
    url: str
    description: str
    events: Sequence[str]
    enabled: bool
    disabled_because: Cause | None
    disabled_at: datetime | None
    old_until: datetime | None
    failing_since: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Answer:
    """What an endpoint said: a status and the beginning of its answer; or why it said nothing."""

    status: int | None = None
    text: str = ""
    error: str | None = None
    retry_after: timedelta | None = None

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Outcome:
    """What becomes of a delivery after an attempt; `due_at` where it is tried again."""

    state: State
    due_at: datetime | None = None


def after_attempt(answer: Answer, *, attempts: int, moved: bool, spread: float, now: datetime) -> Outcome:
    """`attempts` counts this one; `spread` is between 0 and 1. What is gone for good is not tried again.

    `moved`: it was sent to a URL that the endpoint has no more, whose refusal says nothing of the present one.
    """
    if answer.accepted:
        return Outcome("delivered")
    if moved:
        return Outcome("waiting", now)
    if answer.status == _GONE or attempts > len(BACKOFF):
        return Outcome("given_up")
    wait = BACKOFF[attempts - 1] * (1 + SPREAD * spread)
    asked = min(answer.retry_after or timedelta(), LONGEST_ASKED)
    return Outcome("waiting", now + max(wait, asked))


def disabled_by(answer: Answer, *, failing_since: datetime | None, now: datetime) -> Cause | None:
    """Whether what an endpoint said is the end of it: it is gone (410), or has failed for too long."""
    if answer.status == _GONE:
        return "gone"
    failing = not answer.accepted and failing_since is not None and now - failing_since >= FAILING_FOR
    return "failing" if failing else None
