"""Another go at one row: what may be wished otherwise, what it costs, and the job that does it."""

from pydantic import BaseModel, ConfigDict, StrictBool

from libs.common.contracts.lines import Tone
from services.ingest.domain.jobs import Job
from services.ingest.schemas.jobs import JobOut, job_out
from services.ingest.schemas.quotes import Language, LineRules, Offering, Phrases, Words
from services.ingest.use_cases.rerun_row import RerunQuote, RerunRequest


class RerunIn(BaseModel):
    """What is wished otherwise than in the list; what is left out stays as it was ordered."""

    model_config = ConfigDict(extra="forbid")

    tone: Tone | None = None
    language: Language | None = None
    max_words: Words | None = None
    offer: Offering | None = None
    forbidden_words: Phrases | None = None
    line_rules: LineRules | None = None
    accept_degraded: StrictBool | None = None

    def to_request(self, row_no: int) -> RerunRequest:
        words = None if self.forbidden_words is None else tuple(self.forbidden_words)
        return RerunRequest(row_no=row_no, **self.model_dump(exclude={"forbidden_words"}), forbidden_words=words)


class RerunQuoteOut(BaseModel):
    """`credits` are charged when the row comes out enriched, and held until then; a degraded or failed one is free.

    `status` is what the row is now: one that is `enriched` costs again.
    """

    row_no: int
    status: str
    credits: int
    price_version: int
    sandboxed: bool
    message: str


class RerunOut(BaseModel):
    """The job that works on the row, and what it costs."""

    job: JobOut
    quote: RerunQuoteOut


def rerun_quote_out(quote: RerunQuote) -> RerunQuoteOut:
    """The API's view of the price."""
    again = "costs again: " if quote.status == "enriched" else "costs "
    price = f"{quote.credits} credit{'' if quote.credits == 1 else 's'}"
    message = (
        f"Row {quote.row_no} is {quote.status}. Another go {again}{price} when it comes out enriched, nothing otherwise."
        " It makes a new line: an edited one stays in the row's log."
    )
    return RerunQuoteOut(
        row_no=quote.row_no,
        status=quote.status,
        credits=quote.credits,
        price_version=quote.price_version,
        sandboxed=quote.sandboxed,
        message=message,
    )


def rerun_out(job: Job, quote: RerunQuote) -> RerunOut:
    """The API's view of another go."""
    return RerunOut(job=job_out(job), quote=rerun_quote_out(quote))
