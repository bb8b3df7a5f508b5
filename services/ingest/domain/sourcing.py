"""A sourcing: leads searched for and revealed one batch after another, and every turn it may take.

A turn answers the sourcing as it will be, with its version raised by one; whoever saves it does so by compare-and-swap.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.ingest.domain.lead_search import BATCH
from services.ingest.domain.spending import INSUFFICIENT

PATIENCE = timedelta(minutes=5)
"""A wait that is longer parks the sourcing: a person should see why nothing moves."""
_TRIES = 6
_TRY_AGAIN_AFTER = timedelta(minutes=10)


class SourcingState(StrEnum):
    """`reserving → declined`, `reserving → searching → revealing → delivering → completed`, either at work ⇄ `parked`."""

    RESERVING = "reserving"
    DECLINED = "declined"
    SEARCHING = "searching"
    REVEALING = "revealing"
    DELIVERING = "delivering"
    PARKED = "parked"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


ENDED = frozenset({SourcingState.COMPLETED, SourcingState.CANCELLED, SourcingState.FAILED})
TERMINAL = ENDED | {SourcingState.DECLINED}
AT_WORK = frozenset({SourcingState.SEARCHING, SourcingState.REVEALING, SourcingState.DELIVERING})


@dataclass(frozen=True)
class Sourcing:
    """`people` are those found who have an address to reveal, `leads` those revealed with one: only they are charged.

    `due_at` is when there is something to do; `reason` and `resume_at` say what it waits for, `message` what Apollo said.
    """

    id: UUID
    workspace_id: UUID
    user_id: UUID
    name: str
    filters: Mapping[str, object]
    skip_known: bool
    wanted: int
    state: SourcingState
    price_version: int
    credits_per_lead: int
    created_at: datetime
    state_changed_at: datetime
    version: int = 1
    reason: str | None = None
    message: str | None = None
    resume_at: datetime | None = None
    due_at: datetime | None = None
    matches: int | None = None
    searched: bool = False
    pages: int = 0
    people: int = 0
    batches: int = 0
    leads: int = 0
    failures: int = 0
    credits_held: int = 0
    credits_total: int = 0
    credits_available: int | None = None
    sandboxed: bool = False
    upload_id: UUID | None = None
    finished_at: datetime | None = None

    @property
    def credits_needed(self) -> int:
        return self.wanted * self.credits_per_lead

    @property
    def asked(self) -> int:
        """How many have been asked for, with an address in the end or without."""
        return min(self.batches * BATCH, self.people)

    @property
    def is_undelivered(self) -> bool:
        """Ended early, with leads that have been paid for and still have to be handed over."""
        return self.state in {SourcingState.CANCELLED, SourcingState.FAILED} and self.leads > 0 and not self.upload_id


def _turn(sourcing: Sourcing, state: SourcingState, now: datetime, *, reason: str | None = None) -> Sourcing:
    return replace(
        sourcing,
        state=state,
        version=sourcing.version + 1,
        reason=reason,
        message=None,
        resume_at=None,
        due_at=now if state in AT_WORK else None,
        failures=0,
        state_changed_at=now if state is not sourcing.state else sourcing.state_changed_at,
        finished_at=now if state in TERMINAL else None,
    )


def _phase(sourcing: Sourcing) -> SourcingState:
    """What there is to do next."""
    if not sourcing.searched:
        return SourcingState.SEARCHING
    return SourcingState.REVEALING if sourcing.batches * BATCH < sourcing.people else SourcingState.DELIVERING


def _go_on(sourcing: Sourcing, now: datetime) -> Sourcing:
    phase = _phase(sourcing)
    if phase is SourcingState.DELIVERING and not sourcing.leads:
        reason = "no_addresses" if sourcing.people else "no_matches"
        return _turn(sourcing, SourcingState.COMPLETED, now, reason=reason)
    return _turn(sourcing, phase, now)


def place(sourcing: Sourcing, *, credits_held: int, now: datetime) -> Sourcing | None:
    """The hold is placed. None when the sourcing does not wait for it (any more)."""
    if sourcing.state is not SourcingState.RESERVING:
        return None
    return replace(_go_on(sourcing, now), credits_held=credits_held)


def decline(sourcing: Sourcing, *, available: int, now: datetime, reason: str = INSUFFICIENT) -> Sourcing | None:
    """The hold is declined, for good. `reason` is what bounded what was available."""
    if sourcing.state is not SourcingState.RESERVING:
        return None
    declined = _turn(sourcing, SourcingState.DECLINED, now, reason=reason)
    return replace(declined, credits_available=available)


def count_page(
    sourcing: Sourcing, *, people: int, matches: int, last: bool, sandboxed: bool, now: datetime
) -> Sourcing:
    """A page has been read: `people` of it are wanted; with the `last` one the search is over."""
    counted = replace(
        sourcing,
        pages=sourcing.pages + 1,
        people=sourcing.people + people,
        matches=matches,
        searched=last or sourcing.people + people >= sourcing.wanted,
        sandboxed=sourcing.sandboxed or sandboxed,
    )
    return _go_on(counted, now)


def count_batch(sourcing: Sourcing, *, leads: int, sandboxed: bool, now: datetime) -> Sourcing:
    """A batch has been asked for: its leads are earned, for good."""
    counted = replace(
        sourcing,
        batches=sourcing.batches + 1,
        leads=sourcing.leads + leads,
        credits_total=sourcing.credits_total + leads * sourcing.credits_per_lead,
        sandboxed=sourcing.sandboxed or sandboxed,
    )
    return _go_on(counted, now)


def deliver(sourcing: Sourcing, *, upload_id: UUID, now: datetime) -> Sourcing:
    """The leads are an upload. What was cancelled or failed stays so."""
    if sourcing.state is SourcingState.DELIVERING:
        return replace(_turn(sourcing, SourcingState.COMPLETED, now), upload_id=upload_id)
    return replace(sourcing, version=sourcing.version + 1, upload_id=upload_id, due_at=None)


def wait(sourcing: Sourcing, *, until: datetime, reason: str, message: str | None, now: datetime) -> Sourcing:
    """Nothing can be asked before `until`: soon it goes on by itself, a longer wait parks it until then."""
    state = sourcing.state if until - now <= PATIENCE else SourcingState.PARKED
    waiting = _turn(sourcing, state, now, reason=reason)
    return replace(waiting, message=message, resume_at=until, due_at=until, failures=sourcing.failures)


def park(sourcing: Sourcing, *, reason: str, message: str, now: datetime) -> Sourcing:
    """Only a person can help: another key, another plan, more credits at Apollo."""
    return replace(_turn(sourcing, SourcingState.PARKED, now, reason=reason), message=message)


def stumble(sourcing: Sourcing, *, reason: str, message: str, now: datetime) -> Sourcing:
    """No usable answer: once more after 1, 2, 4 … seconds; after six in a row every ten minutes."""
    failures = sourcing.failures + 1
    pause = timedelta(seconds=2 ** (failures - 1)) if failures < _TRIES else _TRY_AGAIN_AFTER
    if sourcing.is_undelivered:
        return replace(sourcing, version=sourcing.version + 1, failures=failures, due_at=now + pause)
    return replace(wait(sourcing, until=now + pause, reason=reason, message=message, now=now), failures=failures)


def resume(sourcing: Sourcing, *, now: datetime) -> Sourcing | None:
    """A person says to go on, and try afresh. None when it is not parked."""
    return _go_on(sourcing, now) if sourcing.state is SourcingState.PARKED else None


def wake(sourcing: Sourcing, *, now: datetime) -> Sourcing | None:
    """A wait is over: at work again, and failures in a row are counted on. None when it is not parked."""
    woken = resume(sourcing, now=now)
    return None if woken is None else replace(woken, failures=sourcing.failures)


def cancel(sourcing: Sourcing, *, now: datetime) -> Sourcing | None:
    """Stopped by a person: what has been revealed is delivered and charged."""
    return _end(sourcing, SourcingState.CANCELLED, reason="cancelled_by_user", message=None, now=now)


def fail(sourcing: Sourcing, *, reason: str, message: str, now: datetime) -> Sourcing | None:
    """Given up, for what no waiting mends."""
    return _end(sourcing, SourcingState.FAILED, reason=reason, message=message, now=now)


def _end(
    sourcing: Sourcing, state: SourcingState, *, reason: str, message: str | None, now: datetime
) -> Sourcing | None:
    if sourcing.state in TERMINAL:
        return None
    ended = replace(_turn(sourcing, state, now, reason=reason), message=message)
    return replace(ended, due_at=now) if ended.is_undelivered else ended
