"""The pace of a job and the end it foretells: no jumping about, never negative, unknown until something is known."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain import turns
from services.ingest.domain.jobs import Job, JobState, Tally
from services.ingest.domain.progress import SAMPLE_S, WARM_UP_S, Pace

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
ROWS = 1_000_000
CHUNK = 50
FROM_PUSH_TO_PUSH = 1 / 8
"""Of the time left: so much the estimated end may move from one push to the next, once twenty chunks and half a minute of
answers are in."""


def at_work(rows: int = ROWS) -> Job:
    nobody = UUID(int=0)
    return Job(
        id=nobody,
        workspace_id=nobody,
        upload_id=nobody,
        filename="leads.csv",
        state=JobState.PROCESSING,
        rows_total=rows,
        price_version=1,
        credits_per_row=1,
        credits_needed=rows,
        created_at=NOW,
        state_changed_at=NOW,
        chunks_total=rows // CHUNK,
    )


def answers(rate: float, *, seed: int, lanes: int, seconds: float, latency: float = 10.0) -> Iterator[float]:
    """When chunks are answered: so many lanes at work, each as fast as it takes to make the rate, by chance half as fast or
    half as slow again; all begin at once, so that their first answers come in a burst."""
    chance = random.Random(seed)
    every = CHUNK * lanes / rate
    times = [latency + chance.uniform(0, min(every, 2.0)) for _ in range(lanes)]
    while (now := min(times)) < seconds:
        yield now
        times[times.index(now)] = now + every * chance.uniform(0.5, 1.5)


@dataclass(frozen=True)
class Look:
    """What the eye sees at a push."""

    at: float
    eta: float | None
    answered: int


def looks(times: Iterator[float], job: Job) -> list[Look]:
    seen = list[Look]()
    for answered, at in enumerate(times, start=1):
        was = job.progressed_at
        job = turns.count(job, added=Tally(enriched=CHUNK, chunks=1), earned=0, now=NOW + timedelta(seconds=at))
        if job.progressed_at != was:
            seen.append(Look(at, job.eta_seconds, answered))
    return seen


def worst_move(seen: list[Look]) -> float:
    """The most that the estimated end moved from one push to the next, as a part of the time left."""
    known = [look for look in seen if look.answered > 20 and look.at > seen[0].at + 30]
    moves = [
        abs((later.at + later.eta) - (earlier.at + earlier.eta)) / max(earlier.eta, later.eta)
        for earlier, later in itertools.pairwise(known)
        if earlier.eta is not None and later.eta is not None
    ]
    return max(moves, default=0.0)


@given(rate=st.floats(1, 20), lanes=st.integers(1, 10), seed=st.integers(0, 2**32))
def test_the_end_of_a_slow_job_does_not_jump_about(rate: float, lanes: int, seed: int) -> None:
    """1 to 20 rows/s in bursts of chunks. Red with a memory of seconds only: it would hold one or two answers."""
    seen = looks(answers(rate, seed=seed, lanes=lanes, seconds=200 * CHUNK / rate), at_work())
    assert worst_move(seen) <= FROM_PUSH_TO_PUSH


@given(lanes=st.integers(5, 40), seed=st.integers(0, 2**32))
def test_the_end_of_a_fast_job_does_not_jump_about(lanes: int, seed: int) -> None:
    """300 rows/s: six chunks a second. Red when a sample of a moment counts as much as one of minutes."""
    seen = looks(answers(300, seed=seed, lanes=lanes, seconds=120), at_work())
    assert worst_move(seen) <= FROM_PUSH_TO_PUSH


@given(rate=st.floats(2, 300), lanes=st.integers(1, 20), seed=st.integers(0, 2**32))
def test_the_pace_is_that_of_the_answers(rate: float, lanes: int, seed: int) -> None:
    """After a hundred chunks within a fourth. Red when rows of a burst are lost, or the way to the first answer counts."""
    seen = looks(answers(rate, seed=seed, lanes=lanes, seconds=10 + 100 * CHUNK / rate + 30), at_work())
    last = seen[-1]
    assert last.eta is not None
    assert (ROWS - last.answered * CHUNK) / last.eta == pytest.approx(rate, rel=0.25)


@given(
    steps=st.lists(
        st.tuples(st.floats(0, 100), st.integers(-50, 50), st.sampled_from(["answer", "pause", "park", "rerun"])),
        max_size=80,
    )
)
def test_an_end_is_never_in_the_past(steps: list[tuple[float, int, str]]) -> None:
    """Whatever comes, in bursts, late, or taken back. Red when an estimate is negative, infinite or no number."""
    job, now = at_work(5000), NOW
    for seconds, rows, what in steps:
        now += timedelta(seconds=seconds)
        if what == "answer":
            fresh = min(abs(rows), job.rows_total - job.tally.rows)
            job = turns.count(job, added=Tally(enriched=fresh), earned=0, now=now)
        elif what == "rerun":
            job = turns.rerun(job, missing_rows=0, given_up=0, now=now) or job
        else:
            turn = (
                turns.pause(job, now=now) if what == "pause" else turns.park(job, reason="x", resume_at=None, now=now)
            )
            assert turn is not None
            assert turn.eta_seconds is None
            job = turns.resume(turn, now=now) or job
        assert job.pace.rows_per_second >= 0
        assert job.eta_seconds is None or 0 <= job.eta_seconds < float("inf")


def test_nothing_is_foretold_before_something_is_known() -> None:
    """Red when the first burst, or the way to it, makes a pace."""
    job = at_work()
    for at in (10.0, 10.1, 10.2, 11.0):
        job = turns.count(job, added=Tally(enriched=CHUNK, chunks=1), earned=0, now=NOW + timedelta(seconds=at))
        assert job.eta_seconds is None
    job = turns.count(job, added=Tally(enriched=CHUNK), earned=0, now=NOW + timedelta(seconds=10 + WARM_UP_S))
    assert job.eta_seconds == pytest.approx((ROWS - 5 * CHUNK) / (4 * CHUNK / WARM_UP_S))


@pytest.mark.parametrize("pause_s", [60, 3600])
def test_a_pause_is_no_part_of_the_pace(pause_s: float) -> None:
    """Nor what the first answer after it brings. Red when a job that stood still is taken for slow."""
    job = at_work()
    for second in range(60):
        job = turns.count(job, added=Tally(enriched=CHUNK), earned=0, now=NOW + timedelta(seconds=second))
    before = job.eta_seconds
    paused = turns.pause(job, now=NOW + timedelta(seconds=60))
    assert paused is not None
    again = NOW + timedelta(seconds=60 + pause_s)
    resumed = turns.resume(paused, now=again)
    assert resumed is not None
    assert resumed.eta_seconds == before
    for second in range(5, 30):
        resumed = turns.count(resumed, added=Tally(enriched=CHUNK), earned=0, now=again + timedelta(seconds=second))
    assert resumed.pace.rows_per_second == pytest.approx(CHUNK, rel=0.05)


def test_waiting_for_a_limit_lengthens_the_time_left_by_what_it_lasts() -> None:
    """40 s of work, 20 s of waiting, over and over: the pace is two thirds. Red when only the working seconds count."""
    job, at = at_work(), 0.0
    for _ in range(20):
        for _ in range(40):
            at += 1
            job = turns.count(job, added=Tally(enriched=CHUNK), earned=0, now=NOW + timedelta(seconds=at))
        at += 20
    # What is remembered fades within the minute: the end of 40 s at work sees more of them than of the wait.
    assert CHUNK * 0.6 < job.pace.rows_per_second < CHUNK * 0.95


def test_moments_are_gathered_before_they_count() -> None:
    """Red when an answer a millisecond after another makes a pace of thousands."""
    pace = Pace().note(0, now=NOW).note(CHUNK, now=NOW + timedelta(milliseconds=1))
    assert (pace.rows_per_second, pace.rows) == (0.0, CHUNK)
    assert pace.note(CHUNK, now=NOW + timedelta(seconds=SAMPLE_S)).rows_per_second == pytest.approx(
        2 * CHUNK / SAMPLE_S
    )
    assert replace(pace, seconds=60.0).is_known is False
