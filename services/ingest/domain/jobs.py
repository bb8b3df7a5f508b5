"""The job: its states, and what it counts. The turns it may take are in `turns`."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.ingest.domain.progress import Pace, eta_seconds


class JobKind(StrEnum):
    """`list`: what somebody ordered. `trial`: a few rows, free. `retry`: failed rows of a list once more, laid over it."""

    LIST = "list"
    TRIAL = "trial"
    RETRY = "retry"


class JobState(StrEnum):
    """`reserving → declined`, `reserving → queued → processing ⇄ paused | parked`, `processing → merging → completed`.

    To `merging` also from paused and parked, when a person takes what there is.
    """

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
    `credits_bound` is what bounded `credits_available` when billing declined; `user_id` is who ordered it.
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
    lowered_round: int = 0
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
    credits_bound: str | None = None
    user_id: UUID | None = None
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
