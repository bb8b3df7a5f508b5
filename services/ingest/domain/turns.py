"""Every turn that a job may take.

A turn answers the job as it will be, with its version raised by one; whoever saves it does so by compare-and-swap. None
says that the job does not take it in the state it is in.
"""

from dataclasses import replace
from datetime import datetime

from services.ingest.domain.jobs import FINISHED, RERUN, TAKES_ANSWERS, TERMINAL, Job, JobKind, JobState, Tally
from services.ingest.domain.progress import may_announce
from services.ingest.domain.spending import INSUFFICIENT


def _turn(job: Job, state: JobState, now: datetime, *, reason: str | None = None) -> Job:
    return replace(
        job,
        state=state,
        version=job.version + 1,
        reason=reason,
        resume_at=None,
        state_changed_at=now,
        progressed_at=now,
        progress_owed=False,
    )


def place(job: Job, *, credits_held: int, now: datetime) -> Job | None:
    """The hold is placed. None when the job does not wait for it (any more)."""
    if job.state is not JobState.RESERVING:
        return None
    return replace(_turn(job, JobState.QUEUED, now), credits_held=credits_held)


def decline(job: Job, *, available: int, now: datetime, reason: str = INSUFFICIENT) -> Job | None:
    """The hold is declined, for good. `reason` is what bounded what was available."""
    if job.state is not JobState.RESERVING:
        return None
    declined = _turn(job, JobState.DECLINED, now, reason=reason)
    return replace(declined, credits_available=available, credits_bound=reason, finished_at=now)


def start(job: Job, *, chunks_total: int, now: datetime, known: Tally | None = None) -> Job | None:
    """The chunks lie ready. `known` counts the rows whose outcome is known already: skipped, or tried before."""
    if job.state is not JobState.QUEUED:
        return None
    begun = _turn(job, JobState.PROCESSING, now)
    return replace(begun, chunks_total=chunks_total, tally=known or Tally(), started_at=now)


def pause(job: Job, *, now: datetime) -> Job | None:
    """A person wants it to stand still."""
    return _turn(job, JobState.PAUSED, now, reason="paused_by_user") if job.state is JobState.PROCESSING else None


def park(job: Job, *, reason: str, resume_at: datetime | None, now: datetime) -> Job | None:
    """A provider is out. Resumes at `resume_at`, when the provider is back, or when a person says so."""
    if job.state is not JobState.PROCESSING:
        return None
    return replace(_turn(job, JobState.PARKED, now, reason=reason), resume_at=resume_at)


def wait_on(job: Job, *, reason: str, resume_at: datetime | None, now: datetime) -> Job | None:
    """Parked still, but for something else, or until another time. None when the job is not parked, or waits for just that."""
    if job.state is not JobState.PARKED or (job.reason, job.resume_at) == (reason, resume_at):
        return None
    return replace(_turn(job, JobState.PARKED, now, reason=reason), resume_at=resume_at)


def resume(job: Job, *, now: datetime) -> Job | None:
    """At work again, from paused or parked."""
    if job.state not in {JobState.PAUSED, JobState.PARKED}:
        return None
    return replace(_turn(job, JobState.PROCESSING, now), pace=job.pace.stop_watch())


def unpark(job: Job, *, now: datetime) -> Job | None:
    """What parked it is over. A job that a person paused stays paused."""
    return resume(job, now=now) if job.state is JobState.PARKED else None


def count(job: Job, *, added: Tally, earned: int, now: datetime, sandboxed: bool = False) -> Job:
    """What an answer brought: rows, perhaps a chunk, perhaps credits; and whether stand-ins had a hand in it.

    `progressed_at` moves when it may be pushed again; until then the push is owed.
    """
    pushed = may_announce(last=job.progressed_at, now=now)
    return replace(
        job,
        version=job.version + 1,
        tally=job.tally + added,
        credits_total=job.credits_total + earned,
        sandboxed=job.sandboxed or sandboxed,
        pace=job.pace.note(added.rows, now=now),
        progressed_at=now if pushed else job.progressed_at,
        progress_owed=not pushed,
    )


def finish_if_answered(job: Job, *, now: datetime) -> list[Job]:
    """The turns after the last chunk's answer. A parked job has nothing left to wait for; a paused one waits for its person.

    A trial has no sheet to write.
    """
    turns: list[Job] = []
    if job.is_answered and job.state is JobState.PARKED:
        turns += _present(unpark(job, now=now))
    last = turns[-1] if turns else job
    return turns + _present(end_trial(last, now=now) if job.kind is JobKind.TRIAL else begin_merge(last, now=now))


def finish(job: Job, *, now: datetime) -> Job:
    """A person takes what there is, as a sheet: no more answers are taken, and what is open is closed before it is written.

    From paused and parked too, without going on in between: nothing more is to be begun.
    """
    return _turn(job, JobState.MERGING, now, reason=FINISHED)


def close(job: Job, *, skipped: int, chunks: int, earned: int, now: datetime) -> Job:
    """`skipped` rows of `chunks` chunks that were open are not reached; the rest of their rows have earned their credits."""
    return count(job, added=Tally(skipped=skipped, chunks=chunks), earned=earned, now=now)


def finish_trial(job: Job, *, now: datetime) -> Job:
    """A person takes what there is of a trial whose open chunks are closed. It has no sheet to write."""
    assert job.is_answered, "every open chunk was closed"
    return _ended(_turn(job, JobState.COMPLETED, now, reason=FINISHED), now)


def _present(job: Job | None) -> list[Job]:
    return [] if job is None else [job]


def rerun(job: Job, *, missing_rows: int, given_up: int, now: datetime) -> Job | None:
    """What has not been completed is done once more: the epoch rises, and no answer of before counts any more.

    `given_up` chunks are open again, and their `missing_rows` (without a result) do not count as failed any more.
    """
    if job.state not in TAKES_ANSWERS:
        return None
    begun = _turn(job, JobState.PROCESSING, now, reason=RERUN)
    tally = job.tally + Tally(failed=-missing_rows, chunks=-given_up)
    return replace(begun, epoch=job.epoch + 1, tally=tally, pace=job.pace.stop_watch())


def begin_merge(job: Job, *, now: datetime) -> Job | None:
    """Every chunk has its answer."""
    if job.state is not JobState.PROCESSING or not job.is_answered:
        return None
    return _turn(job, JobState.MERGING, now)


def end_trial(job: Job, *, now: datetime) -> Job | None:
    """Every row of a trial has its answer."""
    if job.state is not JobState.PROCESSING or not job.is_answered:
        return None
    return _ended(_turn(job, JobState.COMPLETED, now), now)


def complete(job: Job, *, now: datetime) -> Job | None:
    """The sheet is written."""
    return _ended(_turn(job, JobState.COMPLETED, now), now) if job.state is JobState.MERGING else None


def fail(job: Job, *, reason: str, now: datetime) -> Job | None:
    """Given up."""
    return None if job.state in TERMINAL else _ended(_turn(job, JobState.FAILED, now, reason=reason), now)


def cancel(job: Job, *, now: datetime) -> Job | None:
    """Stopped by a person. The epoch rises: no answer of before counts any more."""
    if job.state in TERMINAL:
        return None
    ended = _ended(_turn(job, JobState.CANCELLED, now, reason="cancelled_by_user"), now)
    return replace(ended, epoch=job.epoch + 1)


def _ended(job: Job, now: datetime) -> Job:
    return replace(job, finished_at=now)
