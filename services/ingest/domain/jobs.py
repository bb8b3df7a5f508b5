"""The job: its states, what it counts, and every turn it may take.

A turn answers the job as it will be, with its version raised by one; whoever saves it does so by compare-and-swap.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.ingest.domain.progress import Pace, eta_seconds, may_announce


class JobKind(StrEnum):
    """`list`: what somebody ordered. `trial`: a few rows, free. `retry`: failed rows of a list once more, laid over it."""

    LIST = "list"
    TRIAL = "trial"
    RETRY = "retry"


class JobState(StrEnum):
    """`reserving → declined`, `reserving → queued → processing ⇄ paused | parked`, `processing → merging → completed`."""

    RESERVING = "reserving"
    DECLINED = "declined"
    QUEUED = "queued"
    PROCESSING = "processing"
    PAUSED = "paused"
    PARKED = "parked"
    MERGING = "merging"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


ENDED = frozenset({JobState.COMPLETED, JobState.CANCELLED, JobState.FAILED})
"""Ended with a terminal event."""
TERMINAL = ENDED | {JobState.DECLINED}
TAKES_ANSWERS = frozenset({JobState.PROCESSING, JobState.PAUSED, JobState.PARKED})
"""Merging and terminal jobs take no answers."""

RERUN = "rerun_by_user"
"""Why a job that is processing has begun once more."""
FINISHED = "finished_by_user"
"""Why a job is merging though it had rows left to do."""

NOT_REACHED = "not_reached"
"""The reason of rows that were ordered and that nobody got to before the job ended, or a person took what there was."""


@dataclass(frozen=True)
class Tally:
    """Rows by status, and chunks that have their answer (completed or failed)."""

    enriched: int = 0
    degraded: int = 0
    failed: int = 0
    skipped: int = 0
    chunks: int = 0

    @property
    def rows(self) -> int:
        return self.enriched + self.degraded + self.failed + self.skipped

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.enriched + other.enriched,
            self.degraded + other.degraded,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.chunks + other.chunks,
        )


@dataclass(frozen=True)
class Job:
    """One list on its way. `credits_total` is the exact sum of the credits of its completed chunks so far.

    `accept_degraded` says that plain lines are better than waiting for a provider without a key. Rows below `first_rows`
    are left out; `free_rows` are not charged (again); `ceiling_credits` is the most it may spend until a person raises it.
    Rows that repeat another of the sheet, or of an earlier job, are not researched where they are to be skipped.
    `overlay` counts the rows of a list's sheet with what its ended retries delivered; None while it has none.
    """

    id: UUID
    workspace_id: UUID
    upload_id: UUID
    filename: str
    state: JobState
    rows_total: int
    price_version: int
    credits_per_row: int
    credits_needed: int
    created_at: datetime
    state_changed_at: datetime
    kind: JobKind = JobKind.LIST
    root_id: UUID | None = None
    first_rows: int | None = None
    free_rows: tuple[int, ...] = ()
    affordable: bool = False
    skip_duplicates: bool = False
    skip_known: bool = False
    ceiling_credits: int | None = None
    ceiling_round: int = 0
    version: int = 1
    epoch: int = 0
    reason: str | None = None
    resume_at: datetime | None = None
    chunks_total: int = 0
    tally: Tally = field(default_factory=Tally)
    pace: Pace = field(default_factory=Pace)
    credits_held: int = 0
    credits_total: int = 0
    credits_available: int | None = None
    sandboxed: bool = False
    accept_degraded: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None
    progressed_at: datetime | None = None
    progress_owed: bool = False
    overlay: Tally | None = None

    @property
    def eta_seconds(self) -> float | None:
        """Seconds to the last row; None while nobody can know."""
        if self.state is not JobState.PROCESSING:
            return None
        return eta_seconds(rows_left=self.rows_total - self.tally.rows, pace=self.pace)

    @property
    def family_id(self) -> UUID:
        """The list job whose sheet this job's results belong to."""
        return self.root_id or self.id

    @property
    def is_answered(self) -> bool:
        """Every chunk is completed or failed. A job that has begun may have none: all its rows were skipped."""
        return self.tally.chunks == self.chunks_total


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


def decline(job: Job, *, available: int, now: datetime) -> Job | None:
    """The hold is declined, for good."""
    if job.state is not JobState.RESERVING:
        return None
    declined = _turn(job, JobState.DECLINED, now, reason="insufficient_credits")
    return replace(declined, credits_available=available, finished_at=now)


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


def finish(job: Job, *, skipped: int, chunks: int, earned: int, now: datetime) -> Job:
    """A person takes what there is, as a sheet: `skipped` rows of `chunks` chunks that were open are not reached.

    From paused and parked too, without going on in between: nothing more is to be begun. A trial has no sheet to write.
    """
    counted = count(job, added=Tally(skipped=skipped, chunks=chunks), earned=earned, now=now)
    assert counted.is_answered, "every open chunk was closed"
    if job.kind is JobKind.TRIAL:
        return _ended(_turn(counted, JobState.COMPLETED, now, reason=FINISHED), now)
    return _turn(counted, JobState.MERGING, now, reason=FINISHED)


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
