"""The chunk: up to 50 rows that are dispatched and answered together, and which answers count."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.ingest.domain.jobs import TAKES_ANSWERS, Job, Tally


class ChunkState(StrEnum):
    """`pending (due_at) → publishing (leased) → queued → completed | failed`."""

    PENDING = "pending"
    PUBLISHING = "publishing"
    QUEUED = "queued"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True)
class Chunk:
    """One chunk of a job. `credits` are fixed when it is completed, for good.

    The job wants all of its rows, or those in `chosen`; `row_count` counts the wanted ones.
    """

    job_id: UUID
    chunk_no: int
    state: ChunkState
    dispatch_no: int
    epoch: int
    first_row_no: int
    row_count: int
    credits: int = 0
    error: str | None = None
    due_at: datetime | None = None
    chosen: tuple[int, ...] | None = None

    @property
    def row_nos(self) -> Sequence[int]:
        """The rows that the job wants, in their order."""
        if self.chosen is not None:
            return self.chosen
        return range(self.first_row_no, self.first_row_no + self.row_count)


def takes_results(job: Job, chunk: Chunk, *, epoch: int) -> bool:
    """The first valid answer wins, whichever dispatch it is from.

    Not for a completed chunk, not from another epoch than the job's present one, not once the job is merging or has ended.
    """
    return (
        chunk.state is not ChunkState.COMPLETED
        and chunk.epoch == job.epoch
        and epoch == job.epoch
        and job.state in TAKES_ANSWERS
    )


def is_present_dispatch(job: Job, chunk: Chunk, *, epoch: int, dispatch_no: int) -> bool:
    """`returned` and `failed` count only for the dispatch that is under way."""
    return (
        chunk.state in {ChunkState.PUBLISHING, ChunkState.QUEUED}
        and chunk.dispatch_no == dispatch_no
        and chunk.epoch == job.epoch
        and epoch == job.epoch
        and job.state in TAKES_ANSWERS
    )


def charged_rows(chunk: Chunk, *, free: Collection[int]) -> list[int]:
    """The rows of a chunk that are charged when they are enriched: not those that were tried before."""
    return [row_no for row_no in chunk.row_nos if row_no not in free]


def credits_of(statuses: Iterable[str], *, credits_per_row: int) -> int:
    """What a chunk earns: enriched rows only. Degraded, failed and skipped rows are free."""
    return credits_per_row * sum(status == "enriched" for status in statuses)


def tally_of(statuses: Collection[str]) -> Tally:
    """Rows counted by status."""
    found = list(statuses)
    return Tally(found.count("enriched"), found.count("degraded"), found.count("failed"), found.count("skipped"))


def added_by(chunk: Chunk, fresh: Collection[str], *, completes: bool) -> Tally:
    """How the job's counts move when fresh results are stored.

    Rows of a failed chunk were counted as failed, and the chunk as answered: a late answer takes that back.
    """
    late = chunk.state is ChunkState.FAILED
    return tally_of(fresh) + Tally(failed=-len(fresh) if late else 0, chunks=1 if completes and not late else 0)


def missing_when_failed(chunk: Chunk, *, stored: int) -> Tally:
    """How the job's counts move when a chunk is given up: the rows without a result count as failed."""
    return Tally(failed=chunk.row_count - stored, chunks=1)
