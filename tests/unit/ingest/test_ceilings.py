"""The rules of the spend ceiling, without a database."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from libs.common.errors import Conflict
from services.ingest.domain.ceilings import (
    CEILING,
    affordable_portion,
    check_hold,
    credits_asked,
    hold_more,
    is_raise_open,
    keep_ceiling,
    lower_ceiling,
    raise_ceiling,
    rows_left,
)
from services.ingest.domain.jobs import Job, JobState
from services.ingest.schemas.job_life import RetryIn
from tests.unit.ingest.test_job_states import NOW, job_in


def job(state: JobState = JobState.PROCESSING, **more: object) -> Job:
    """Ten rows at two credits."""
    return replace(job_in(state, answered=False), **more)  # pyright: ignore[reportArgumentType] - fields of a job


@given(
    rows=st.lists(st.integers(1, 30), unique=True, max_size=12).map(sorted),
    free=st.frozensets(st.integers(1, 30)),
    left=st.integers(-2, 12),
)
def test_the_portion_is_the_longest_beginning_that_can_be_paid(
    rows: list[int], free: frozenset[int], left: int
) -> None:
    """Red when a row is lost, the portion costs more than there is, or one more row would have fitted."""
    portion = affordable_portion(rows, free=free, rows_left=left)
    assert [*portion.rows, *portion.rest] == rows
    assert portion.charged == sum(row not in free for row in portion.rows) <= max(left, 0)
    assert not portion.rest or (portion.rest[0] not in free and portion.charged >= left)


def test_what_is_asked_for_is_bounded_by_the_ceiling_and_in_whole_rows_where_less_will_do() -> None:
    assert credits_asked(job()) == 20
    assert credits_asked(job(ceiling_credits=7)) == 7
    assert credits_asked(job(ceiling_credits=99)) == 20
    assert credits_asked(job(ceiling_credits=7, affordable=True)) == 6


def test_only_the_sum_that_was_asked_for_is_accepted_or_whole_rows_of_it() -> None:
    """Red when a job begins with a hold that is not what it may cost."""
    check_hold(job(), credits_held=20)
    check_hold(job(affordable=True), credits_held=6)
    for wrong, held in ((job(), 18), (job(affordable=True), 7), (job(affordable=True), 0), (job(affordable=True), 22)):
        with pytest.raises(Conflict):
            check_hold(wrong, credits_held=held)


def test_a_raise_is_open_until_it_is_answered() -> None:
    """Red when a decline leaves the ceiling higher than what is held: the next raise would be no raise."""
    held = job(ceiling_credits=4, credits_held=4)
    assert not is_raise_open(held)
    raised = raise_ceiling(held, ceiling_credits=8)
    assert raised is not None
    assert (is_raise_open(raised), raised.ceiling_round, raised.version) == (True, 1, held.version + 1)
    assert raise_ceiling(raised, ceiling_credits=8) is None
    (kept,) = keep_ceiling(raised, round_no=1, available=1)
    assert (kept.ceiling_credits, kept.credits_available, is_raise_open(kept)) == (4, 1, False)
    (richer,) = hold_more(raised, round_no=1, credits_held=8, now=NOW)
    assert (richer.credits_held, is_raise_open(richer)) == (8, False)


@pytest.mark.parametrize("state", list(JobState))
def test_more_credits_set_only_a_job_going_that_was_parked_for_them(state: JobState) -> None:
    """Red when a job that a person paused, or that waits for a provider, begins again by itself."""
    parked = job(state, reason=CEILING if state is JobState.PARKED else None, ceiling_credits=8, credits_held=4)
    states = [turned.state for turned in hold_more(parked, round_no=1, credits_held=8, now=NOW)]
    ended = state in {JobState.DECLINED, JobState.COMPLETED, JobState.CANCELLED, JobState.FAILED}
    expected = [] if ended else [state, JobState.PROCESSING] if state is JobState.PARKED else [state]
    assert states == expected
    waits = job(JobState.PARKED, reason="serper_day_limit", ceiling_credits=8, credits_held=4)
    assert [turned.state for turned in hold_more(waits, round_no=1, credits_held=8, now=NOW)] == [JobState.PARKED]


def test_a_ceiling_is_never_below_what_may_be_spent() -> None:
    """Round 2 is declined before round 1's raise is heard of. Red when the job spends what its ceiling denies."""
    asking = job(JobState.PARKED, reason=CEILING, credits_held=4, ceiling_credits=9, ceiling_round=2)
    (kept,) = keep_ceiling(asking, round_no=2, available=3)
    richer = hold_more(kept, round_no=1, credits_held=6, now=NOW)[-1]
    assert (richer.credits_held, richer.ceiling_credits) == (6, 6)
    assert not is_raise_open(richer)


def test_a_retry_asks_for_no_more_credits_than_a_column_holds() -> None:
    """Red when a number that no column takes becomes an error of the server."""
    with pytest.raises(ValidationError):
        RetryIn(ceiling_credits=2**63)


def test_a_ceiling_is_lowered_to_what_is_spent_and_under_way_at_the_least() -> None:
    """Red when a job may not pay for what it has under way."""
    at_work = job(JobState.PROCESSING, credits_held=20, credits_total=4)
    for asked, kept in ((15, 15), (9, 10), (1, 10)):
        lowered = lower_ceiling(at_work, ceiling_credits=asked, charged_under_way=3)
        assert (lowered.credits_held, lowered.ceiling_credits, lowered.lowered_round) == (kept, kept, 1)
        assert rows_left(lowered, charged_under_way=3) * 2 == kept - 10 - (kept - 10) % 2
        assert not is_raise_open(lowered)
    whole = lower_ceiling(replace(at_work, affordable=True), ceiling_credits=15, charged_under_way=0)
    assert whole.credits_held == 14


def test_a_ceiling_is_not_lowered_while_more_is_asked_for_nor_when_all_is_in_use() -> None:
    asking = job(JobState.PROCESSING, credits_held=4, ceiling_credits=9, ceiling_round=1)
    used = job(JobState.PROCESSING, credits_held=20, credits_total=20)
    ended = job(JobState.COMPLETED, credits_held=20)
    for refusing, code in ((asking, "raise_open"), (used, "ceiling_not_lower"), (ended, "job_not_running")):
        with pytest.raises(Conflict) as refused:
            lower_ceiling(refusing, ceiling_credits=2, charged_under_way=0)
        assert refused.value.code == code


def test_an_answer_from_before_the_ceiling_was_lowered_gives_nothing_back() -> None:
    """Red when a repeated answer lets a job spend what has been released."""
    lowered = lower_ceiling(
        job(JobState.PROCESSING, credits_held=20, ceiling_round=1), ceiling_credits=8, charged_under_way=0
    )
    assert hold_more(lowered, round_no=1, credits_held=20, now=NOW) == []
    assert hold_more(lowered, round_no=3, credits_held=12, now=NOW)[-1].credits_held == 12
