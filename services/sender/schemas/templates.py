"""Templates as the HTTP edge shows them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class TemplateOut(BaseModel):
    """A version of a template."""

    id: UUID
    name: str
    version: int
    is_default: bool
    subject: str
    text_body: str
    html_body: str | None
    created_at: datetime


class TemplatePage(BaseModel):
    """All of them."""

    items: list[TemplateOut]
    next_cursor: None = None
