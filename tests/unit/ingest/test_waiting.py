"""What a job waits for, in words: one reason at a time, with the time where it is known."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.ingest.domain.jobs import TERMINAL, JobState
from services.ingest.domain.timeline import sentence_of
from services.ingest.domain.waiting import Surroundings, Waiting, Work, minute_limit, standing_still, waiting_of
from services.ingest.domain.window import ProviderWait, Replica
from tests.unit.ingest.test_pace import NOW, at_work

US, THEM = UUID(int=0), UUID(int=2)


def replica(*waits: ProviderWait, number: int = 1, capacity: int = 100, age_s: float = 0) -> Replica:
    return Replica(UUID(int=number), capacity, 0, 0, NOW - timedelta(seconds=age_s), waits=waits)


def wait(seconds: float, *, provider: str = "groq", workspace: UUID | None = None) -> ProviderWait:
    account = provider if workspace is None else f"{provider}:{workspace}"
    return ProviderWait(provider, account, workspace, NOW + timedelta(seconds=seconds))


def told(*replicas: Replica, work: Work | None = None, under_way: int = 0) -> Waiting | None:
    around = Surroundings(replicas, rows_under_way=under_way)
    return waiting_of(at_work(), work=work or Work(), around=around, now=NOW)


def test_a_minute_limit_says_when_it_ends() -> None:
    """The sentence of the issue. Red when another reason comes before it, or the seconds are not those left."""
    waiting = told(replica(wait(6.8)), work=Work(under_way=3))
    assert waiting == Waiting(
        "minute_limit", "Groq minute limit, resumes in 6.8 s", "groq", NOW + timedelta(seconds=6.8)
    )


@pytest.mark.parametrize(
    ("reason", "limited_by", "message"),
    [
        ("minute_limit", "tokens", "Groq minute limit of tokens, resumes in 6.8 s"),
        ("not_answering", None, "Groq does not answer, tried again in 7 s"),
        (
            "kept_back",
            None,
            "half of the day's Groq calls went to this workspace and others wait, tried again in 7 s",
        ),
    ],
)
def test_a_wait_says_what_it_is_for(reason: str, limited_by: str | None, message: str) -> None:
    """Red when a provider that is down, or a share that is used up, is called a limit of the minute."""
    waiting = told(replica(replace(wait(6.8), reason=reason, limited_by=limited_by)), work=Work(under_way=3))
    assert waiting == Waiting(reason, message, "groq", NOW + timedelta(seconds=6.8))


def test_of_several_limits_the_longest_counts_and_none_that_is_over() -> None:
    """Red when a wait of a replica that is gone, or one that has ended, is still shown."""
    assert minute_limit([replica(wait(-1))], workspace_id=US, now=NOW) is None
    assert minute_limit([replica(wait(5), age_s=60)], workspace_id=US, now=NOW) is None
    found = minute_limit([replica(wait(5)), replica(wait(9, provider="serper"), number=2)], workspace_id=US, now=NOW)
    assert found is not None
    assert found.provider == "serper"


def test_another_workspaces_limit_is_none_of_ours() -> None:
    """P7. Red when their key holds up what we are told, or our own does not stand for the shared one."""
    assert minute_limit([replica(wait(5, workspace=THEM))], workspace_id=US, now=NOW) is None
    own = minute_limit([replica(wait(50), wait(5, workspace=US))], workspace_id=US, now=NOW, own=["groq"])
    assert own is not None
    assert own.resumes_at == NOW + timedelta(seconds=5)
    assert minute_limit([replica(wait(50))], workspace_id=US, now=NOW, own=["groq"]) is None


def test_without_a_worker_nothing_goes_on() -> None:
    """Red when rows that nobody can take are said to wait for their turn."""
    for replicas in ((), (replica(age_s=31),)):
        waiting = told(*replicas, work=Work(under_way=2, next_due=NOW))
        assert waiting is not None
        assert waiting.reason == "no_workers"


def test_a_job_with_chunks_under_way_waits_for_nothing() -> None:
    """Red when it is said to wait although its rows are being worked on."""
    assert told(replica(), work=Work(under_way=1, next_due=NOW), under_way=10_000) is None


def test_a_job_behind_others_is_told_so() -> None:
    """Red when it is said while there is room, or after all has gone out."""
    waiting = told(replica(capacity=100), work=Work(next_due=NOW), under_way=150)
    assert waiting is not None
    assert (waiting.reason, "150 rows" in waiting.message) == ("queue", True)
    assert told(replica(capacity=100), work=Work(next_due=NOW), under_way=149) is None
    assert told(replica(capacity=100), work=Work(), under_way=150) is None


def test_rows_that_were_handed_back_say_when_they_go_out_again() -> None:
    """Red when the time is that of the past."""
    due = NOW + timedelta(seconds=30)
    waiting = told(replica(), work=Work(next_due=due))
    assert waiting == Waiting("handed_back", "its rows were handed back, and go out again in 30 s", None, due)


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_that_stands_still_has_its_reason(state: JobState) -> None:
    """And no other. Red when a person looks at a job that does nothing, and is told nothing."""
    waiting = standing_still(replace(at_work(), state=state))
    goes_on = state in TERMINAL | {JobState.PROCESSING, JobState.QUEUED}
    assert (waiting is None) is goes_on
    assert waiting is None or waiting.message


@pytest.mark.parametrize(
    ("reason", "provider", "message"),
    [
        ("groq_day_limit", "groq", "the day's limit of Groq is reached, resumes at 2026-11-27 10:00 UTC"),
        ("serper_bad_key", "serper", "Serper rejects its key, resumes at 2026-11-27 10:00 UTC"),
        ("groq_nonsense", "groq", "nothing that Groq answers can be used, resumes at 2026-11-27 10:00 UTC"),
        ("groq_no_key", "groq", "there is no key for Groq, resumes at 2026-11-27 10:00 UTC"),
        ("ceiling", None, "what it may spend is spent: raise its ceiling, take what there is, or cancel it"),
    ],
)
def test_a_parked_job_names_its_provider_and_its_time(reason: str, provider: str | None, message: str) -> None:
    """Red when the code is shown instead of the cause."""
    at = NOW + timedelta(hours=1)
    job = replace(at_work(), state=JobState.PARKED, reason=reason, resume_at=at)
    assert standing_still(job) == Waiting(reason, message, provider, at)


@pytest.mark.parametrize("state", list(JobState))
def test_every_turn_has_a_sentence(state: JobState) -> None:
    """In the log. Red when a state is added that nobody can read about."""
    assert sentence_of(state, reason=None).endswith(".")
    assert sentence_of(state, reason="something_new").endswith(".")


def test_the_log_says_the_reason_where_there_is_one() -> None:
    assert sentence_of(JobState.PARKED, reason="groq_day_limit") == "Parked: the day's limit of Groq is reached."
    assert sentence_of(JobState.PROCESSING, reason="rerun_by_user").startswith("Begun once more")
    assert sentence_of(JobState.PAUSED, reason="paused_by_user") == "Paused."
