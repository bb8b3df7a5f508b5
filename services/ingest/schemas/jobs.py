"""Quotes, jobs and their rows as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.ingest.domain.jobs import Job
from services.ingest.repositories.results import StoredResult
from services.ingest.use_cases.create_job import JobRequest
from services.ingest.use_cases.quote_job import Offer

Mapping = Annotated[dict[str, Annotated[int, Field(ge=0, strict=True)]], Field(max_length=50)]
Offering = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]


class QuoteIn(BaseModel):
    """For which upload. `mapping` is role → column index; the suggested one holds when it is left out."""

    model_config = ConfigDict(extra="forbid")

    upload_id: UUID
    mapping: Mapping | None = None


class QuoteOut(BaseModel):
    """`credits` is the most the job can cost: degraded, failed and skipped rows are free."""

    upload_id: UUID
    rows: int
    price_version: int
    credits_per_row: int
    credits: int
    missing_providers: list[str]
    sandboxed: bool
    mapping: dict[str, int]


class JobIn(QuoteIn):
    """What to do. `offer` is what is being sold; `accept_degraded` agrees to plain lines where a provider has no key."""

    accept_degraded: bool = False
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] = "en"
    max_words: Annotated[int, Field(ge=10, le=120, strict=True)] = 40
    offer: Offering = ""

    def to_request(self) -> JobRequest:
        return JobRequest(
            upload_id=self.upload_id,
            mapping=self.mapping,
            accept_degraded=self.accept_degraded,
            language=self.language,
            max_words=self.max_words,
            offer=self.offer,
        )


class JobOut(BaseModel):
    """A job. `credits_total` is what its completed chunks have earned so far; `list_id` names its list of recipients."""

    id: UUID
    upload_id: UUID
    list_id: UUID
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


def quote_out(offer: Offer) -> QuoteOut:
    """The API's view of a quote."""
    return QuoteOut(
        upload_id=offer.upload.id,
        rows=offer.quote.rows,
        price_version=offer.quote.price.version,
        credits_per_row=offer.quote.price.credits_per_row,
        credits=offer.quote.credits,
        missing_providers=list(offer.quote.missing_providers),
        sandboxed=offer.quote.sandboxed,
        mapping=dict(offer.mapping),
    )


def job_out(job: Job) -> JobOut:
    """The API's view of a job."""
    return JobOut(
        id=job.id,
        upload_id=job.upload_id,
        list_id=job.id,
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
