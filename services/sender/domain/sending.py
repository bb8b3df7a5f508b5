"""What may be sent now, and what an answer means. The rules of a send (claim, begin, call, record) that need no database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

MAX_DEFERRALS = 8
"""So often an email may be deferred for its recipient's sake before it counts as refused."""
MAX_REFUSALS = 5
"""So many mails in a row may be refused or deferred before it looks like the mailbox's trouble."""
_FIRST_BACKOFF = timedelta(minutes=1)
_LONGEST_BACKOFF = timedelta(hours=4)


@dataclass(frozen=True)
class SendTiming:
    """Seconds. The lease of `sending` outlives the latest instant at which its call could still be accepted.

    Raises ValueError otherwise: the resolver would call a mail unknown that is still on its way.
    """

    call_deadline_s: float
    provider_timeout_s: float
    sending_lease_s: float
    claim_lease_s: float

    def __post_init__(self) -> None:
        if self.sending_lease_s <= self.call_s:
            msg = (
                f"SEND_SENDING_LEASE_S ({self.sending_lease_s}) must exceed SEND_CALL_DEADLINE_S"
                f" + SEND_PROVIDER_TIMEOUT_S ({self.call_s})"
            )
            raise ValueError(msg)

    @property
    def call_s(self) -> float:
        """From the start of the sending transaction to the last instant at which the provider could accept."""
        return self.call_deadline_s + self.provider_timeout_s


@dataclass(frozen=True)
class Facts:
    """What the sending transaction has read, after it locked the email."""

    suppressed: bool
    enrolment_active: bool
    campaign_active: bool
    mailbox_active: bool
    sandboxed_lead: bool
    sandboxed_mailbox: bool
    already_sent: bool
    earlier_open: bool
    """An earlier step of the sequence is not known to have been sent."""
    window_open: bool
    """The lead's working hours last until the provider could have accepted at the latest."""
    day_ends_at: datetime | None


@dataclass(frozen=True)
class Go:
    """Nothing speaks against it (the slot still has to be taken)."""


@dataclass(frozen=True)
class GiveBack:
    """Not now: the email is planned again."""

    reason: str


@dataclass(frozen=True)
class Drop:
    """Not ever: the email ends in `state` and its slot goes to the next."""

    state: Literal["suppressed", "cancelled", "failed"]
    reason: str


def decide(facts: Facts, *, now: datetime, timing: SendTiming) -> Go | GiveBack | Drop:
    """Whether an email that is claimed may be handed to the provider's call now."""
    if facts.suppressed:
        return Drop("suppressed", "suppressed")
    if not facts.enrolment_active:
        return Drop("cancelled", "enrolment_ended")
    if facts.sandboxed_lead and not facts.sandboxed_mailbox:
        return Drop("cancelled", "sandboxed_row")
    if facts.already_sent:
        return Drop("cancelled", "already_sent")
    if not facts.campaign_active:
        return GiveBack("campaign_paused")
    if not facts.mailbox_active:
        return GiveBack("mailbox_paused")
    if facts.earlier_open:
        return GiveBack("earlier_step_open")
    if facts.day_ends_at is None or now + timedelta(seconds=timing.call_s) > facts.day_ends_at:
        return GiveBack("day_over")
    if not facts.window_open:
        return GiveBack("window_closed")
    return Go()


@dataclass(frozen=True)
class Accepted:
    """The provider took it."""

    reply: str


@dataclass(frozen=True)
class Refused:
    """The provider said no for good (5xx to this recipient or this content).

    `no_such_address`: there is nobody at this address, so nobody ever writes to it again.
    """

    reply: str
    no_such_address: bool = False


@dataclass(frozen=True)
class Deferred:
    """Proven not accepted: no connection, a 4xx, or the connection was lost before the message was handed over.

    `mailbox` says that the mailbox, not the recipient, is in trouble (cannot connect, login or sender refused), `pause` that
    it is of a kind that only a person can end.
    """

    reply: str
    mailbox: bool = False
    pause: str | None = None


@dataclass(frozen=True)
class NotCalled:
    """The call deadline had passed before the first byte."""

    reply: str = "call_deadline_passed"


@dataclass(frozen=True)
class Unknown:
    """The message was handed over and no answer came: it may have been accepted."""

    reply: str


Outcome = Accepted | Refused | Deferred | NotCalled | Unknown


@dataclass(frozen=True)
class Record:
    """What an outcome does to the email. `slot_back`: non-acceptance is proven, so the slot may serve another.

    `deferrals` are those for the recipient's sake, this one included.
    """

    state: Literal["sent", "failed", "deferred", "unknown"]
    reason: str | None
    slot_back: bool
    deferrals: int
    due_at: datetime | None = None


def record_of(outcome: Outcome, *, attempts: int, deferrals: int, now: datetime) -> Record:
    """`attempts` counts the calls begun, this one included; `deferrals` those that the recipient's side put off before.

    What the mailbox or we are to blame for never makes us give up on a recipient.
    """
    match outcome:
        case Accepted():
            return Record("sent", None, slot_back=False, deferrals=deferrals)
        case Refused(reply):
            return Record("failed", reply, slot_back=True, deferrals=deferrals)
        case Unknown(reply):
            return Record("unknown", reply, slot_back=False, deferrals=deferrals)
        case NotCalled(reply):
            return Record("deferred", reply, slot_back=True, deferrals=deferrals, due_at=now)
        case Deferred(reply, mailbox=True):
            return Record("deferred", reply, slot_back=True, deferrals=deferrals, due_at=now + backoff(attempts))
        case Deferred(reply) if deferrals + 1 < MAX_DEFERRALS:
            return Record("deferred", reply, slot_back=True, deferrals=deferrals + 1, due_at=now + backoff(attempts))
        case Deferred(reply):
            words = f"given up after {deferrals + 1} attempts: {reply}"
            return Record("failed", words, slot_back=True, deferrals=deferrals + 1)


def backoff(attempts: int) -> timedelta:
    """How long to wait after the n-th failed attempt: one minute, then four times as long each time, four hours at most."""
    return min(_FIRST_BACKOFF * 4 ** min(max(attempts - 1, 0), 8), _LONGEST_BACKOFF)
