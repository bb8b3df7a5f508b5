"""Jobs as the API shows them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.ingest.domain.jobs import Job, Tally
from services.ingest.domain.waiting import Waiting, standing_still


class WaitingOut(BaseModel):
    """What keeps a job from going on: a stable `reason`, and a sentence. `resumes_at` as far as that is known."""

    reason: str
    provider: str | None
    resumes_at: datetime | None
    message: str


class SheetCounts(BaseModel):
    """The rows of the whole sheet by status, with what ended retries delivered."""

    rows_enriched: int
    rows_degraded: int
    rows_failed: int
    rows_skipped: int


class JobOut(BaseModel):
    """A job. `credits_total` is what its completed chunks have earned so far; `list_id` names its list of recipients.

    `rows_total` are the rows it answers for: with `first_rows` those of the sheet down to that one. `ceiling_credits` is the
    most it may spend; `rows_free` of its rows were tried before and are not charged. `root_id` is the list that a retry is
    laid over, and `overlay` counts the sheet of a list that was retried. `waiting` is null while it goes on.
    """

    id: UUID
    upload_id: UUID
    list_id: UUID
    kind: str
    root_id: UUID | None
    filename: str
    state: str
    reason: str | None
    resume_at: datetime | None
    waiting: WaitingOut | None
    version: int
    rows_total: int
    rows_done: int
    rows_enriched: int
    rows_degraded: int
    rows_failed: int
    rows_skipped: int
    overlay: SheetCounts | None
    rows_per_second: float
    eta_seconds: float | None
    first_rows: int | None
    rows_free: int
    skip_duplicates: bool
    skip_known: bool
    affordable: bool
    ceiling_credits: int | None
    credits_needed: int
    credits_held: int
    credits_total: int
    credits_per_row: int
    price_version: int
    sandboxed: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobPage(BaseModel):
    """A page of jobs, newest first."""

    items: list[JobOut]
    next_cursor: str | None


class RescueOut(BaseModel):
    """How many chunks are being published again."""

    chunks: int


def job_out(job: Job, *, waiting: Waiting | None = None) -> JobOut:
    """The API's view of a job. Without a word on what it waits for, its state says what it can."""
    return JobOut(
        id=job.id,
        upload_id=job.upload_id,
        list_id=job.id,
        kind=job.kind.value,
        root_id=job.root_id,
        filename=job.filename,
        state=job.state.value,
        reason=job.reason,
        resume_at=job.resume_at,
        waiting=_waiting_out(waiting or standing_still(job)),
        version=job.version,
        rows_total=job.rows_total,
        rows_done=job.tally.rows,
        rows_enriched=job.tally.enriched,
        rows_degraded=job.tally.degraded,
        rows_failed=job.tally.failed,
        rows_skipped=job.tally.skipped,
        overlay=_counts(job.overlay),
        rows_per_second=round(job.pace.rows_per_second, 2),
        eta_seconds=job.eta_seconds,
        first_rows=job.first_rows,
        rows_free=len(job.free_rows),
        skip_duplicates=job.skip_duplicates,
        skip_known=job.skip_known,
        affordable=job.affordable,
        ceiling_credits=job.ceiling_credits,
        credits_needed=job.credits_needed,
        credits_held=job.credits_held,
        credits_total=job.credits_total,
        credits_per_row=job.credits_per_row,
        price_version=job.price_version,
        sandboxed=job.sandboxed,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def _waiting_out(waiting: Waiting | None) -> WaitingOut | None:
    if waiting is None:
        return None
    return WaitingOut(
        reason=waiting.reason, provider=waiting.provider, resumes_at=waiting.resumes_at, message=waiting.message
    )


def _counts(tally: Tally | None) -> SheetCounts | None:
    if tally is None:
        return None
    return SheetCounts(
        rows_enriched=tally.enriched,
        rows_degraded=tally.degraded,
        rows_failed=tally.failed,
        rows_skipped=tally.skipped,
    )
