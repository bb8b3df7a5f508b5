"""Jobs and their rows as the API shows them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.ingest.domain.jobs import Job
from services.ingest.repositories.results import StoredResult


class JobOut(BaseModel):
    """A job. `credits_total` is what its completed chunks have earned so far; `list_id` names its list of recipients.

    `rows_total` are the rows it answers for: with `first_rows` those of the sheet down to that one. `ceiling_credits` is the
    most it may spend; `rows_free` of its rows were tried before and are not charged.
    """

    id: UUID
    upload_id: UUID
    list_id: UUID
    kind: str
    filename: str
    state: str
    reason: str | None
    resume_at: datetime | None
    version: int
    rows_total: int
    rows_done: int
    rows_enriched: int
    rows_degraded: int
    rows_failed: int
    rows_skipped: int
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


class JobRowOut(BaseModel):
    """One row's outcome: its research, its line, and what it took. `reason` says why a row is not `enriched`."""

    row_no: int
    status: str
    research: dict[str, Any] | None
    line: str | None
    reason: str | None
    receipt: dict[str, Any] | None


class JobRowPage(BaseModel):
    """A page of rows that have their outcome, in the order of the sheet."""

    items: list[JobRowOut]
    next_cursor: str | None


class RescueOut(BaseModel):
    """How many chunks are being published again."""

    chunks: int


def job_out(job: Job) -> JobOut:
    """The API's view of a job."""
    return JobOut(
        id=job.id,
        upload_id=job.upload_id,
        list_id=job.id,
        kind=job.kind.value,
        filename=job.filename,
        state=job.state.value,
        reason=job.reason,
        resume_at=job.resume_at,
        version=job.version,
        rows_total=job.rows_total,
        rows_done=job.tally.rows,
        rows_enriched=job.tally.enriched,
        rows_degraded=job.tally.degraded,
        rows_failed=job.tally.failed,
        rows_skipped=job.tally.skipped,
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


def row_out(result: StoredResult) -> JobRowOut:
    """The API's view of a row."""
    return JobRowOut(
        row_no=result.row_no,
        status=result.status,
        research=result.research,
        line=result.line,
        reason=result.reason,
        receipt=result.receipt,
    )
