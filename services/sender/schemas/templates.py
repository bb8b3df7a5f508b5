"""Templates as the HTTP edge takes and shows them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.sender.domain.templates import MAX_SOURCE_CHARS, TemplateSource
from services.sender.schemas.base import Body, ShortText

Source = Annotated[str, StringConstraints(min_length=1, max_length=MAX_SOURCE_CHARS, pattern=r"^[^\x00]*$")]


class ProblemOut(BaseModel):
    """What is wrong with a template, or with the mail it makes for a row."""

    code: str
    detail: str


class SourceIn(Body):
    """The words of a mail. Without `text_body` it is derived from the HTML; without `html_body` the mail is text only."""

    subject: Source
    text_body: Source | None = None
    html_body: Source | None = None

    def source(self) -> TemplateSource:
        """As the domain has it. An empty text is one to be derived."""
        return TemplateSource(self.subject, self.text_body or "", self.html_body)


class TemplateIn(SourceIn):
    """A template by its name."""

    name: ShortText


class TemplateOut(BaseModel):
    """A version of a template. `needs` are the columns that its list must have; `problems` say what keeps it from being a
    first mail, such as a missing unsubscribe link."""

    id: UUID
    name: str
    version: int
    is_default: bool
    subject: str
    text_body: str
    html_body: str | None
    needs: list[str]
    problems: list[ProblemOut]
    created_at: datetime


class TemplatePage(BaseModel):
    """Newest template first, each in its newest version; or the versions of one."""

    items: list[TemplateOut]
    next_cursor: str | None


class PreviewIn(Body):
    """A template (saved, or words that are being written), and whom it is to be shown for: a row of a list, or a lead.

    Without either it is shown for a made-up person.
    """

    template_id: Annotated[UUID | None, Field(strict=False)] = None
    source: SourceIn | None = None
    list_id: Annotated[UUID | None, Field(strict=False)] = None
    row_no: Annotated[int | None, Field(ge=0, lt=2**31)] = None
    lead_id: Annotated[UUID | None, Field(strict=False)] = None
    campaign_id: Annotated[UUID | None, Field(strict=False)] = None


class PreviewOut(BaseModel):
    """The mail that would be sent; null where something keeps it from being made, which `problems` say.

    `fields` are what the template may use for this list: its own columns under their names, beside the usual ones.
    """

    subject: str | None
    text: str | None
    html: str | None
    problems: list[ProblemOut]
    fields: list[str]
    row_no: int | None
    email: str | None
