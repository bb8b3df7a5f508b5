"""The calls of one process under a limit: in turns, no later than their grant holds, and out when the day is not theirs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from services.enrich.clients.errors import DayLimitExhausted, OutOfTime
from services.enrich.clients.gate import Gate
from services.enrich.domain.day_shares import DayUse
from services.enrich.domain.limits import VALID_S, Limits, Pace
from services.enrich.in_flight.turns import LimitedTurns
from services.enrich.repositories.limits import Asked, Decision
from tests.support.waiting import PATIENCE_S

A, B = UUID(int=1), UUID(int=2)
GRANTED, LATER = Decision(granted=True, in_s=0.0), Decision(granted=False, in_s=0.01)


@dataclass
class Book:
    """Answers as it is told, then grants everything. Notes what it was asked."""

    answers: list[Decision] = field(default_factory=list[Decision])
    asked: list[Asked] = field(default_factory=list[Asked])
    uses: Sequence[DayUse] = ()
    stopped_s: float = 0.0
    by_tenant: bool = False
    most: Limits = field(default_factory=lambda: Limits(requests_per_day=100))

    async def book(self, asked: Asked, *, by_tenant: bool) -> Decision:
        self.by_tenant = by_tenant
        self.asked.append(asked)
        await asyncio.sleep(0)
        if self.stopped_s:
            # As SIGSTOP does it: everything stands still, and only the clock goes on.
            time.sleep(self.stopped_s)  # noqa: ASYNC251
            self.stopped_s = 0.0
        return self.answers.pop(0) if self.answers else GRANTED

    async def day_uses(self) -> Sequence[DayUse]:
        return self.uses


def turns(book: Book, **limits: int) -> tuple[Gate, LimitedTurns]:
    gate = Gate("groq")
    return gate, LimitedTurns(gate, book, Pace(Limits(**limits)))


def soon(seconds: float = 5.0) -> float:
    return time.monotonic() + seconds


async def test_workspaces_take_turns_however_many_calls_each_has() -> None:
    """P8. Red when the calls of a large job are served before the only one of a small job."""
    book = Book(answers=[LATER])
    _, line = turns(book, requests_per_minute=60)
    served = list[UUID]()

    async def one(tenant: UUID) -> None:
        await line.take(tenant, 0, deadline=soon())
        served.append(tenant)

    await asyncio.gather(*(one(A) for _ in range(20)), *(one(B) for _ in range(2)))
    assert served[:4] == [A, B, A, B]
    assert len(served) == 22


async def test_a_grant_that_a_stopped_process_slept_through_is_not_used() -> None:
    """Red when the instant is not looked at right before the call: a process that wakes up would spend what it was granted
    before it slept, on top of what others have been granted since."""
    book = Book(stopped_s=VALID_S + 0.05)
    _, line = turns(book, requests_per_minute=600)
    await line.take(A, 0, deadline=soon())
    assert len(book.asked) == 2, "it asked again"


async def test_a_call_whose_turn_does_not_come_goes_back_with_the_wait() -> None:
    """Red when a row waits beyond its chunk, or its error says nothing of how long."""
    _, line = turns(Book(answers=[Decision(granted=False, in_s=30.0)] * 9), requests_per_minute=60)
    with pytest.raises(OutOfTime) as late:
        await line.take(A, 0, deadline=soon(0.05))
    assert late.value.wait_s > 25


async def test_what_waits_says_for_what_and_how_long() -> None:
    """Red when a person is shown a wait without its end, or for the wrong limit."""
    gate, line = turns(
        Book(answers=[Decision(granted=False, in_s=2.0)]), requests_per_minute=600, tokens_per_minute=6000
    )
    gate.turns = line
    waiting = asyncio.create_task(line.take(A, 600, deadline=soon()))
    for _ in range(5):
        await asyncio.sleep(0)
    (wait,) = gate.waits
    assert (wait.reason, wait.limited_by) == ("minute_limit", "tokens")
    assert 2 < wait.wait_s < 10
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_day_that_is_full_refuses_everybody_with_its_end() -> None:
    """Red when a day limit is waited out like a minute."""
    _, line = turns(Book(answers=[Decision(granted=False, in_s=0.0, day_full_s=3600.0)] * 9), requests_per_day=100)
    told = await asyncio.gather(*(line.take(A, 0, deadline=soon()) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in told] == [DayLimitExhausted] * 3
    assert "100 requests" in str(told[0])


async def test_who_has_had_half_of_the_day_stands_back_and_the_other_goes_on() -> None:
    """The chunk goes back at once: a row that waited would hold a slot that the other needs."""
    book = Book(uses=[DayUse(A, 60, 0, 0.0), DayUse(B, 1, 0, 100.0)])
    gate, line = turns(book, requests_per_day=100)
    gate.turns = line
    mine, theirs = await asyncio.gather(
        line.take(A, 0, deadline=soon()), line.take(B, 0, deadline=soon()), return_exceptions=True
    )
    assert theirs is None
    assert isinstance(mine, OutOfTime)
    assert mine.wait_s == pytest.approx(200, abs=1)
    (wait,) = gate.waits
    assert (wait.reason, wait.workspace_id) == ("kept_back", A)


async def test_calls_from_before_the_day_was_counted_count_once_it_is() -> None:
    """Red when a tenant starts from nothing at the moment a limit of the day is learned."""
    book = Book()
    gate, line = turns(book, requests_per_day=100)
    gate.free_call(A)
    gate.free_call(A)
    await line.take(B, 0, deadline=soon())
    await line.take(B, 0, deadline=soon())
    assert [dict(asked.calls) for asked in book.asked] == [{A: 2, B: 1}, {B: 1}]


async def test_what_calls_took_is_put_right_with_the_next_decision_once() -> None:
    """Red when a correction is lost, or applied with every decision after it."""
    book = Book()
    _, line = turns(book, tokens_per_minute=6000)
    line.correct(reserved=1000, used=500)
    await line.take(A, 10, deadline=soon())
    await line.take(A, 10, deadline=soon())
    first, second = [asked.cost.correction_s for asked in book.asked]
    assert first < -1
    assert second == 0


async def test_calls_with_many_tokens_are_granted_one_by_one() -> None:
    """Red when a block of calls is granted at one instant that together are half of the minute."""
    book = Book()
    _, line = turns(book, tokens_per_minute=6000)
    await asyncio.gather(*(line.take(A, 500, deadline=soon()) for _ in range(4)))
    assert [asked.requests for asked in book.asked] == [1, 1, 1, 1]


async def test_when_the_limit_is_gone_everybody_goes() -> None:
    """Red when rows wait on for a limit that is not believed any more."""
    _, line = turns(Book(answers=[Decision(granted=False, in_s=9.0)] * 9), requests_per_minute=1)
    waiting = [asyncio.create_task(line.take(A, 0, deadline=soon())) for _ in range(3)]
    await asyncio.sleep(0)
    line.open()
    await asyncio.wait_for(asyncio.gather(*waiting), PATIENCE_S)


async def test_a_fault_of_ours_fails_the_calls_that_wait_for_it() -> None:
    """Red when the task that books dies and nobody is told: every row would wait for the end of its chunk."""

    class Broken(Book):
        async def book(self, asked: Asked, *, by_tenant: bool) -> Decision:
            msg = f"a fault at {asked}, {by_tenant}"
            raise RuntimeError(msg)

    _, line = turns(Broken(), requests_per_minute=60)
    with pytest.raises(RuntimeError, match="a fault"):
        await line.take(A, 0, deadline=soon())
