"""When the mails of a day leave: evenly over what is left of each lead's working hours, and never all at nine o'clock."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from services.sender.domain.plan.terms import Assignment, Opening, Waiting

_PARTS = 2**64


@dataclass(frozen=True)
class Chosen:
    """A mail that has a slot and a mailbox. `spans` are the instants at which its call may begin."""

    waiting: Waiting
    mailbox_id: UUID
    spans: tuple[Opening, ...]


def spans_of(waiting: Waiting, *, since: datetime, until: datetime, call: timedelta) -> tuple[Opening, ...]:
    """The first and the last instants at which a call may begin, opening by opening, so that it ends before the opening."""
    since = max(since, waiting.not_before) if waiting.not_before else since
    cut = ((max(opens, since), min(closes, until) - call) for opens, closes in waiting.openings)
    return tuple((first, last) for first, last in cut if first <= last)


def spread(chosen: Sequence[Chosen], *, day: date, call: timedelta) -> list[Assignment]:
    """Give each its instant. Those with the same hours share them out in their order, each at a point of its own part.

    The point is the same whenever the same lead is planned for the same day with the same company.
    """
    groups = defaultdict[tuple[Opening, ...], list[int]](list)
    for index, who in enumerate(chosen):
        groups[who.spans].append(index)
    due = dict[int, Assignment]()
    for spans, members in groups.items():
        for place, index in enumerate(members):
            who = chosen[index]
            part = 0.0 if who.waiting.at_once else (place + _jitter(who.waiting.key, day)) / len(members)
            due_at, last = _at(spans, part)
            due[index] = Assignment(who.waiting, who.mailbox_id, due_at=due_at, closes_at=last + call)
    return [due[index] for index in range(len(chosen))]


def _at(spans: Iterable[Opening], part: float) -> Opening:
    """The instant at this part of the spans, as if they were one, and the end of the span that holds it."""
    spans = tuple(spans)
    left = sum((last - first for first, last in spans), timedelta()) * part
    for first, last in spans[:-1]:
        if left < last - first:
            return first + left, last
        left -= last - first
    first, last = spans[-1]
    return min(first + left, last), last


def _jitter(key: UUID, day: date) -> float:
    """From 0 up to but excluding 1, fixed for a lead and a day."""
    digest = blake2b(key.bytes + day.isoformat().encode(), digest_size=8).digest()
    return min(int.from_bytes(digest) / _PARTS, 1 - 1e-9)
