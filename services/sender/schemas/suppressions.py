"""Suppressed addresses as the HTTP edge takes and shows them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from services.sender.schemas.base import Body, ShortText


class SuppressionIn(Body):
    """An address that no campaign may write to any more."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=320)]
    reason: ShortText = "asked by a person"


class SuppressionOut(BaseModel):
    """A suppressed address."""

    email: str
    reason: str
    created_at: datetime


class SuppressionPage(BaseModel):
    """By address."""

    items: list[SuppressionOut]
    next_cursor: str | None
