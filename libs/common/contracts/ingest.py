"""What ingest says: uploads, jobs, chunks, recipients."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from libs.common.contracts.envelope import Event, Payload


class UploadReceived(Event):
    """The file of an upload lies in storage; it can be read."""

    type = "ingest.upload.received"

    upload_id: UUID


class UploadMapped(Event):
    """Its rows are known, and which column plays which role: they can be checked. `check_no` rises with every mapping."""

    type = "ingest.upload.mapped"

    upload_id: UUID
    check_no: int = Field(ge=1)


class JobCreated(Event):
    """A job wants `credits` held at a price version. Published again while the job is still `reserving`.

    With `credits_step` it takes less than that where there is less: the greatest multiple of the step that is available.
    """

    type = "ingest.job.created"

    job_id: UUID
    credits: int = Field(ge=0)
    price_version: int
    credits_step: int | None = Field(default=None, ge=1)
    credits_per_row: int | None = Field(default=None, ge=0)
    """What a charged row of it costs, its extra columns included."""
    user_id: UUID | None = None
    """Who asked for it: a member's spend may be capped."""


class JobCeilingRaised(Event):
    """A person lets a job spend more: `credits` in all are to be held for it. `round` counts from 1.

    Published again, the same, while nobody has answered that round.
    """

    type = "ingest.job.ceiling_raised"

    job_id: UUID
    round: int = Field(ge=1)
    credits: int = Field(ge=0)
    after_lowering: int = Field(default=0, ge=0)
    """The round in which its ceiling was lowered last: that one comes first. 0 when it never was."""


class JobCeilingLowered(Event):
    """A person lets a job spend less: `credits` in all stay held for it, which is no less than is spent and under way.
    `round` is of the same row of numbers as raises."""

    type = "ingest.job.ceiling_lowered"

    job_id: UUID
    round: int = Field(ge=1)
    credits: int = Field(ge=0)


ColumnKind = Literal["text", "number", "boolean", "date", "list"]


class ExtraColumn(Payload):
    """A column somebody asked for in plain words. Its answers have this type; none is invented: unknown stays blank."""

    name: str
    description: str
    kind: ColumnKind = "text"


class ResearchSpec(Payload):
    """How to research and write. `mapping` is role → column name; `hash` names this spec in checkpoints.

    `line_rules` are somebody's own words on how to write the line, with named fields in braces; empty stands for ours.
    """

    hash: str
    mapping: dict[str, str]
    language: str = "en"
    max_words: int = 40
    offer: str = ""
    tone: str = "friendly"
    forbidden_words: list[str] = []
    line_rules: str = ""
    accept_degraded: bool = False
    extra_columns: list[ExtraColumn] = []


class InputRow(Payload):
    """One row of the sheet. `cells` is column name → text; cells longer than 2,000 characters are cut for the wire only."""

    row_no: int = Field(ge=1)
    cells: dict[str, str]


class ChunkCreated(Event):
    """Up to 50 rows (≤ 256 KiB) to research. Dispatches raise `dispatch_no`, a cancel raises `epoch`.

    `family_id` is the list that the job's rows belong to: the job itself, or the one that it is a retry of.
    """

    type = "ingest.chunk.created"

    job_id: UUID
    chunk_no: int = Field(ge=0)
    epoch: int = Field(ge=0)
    dispatch_no: int = Field(ge=1)
    job_version: int
    spec: ResearchSpec
    rows: list[InputRow]
    family_id: UUID | None = None


class ChunkCompleted(Event):
    """Every row of the chunk has its result: `credits` are earned, for good."""

    type = "ingest.chunk.completed"

    job_id: UUID
    chunk_no: int = Field(ge=0)
    credits: int = Field(ge=0)


class JobMerging(Event):
    """Every chunk has its answer; the sheet can be written."""

    type = "ingest.job.merging"

    job_id: UUID


class ExportRequested(Event):
    """Somebody wants a sheet beside the finished one; it can be written."""

    type = "ingest.export.requested"

    export_id: UUID


class JobProgressed(Event):
    """Counts for the eye, a few times a second at most."""

    type = "ingest.job.progressed"
    transient = True

    job_id: UUID
    job_version: int
    state: str
    rows_total: int
    rows_done: int
    rows_degraded: int
    rows_failed: int
    rows_per_second: float
    eta_seconds: float | None = None
    rows_enriched: int = 0
    rows_skipped: int = 0
    credits_total: int = 0
    waiting: str | None = None


class _JobState(Event):
    """A job's state with the version by which enrich and billing order what they hear."""

    job_id: UUID
    job_version: int
    reason: str | None = None


class JobPaused(_JobState):
    """Paused by a person."""

    type = "ingest.job.paused"


class JobParked(_JobState):
    """Waiting for a provider or for credits; resumes at `resume_at` or when the cause goes away."""

    type = "ingest.job.parked"

    resume_at: datetime | None = None


class JobResumed(_JobState):
    """At work (again)."""

    type = "ingest.job.resumed"


class _JobEnded(_JobState):
    """A terminal event. `credits_total` is the exact sum of the credits of its completed chunks."""

    credits_total: int = Field(ge=0)
    rows_total: int = 0
    rows_enriched: int = 0
    rows_degraded: int = 0
    rows_failed: int = 0


class JobCompleted(_JobEnded):
    """The sheet is written and can be downloaded."""

    type = "ingest.job.completed"


class JobFailed(_JobEnded):
    """Given up; `reason` says why."""

    type = "ingest.job.failed"


class JobCancelled(_JobEnded):
    """Stopped by a person; rows in flight are discarded, free."""

    type = "ingest.job.cancelled"


class SourcingCreated(Event):
    """A search for leads wants `credits` held for the leads it will reveal. Published again while nobody has answered."""

    type = "ingest.sourcing.created"

    sourcing_id: UUID
    credits: int = Field(ge=0)
    price_version: int
    user_id: UUID | None = None


class SourcingBatchRevealed(Event):
    """A batch of leads has been asked for: `credits` are earned for those whose address was revealed, for good."""

    type = "ingest.sourcing.batch_revealed"

    sourcing_id: UUID
    batch_no: int = Field(ge=0)
    credits: int = Field(ge=0)


class SourcingEnded(Event):
    """No more leads will be revealed. `credits_total` is the exact sum of its batches' credits."""

    type = "ingest.sourcing.ended"

    sourcing_id: UUID
    state: Literal["completed", "failed", "cancelled"]
    reason: str | None = None
    leads: int = Field(default=0, ge=0)
    credits_total: int = Field(ge=0)


class Recipient(Payload):
    """One row of a list whose cell for the address is not blank. `email` is what stands there, be it an address or not.

    `product` is the name of what to offer them. A `plain` row has not been researched: its `line` is empty. `fields` are
    the sheet's other columns, name → text; long ones are cut for the wire.
    """

    row_no: int = Field(ge=1)
    email: str
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    title: str = ""
    country: str = ""
    state: str = ""
    city: str = ""
    phone: str = ""
    line: str
    status: Literal["enriched", "degraded", "plain"]
    sandboxed: bool
    product: str = ""
    pitch: str = ""
    fields: dict[str, str] = {}


class RecipientsPublished(Event):
    """Part `part_no` (from 0) of a finished list. Its id is the job's, or its own where it is of no job. `parts` is how many
    there are."""

    type = "ingest.recipients.published"

    list_id: UUID
    list_name: str
    part_no: int = Field(ge=0)
    parts: int = Field(ge=0)
    recipients: list[Recipient]


class CorrectedLine(Payload):
    """What a published row's line is by now. Of two, the one with the higher (`attempt`, `version`) holds: attempts are jobs,
    whose ids rise with time, and versions count what people have made of an attempt's line."""

    row_no: int = Field(ge=1)
    attempt: UUID
    version: int = Field(ge=0)
    line: str
    status: Literal["enriched", "degraded"]
    sandboxed: bool
    product: str = ""
    pitch: str = ""


class RecipientsCorrected(Event):
    """Rows of a published list have another line: a person has edited it, or the row was worked on once more.

    It may come before the part that has the row. What has been sent stays as it was.
    """

    type = "ingest.recipients.corrected"

    list_id: UUID
    list_name: str
    parts: int = Field(ge=0)
    lines: list[CorrectedLine]


class ListDeleted(Event):
    """The job of a published list is deleted: nobody is to keep its rows any longer than they are being written to."""

    type = "ingest.list.deleted"

    list_id: UUID


class ErasedRow(Payload):
    """A row of a job that told of somebody."""

    job_id: UUID
    row_no: int = Field(ge=1)


class RowsErased(Event):
    """A person is erased from these rows: whoever keeps what was found out for them forgets it, and messages that name the
    address `email`. Part `part_no` of `parts`, counted from 0; an erasure that found no row has one empty part."""

    type = "ingest.rows.erased"

    erasure_id: UUID
    email: str
    part_no: int = Field(ge=0)
    parts: int = Field(ge=1)
    rows: list[ErasedRow]


class LeadErased(Event):
    """Ingest keeps nothing of the person any more. `erased` counts what there was, by kind."""

    type = "ingest.lead.erased"

    erasure_id: UUID
    erased: dict[str, int]


class WorkspaceErased(Event):
    """Nothing is left of a deleted workspace but what has to stay. `erased` counts the rows that have gone, by table."""

    type = "ingest.workspace.erased"

    workspace_id: UUID
    erased: dict[str, int]
