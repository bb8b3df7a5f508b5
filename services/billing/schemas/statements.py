"""The statement of one job."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.billing.repositories.credits.statements import Statement


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class RaiseAnswer(_Answer):
    """A round of raising: `credits` in all were held after it; null says that there were not enough."""

    round: int
    asked: int
    credits: int | None
    at: datetime


class CaptureAnswer(_Answer):
    """What one chunk of rows was charged."""

    chunk_no: int
    credits: int
    at: datetime


class RefundItemAnswer(_Answer):
    """Charged credits that went back."""

    number: int
    credits: int
    reason: str
    at: datetime


class ReceiptLinks(BaseModel):
    """Where the rows' receipts are: of the whole job, and of one row (`{row_no}` is the row's number)."""

    job: str
    row: str


class StatementAnswer(BaseModel):
    """Everything that was held for, charged to and given back to a job. `total` is charged − refunded.

    `captures` is a page; `next_chunk` asks for the next one. `credits_total` is what the job's end says it costs.
    """

    job_id: UUID
    state: str
    price_version: int | None
    credits_per_row: int | None
    asked: int
    held_at_first: int
    raised: int
    lowered: int
    held: int
    captured: int
    released: int
    refunded: int
    total: int
    credits_total: int | None
    opened_at: datetime
    settled_at: datetime | None
    raises: list[RaiseAnswer]
    captures: list[CaptureAnswer]
    next_chunk: int | None
    refunds: list[RefundItemAnswer]
    receipts: ReceiptLinks


def statement_answer(found: Statement, *, limit: int) -> StatementAnswer:
    """The API's view of a statement whose captures were read up to one beyond `limit`."""
    hold, page = found.hold, found.captures[:limit]
    job_id = hold.subject.id
    return StatementAnswer(
        job_id=job_id,
        state=hold.state.value,
        price_version=hold.price_version,
        credits_per_row=hold.credits_per_row,
        asked=hold.needed,
        held_at_first=hold.placed,
        raised=hold.raised,
        lowered=hold.lowered,
        held=hold.held,
        captured=hold.captured,
        released=found.released,
        refunded=hold.refunded,
        total=hold.captured - hold.refunded,
        credits_total=hold.credits_total,
        opened_at=found.opened_at,
        settled_at=hold.settled_at,
        raises=[RaiseAnswer.model_validate(one) for one in found.raises],
        captures=[CaptureAnswer.model_validate(one) for one in page],
        next_chunk=page[-1].chunk_no if len(found.captures) > limit else None,
        refunds=[RefundItemAnswer.model_validate(one) for one in found.refunds],
        receipts=ReceiptLinks(job=f"/v1/jobs/{job_id}/receipt", row=f"/v1/jobs/{job_id}/rows/{{row_no}}"),
    )
