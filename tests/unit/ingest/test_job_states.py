"""The job's states: only the turns that DESIGN 5.1 draws, each raising the version by one."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain import turns
from services.ingest.domain.jobs import TERMINAL, Job, JobState, Tally

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

DRAWN: dict[JobState, set[JobState]] = {
    JobState.RESERVING: {JobState.DECLINED, JobState.QUEUED, JobState.CANCELLED, JobState.FAILED},
    JobState.QUEUED: {JobState.PROCESSING, JobState.CANCELLED, JobState.FAILED},
    JobState.PROCESSING: {
        JobState.PROCESSING,
        JobState.PAUSED,
        JobState.PARKED,
        JobState.MERGING,
        JobState.CANCELLED,
        JobState.FAILED,
    },
    JobState.PAUSED: {JobState.PROCESSING, JobState.CANCELLED, JobState.FAILED},
    JobState.PARKED: {JobState.PROCESSING, JobState.CANCELLED, JobState.FAILED},
    JobState.MERGING: {JobState.COMPLETED, JobState.CANCELLED, JobState.FAILED},
    JobState.DECLINED: set(),
    JobState.COMPLETED: set(),
    JobState.CANCELLED: set(),
    JobState.FAILED: set(),
}

TURNS: list[Callable[[Job], Job | None]] = [
    lambda job: turns.place(job, credits_held=10, now=NOW),
    lambda job: turns.decline(job, available=3, now=NOW),
    lambda job: turns.start(job, chunks_total=1, now=NOW),
    lambda job: turns.pause(job, now=NOW),
    lambda job: turns.park(job, reason="serper_day_limit", resume_at=None, now=NOW),
    lambda job: turns.resume(job, now=NOW),
    lambda job: turns.unpark(job, now=NOW),
    lambda job: turns.begin_merge(job, now=NOW),
    lambda job: turns.rerun(job, missing_rows=0, given_up=0, now=NOW),
    lambda job: turns.complete(job, now=NOW),
    lambda job: turns.fail(job, reason="x", now=NOW),
    lambda job: turns.cancel(job, now=NOW),
]


def job_in(state: JobState, *, answered: bool = True) -> Job:
    nobody = UUID(int=0)
    return Job(
        id=nobody,
        workspace_id=nobody,
        upload_id=nobody,
        filename="leads.csv",
        state=state,
        rows_total=10,
        price_version=1,
        credits_per_row=2,
        credits_needed=20,
        created_at=NOW,
        state_changed_at=NOW,
        chunks_total=1,
        tally=Tally(enriched=10, chunks=1) if answered else Tally(),
    )


@pytest.mark.parametrize("state", list(JobState))
def test_only_the_turns_that_are_drawn_are_taken(state: JobState) -> None:
    """Red when any turn accepts another state than the diagram of DESIGN 5.1 shows, or one is missing."""
    reached = {turned.state for turn in TURNS if (turned := turn(job_in(state))) is not None}
    assert reached == DRAWN[state]


@pytest.mark.parametrize("state", list(JobState))
def test_every_turn_raises_the_version_by_one(state: JobState) -> None:
    """Red when a turn keeps the version: the compare-and-swap and enrich's ordering rest on it."""
    for turn in TURNS:
        turned = turn(job_in(state))
        assert turned is None or turned.version == job_in(state).version + 1


@pytest.mark.parametrize("state", [state for state in JobState if state not in TERMINAL])
def test_cancel_raises_the_epoch(state: JobState) -> None:
    """Red when cancel keeps the epoch: answers from before it would still fit."""
    cancelled = turns.cancel(job_in(state), now=NOW)
    assert cancelled is not None
    assert cancelled.epoch == job_in(state).epoch + 1
    assert cancelled.finished_at == NOW


def test_a_job_with_open_chunks_does_not_merge() -> None:
    """Red when begin_merge does not look at the chunks."""
    assert turns.begin_merge(job_in(JobState.PROCESSING, answered=False), now=NOW) is None


def test_a_parked_job_whose_chunks_are_all_answered_goes_on_to_merging() -> None:
    """It has nothing left to wait for."""
    states = [job.state for job in turns.finish_if_answered(job_in(JobState.PARKED), now=NOW)]
    assert states == [JobState.PROCESSING, JobState.MERGING]


def test_a_paused_job_whose_chunks_are_all_answered_waits_for_its_person() -> None:
    """Only a person resumes what a person paused."""
    assert turns.finish_if_answered(job_in(JobState.PAUSED), now=NOW) == []


def test_what_parked_a_job_does_not_resume_one_that_a_person_paused() -> None:
    """Red when unpark accepts paused."""
    assert turns.unpark(job_in(JobState.PAUSED), now=NOW) is None


def test_a_parked_job_is_told_only_what_is_new_to_it() -> None:
    """Red when a job is turned for the same reason and time again, or a job that is not parked waits on."""
    later = NOW + timedelta(hours=1)
    parked = turns.park(job_in(JobState.PROCESSING), reason="groq_day_limit", resume_at=NOW, now=NOW)
    assert parked is not None
    assert turns.wait_on(parked, reason="groq_day_limit", resume_at=NOW, now=NOW) is None
    anew = turns.wait_on(parked, reason="groq_day_limit", resume_at=later, now=NOW)
    assert anew is not None
    assert (anew.state, anew.resume_at, anew.version) == (JobState.PARKED, later, parked.version + 1)
    others = [state for state in JobState if state is not JobState.PARKED]
    assert all(turns.wait_on(job_in(one), reason="x", resume_at=None, now=NOW) is None for one in others)


@given(
    added=st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 100)),
        max_size=20,
    )
)
def test_counting_adds_up_and_moves_the_version_each_time(added: list[tuple[int, int, int, int, int]]) -> None:
    """Red when a count loses rows, chunks or credits, or keeps the version."""
    job = job_in(JobState.PROCESSING, answered=False)
    for enriched, degraded, failed, skipped, earned in added:
        job = turns.count(job, added=Tally(enriched, degraded, failed, skipped, 1), earned=earned, now=NOW)
    assert job.tally.rows == sum(sum(step[:4]) for step in added)
    assert job.tally.chunks == len(added)
    assert job.credits_total == sum(step[4] for step in added)
    assert job.version == 1 + len(added)


@given(steps=st.lists(st.floats(0, 2), min_size=1, max_size=60))
def test_progress_is_pushed_at_most_four_times_a_second(steps: list[float]) -> None:
    """Red when the throttle is removed: any window of one second holds at most four pushes (and the one that opens it)."""
    job, now, pushed = job_in(JobState.PROCESSING, answered=False), NOW, list[datetime]()
    for step in steps:
        now += timedelta(seconds=step)
        counted = turns.count(job, added=Tally(), earned=0, now=now)
        if counted.progressed_at != job.progressed_at:
            pushed.append(now)
        job = counted
    for earlier, later in itertools.pairwise(pushed):
        assert later - earlier >= timedelta(seconds=0.25)
    assert pushed[0] == NOW + timedelta(seconds=steps[0])


def test_the_eta_is_unknown_unless_the_job_is_at_work() -> None:
    """A paused job has no end in sight."""
    job = job_in(JobState.PROCESSING, answered=False)
    running = replace(job, pace=replace(job.pace, rows_per_second=2.0, seconds=60.0))
    assert running.eta_seconds == 5.0
    assert replace(running, state=JobState.PAUSED).eta_seconds is None
    assert job.eta_seconds is None
