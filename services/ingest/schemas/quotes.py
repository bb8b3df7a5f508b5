"""What may be asked for: a quote, a list to be enriched, rows to be tried, a higher ceiling."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from libs.common.contracts.lines import (
    FEWEST_WORDS,
    FORBIDDEN_CHARS,
    MOST_FORBIDDEN,
    MOST_WORDS,
    RULES_CHARS,
    USUAL_WORDS,
    Tone,
)
from services.ingest.domain.extra_columns import (
    MAX_COLUMNS,
    MAX_DESCRIPTION_CHARS,
    MAX_NAME_CHARS,
    ColumnKind,
    ExtraColumnAsked,
)
from services.ingest.domain.quotes import Choice
from services.ingest.domain.trials import MAX_ROWS
from services.ingest.use_cases.create_job import JobRequest
from services.ingest.use_cases.quote_job import Offer
from services.ingest.use_cases.try_rows import TrialRequest

Mapping = Annotated[dict[str, Annotated[int, Field(ge=0, strict=True)]], Field(max_length=50)]
Offering = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
Words = Annotated[int, Field(ge=FEWEST_WORDS, le=MOST_WORDS, strict=True)]
Phrase = Annotated[
    str,
    StringConstraints(min_length=1, max_length=FORBIDDEN_CHARS, strip_whitespace=True, pattern=r"^[^\x00]*$"),
]
Phrases = Annotated[list[Phrase], Field(max_length=MOST_FORBIDDEN)]
LineRules = Annotated[str, StringConstraints(max_length=RULES_CHARS, strip_whitespace=True, pattern=r"^[^\x00]*$")]
RowNo = Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)]
Credits = Annotated[int, Field(ge=1, le=2**53, strict=True)]
Quoted = Annotated[int, Field(ge=0, le=2**53, strict=True)]


class ExtraColumnIn(BaseModel):
    """A column to add, by plain description ("number of sites"), and the type of its answers."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME_CHARS, strip_whitespace=True)]
    description: Annotated[
        str, StringConstraints(min_length=1, max_length=MAX_DESCRIPTION_CHARS, pattern=r"^[^\x00]*$")
    ]
    kind: ColumnKind = "text"


class ResearchIn(BaseModel):
    """How rows are researched. `offer` is what is being sold; `accept_degraded` agrees to plain lines where a provider has
    no key; `mapping` is role → column index, and the suggested one holds when it is left out.

    `line_rules` are your own words on how to write the line; `{first_name}`, `{offer}`, `{product}` and the names of columns
    in braces stand for the row's. They come beside our rules, never instead of them.
    """

    model_config = ConfigDict(extra="forbid")

    mapping: Mapping | None = None
    accept_degraded: StrictBool = False
    language: Language = "en"
    max_words: Words = USUAL_WORDS
    offer: Offering = ""
    tone: Tone = "friendly"
    forbidden_words: Phrases = []
    line_rules: LineRules = ""
    extra_columns: Annotated[list[ExtraColumnIn], Field(max_length=MAX_COLUMNS)] = []

    @property
    def wishes(self) -> dict[str, Any]:
        """The part of a request that says how rows are researched."""
        columns = (ExtraColumnAsked(column.name, column.description, column.kind) for column in self.extra_columns)
        return {
            "mapping": self.mapping,
            "accept_degraded": self.accept_degraded,
            "language": self.language,
            "max_words": self.max_words,
            "offer": self.offer,
            "tone": self.tone,
            "forbidden_words": tuple(self.forbidden_words),
            "line_rules": self.line_rules,
            "extra_columns": tuple(columns),
        }


class QuoteIn(BaseModel):
    """For which rows of which upload, with which extra columns. `skip_duplicates` leaves out rows that repeat one further up,
    `skip_known` those that an earlier list has."""

    model_config = ConfigDict(extra="forbid")

    upload_id: UUID
    mapping: Mapping | None = None
    first_rows: RowNo | None = None
    skip_duplicates: StrictBool = True
    skip_known: StrictBool = False
    extra_columns: Annotated[list[ExtraColumnIn], Field(max_length=MAX_COLUMNS)] = []

    @property
    def choice(self) -> Choice:
        return Choice(self.first_rows, self.skip_duplicates, self.skip_known)


class QuoteOut(BaseModel):
    """`credits` is the most the job can cost: degraded, failed and skipped rows are free, and so are those tried before.

    `credits_per_row` is a row's price with its `extra_columns`, each of which costs `credits_per_column`.

    The counts are of the `rows_selected`. While `findings` are `running` nobody knows what repeats: both are 0, and the
    price is that of all rows; what is skipped in the end is not charged.
    """

    upload_id: UUID
    rows: int
    rows_selected: int
    rows_duplicate: int
    rows_known: int
    rows_skipped: int
    rows_tried: int
    findings: str
    price_version: int
    credits_per_row: int
    credits_per_column: int
    extra_columns: int
    credits: int
    missing_providers: list[str]
    sandboxed: bool
    mapping: dict[str, int]


class JobIn(ResearchIn, QuoteIn):
    """A list to be enriched. `affordable`: as many rows as the available credits pay for. `ceiling_credits` is the most
    it may spend: reached, it waits until a person raises it. `quoted_credits` is the price that was agreed to: where a quote
    for the same rows says another by then, nothing is started."""

    affordable: StrictBool = False
    ceiling_credits: Credits | None = None
    quoted_credits: Quoted | None = None

    def to_request(self) -> JobRequest:
        return JobRequest(
            **self.wishes,
            upload_id=self.upload_id,
            first_rows=self.first_rows,
            skip_duplicates=self.skip_duplicates,
            skip_known=self.skip_known,
            affordable=self.affordable,
            ceiling_credits=self.ceiling_credits,
            quoted_credits=self.quoted_credits,
        )


class CeilingIn(BaseModel):
    """Another spend ceiling, in credits in all."""

    model_config = ConfigDict(extra="forbid")

    ceiling_credits: Credits


class TrialIn(ResearchIn):
    """Up to three rows to try, counted from 1 below the header."""

    rows: Annotated[list[RowNo], Field(min_length=1, max_length=MAX_ROWS)]

    def to_request(self, upload_id: UUID) -> TrialRequest:
        return TrialRequest(**self.wishes, upload_id=upload_id, row_nos=tuple(self.rows))


def quote_out(offer: Offer) -> QuoteOut:
    """The API's view of a quote."""
    quote, counts = offer.quote, offer.quote.counts
    return QuoteOut(
        upload_id=offer.upload.id,
        rows=quote.rows,
        rows_selected=quote.rows_selected,
        rows_duplicate=counts.duplicates,
        rows_known=counts.known,
        rows_skipped=counts.skipped,
        rows_tried=counts.tried,
        findings="done" if counts.checked else "running",
        price_version=quote.price.version,
        credits_per_row=quote.credits_per_row,
        credits_per_column=quote.price.credits_per_column,
        extra_columns=quote.columns,
        credits=quote.credits,
        missing_providers=list(quote.missing_providers),
        sandboxed=quote.sandboxed,
        mapping=dict(offer.mapping),
    )
