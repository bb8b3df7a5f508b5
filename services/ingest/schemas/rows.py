"""Rows of a job as the API shows them: outcome, evidence, receipt, and the row's own cells."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StrictBool, StringConstraints

from services.ingest.domain.line_reviews import LINE_CHARS, Change, revision_of
from services.ingest.domain.recipients import WRITABLE
from services.ingest.repositories.line_reviews import Turn
from services.ingest.use_cases.show_rows import PENDING, ShownRow


class SourceOut(BaseModel):
    """Where something was read."""

    id: str
    url: str
    title: str
    kind: str


class EvidenceOut(BaseModel):
    """A statement with the words that back it and the sources they stand in. `about`: person, company or signals."""

    id: str
    about: str
    text: str
    snippet: str
    strength: int | None
    date: str | None
    sources: list[SourceOut]


class ProductOut(BaseModel):
    """Which product to offer and why: by a `rule` of the catalogue, or by `inference` from what was found."""

    product: str
    name: str
    pitch: str
    chosen_by: str
    rule: str | None
    why: str
    snippet: str
    sources: list[SourceOut]
    catalogue_version: int


class JobRowOut(BaseModel):
    """One row. `reason` says why a row is not `enriched`; `attempt` is the job whose outcome this is. A `pending` row has
    none of it yet. `extra` is by column; `cells` are the row's own, as text by column, where they were asked for.

    `line` is a person's where one has edited it; then `written_line` is the one it came with. `revision` goes into a change.
    """

    row_no: int
    status: str
    attempt: UUID | None
    reason: str | None
    line: str | None
    research: dict[str, Any] | None
    evidence: list[EvidenceOut]
    extra: dict[str, Any] | None
    receipt: dict[str, Any] | None
    cells: dict[str, str] | None
    product: ProductOut | None = None
    revision: str | None = None
    written_line: str | None = None
    edited_at: datetime | None = None
    edited_by: UUID | None = None
    approved_at: datetime | None = None
    approved_by: UUID | None = None


class LineIn(BaseModel):
    """What to make of a row's line. `line` null takes an edit back, left out it stays; `approved` likewise. An edit makes an
    approval void, unless it comes with another. `revision` is that of the row as you have seen it."""

    model_config = ConfigDict(extra="forbid")

    revision: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    line: Annotated[str, StringConstraints(min_length=1, max_length=LINE_CHARS, strip_whitespace=True)] | None = None
    approved: StrictBool | None = None

    def to_change(self) -> Change:
        line = (self.line or "") if "line" in self.model_fields_set else None
        return Change(self.revision, line=line, approved=self.approved)


class LineTurnOut(BaseModel):
    """A turn of a line: as it stood then, who made it so, and of which attempt at the row it was."""

    attempt: UUID
    version: int
    line: str
    approved: bool
    user_id: UUID
    at: datetime


class LineLog(BaseModel):
    """What people have made of the lines of a row, the newest first."""

    items: list[LineTurnOut]


class JobRowPage(BaseModel):
    """A page of rows in the order of the sheet."""

    items: list[JobRowOut]
    next_cursor: str | None


def row_out(row: ShownRow) -> JobRowOut:
    """The API's view of a row."""
    result = None if row.attempt is None else row.attempt.result
    return JobRowOut(
        row_no=row.row_no,
        status=PENDING if result is None else result.status,
        attempt=None if row.attempt is None else row.attempt.job_id,
        reason=result and result.reason,
        line=result and result.line,
        research=result and result.research,
        evidence=evidence_of((result and result.research) or {}),
        extra=result and result.extra,
        receipt=result and result.receipt,
        cells=None if row.cells is None else dict(row.cells),
        product=None
        if result is None or result.product is None
        else product_out(result.product, result.research or {}),
        **_review_of(row),
    )


def brief_row_out(row: ShownRow) -> JobRowOut:
    """What a table shows of a row: what only the row's own page has is null, and its evidence empty."""
    result = None if row.attempt is None else row.attempt.result
    return JobRowOut(
        row_no=row.row_no,
        status=PENDING if result is None else result.status,
        attempt=None if row.attempt is None else row.attempt.job_id,
        reason=result and result.reason,
        line=result and result.line,
        research=None,
        evidence=[],
        extra=None,
        receipt=None,
        cells=None if row.cells is None else dict(row.cells),
        **_review_of(row),
    )


def line_log_out(turns: Sequence[Turn]) -> LineLog:
    """The API's view of a row's log."""
    return LineLog(
        items=[
            LineTurnOut(
                attempt=turn.job_id,
                version=turn.version,
                line=turn.line,
                approved=turn.approved,
                user_id=turn.user_id,
                at=turn.happened_at,
            )
            for turn in turns
        ]
    )


def _review_of(row: ShownRow) -> dict[str, Any]:
    if row.attempt is None:
        return {}
    result = row.attempt.result
    return {
        "revision": revision_of(row.attempt.job_id, result.version or 0) if result.status in WRITABLE else None,
        "written_line": result.written if result.edited_at is not None else None,
        "edited_at": result.edited_at,
        "edited_by": result.edited_by,
        "approved_at": result.approved_at,
        "approved_by": result.approved_by,
    }


def evidence_of(research: dict[str, Any]) -> list[EvidenceOut]:
    """The statements of a research with their sources resolved, in its order."""
    sources = _sources(research)
    return [
        EvidenceOut(
            id=statement["id"],
            about=about,
            text=statement["text"],
            snippet=statement["snippet"],
            strength=statement.get("strength"),
            date=statement.get("date"),
            sources=[sources[source_id] for source_id in statement["source_ids"] if source_id in sources],
        )
        for about in ("person", "company", "signals")
        for statement in research.get(about, [])
    ]


def product_out(product: dict[str, Any], research: dict[str, Any]) -> ProductOut:
    """The choice with the sources it rests on."""
    sources = _sources(research)
    cited = [sources[source_id] for source_id in product["source_ids"] if source_id in sources]
    return ProductOut.model_validate({**product, "name": product["name"] or product["product"], "sources": cited})


def _sources(research: dict[str, Any]) -> dict[str, SourceOut]:
    return {source["id"]: SourceOut.model_validate({"title": "", **source}) for source in research.get("sources", [])}
