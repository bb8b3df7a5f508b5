"""The price list, as it is asked for and shown."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_Price = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]


class PriceListAnswer(BaseModel):
    """A version: whole credits per delivered row, per revealed lead, and per row and extra column on top of the row."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    credits_per_row: int
    credits_per_lead: int
    credits_per_column: int
    reason: str
    created_at: datetime


class PricesAnswer(PriceListAnswer):
    """The newest price list, and those before it, newest first. Jobs keep the version they were made at."""

    history: list[PriceListAnswer]


class PricesBody(BaseModel):
    """The next version. `version` is the number it gets, so that a repeated request publishes nothing."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=2, le=2**31 - 1, strict=True)
    credits_per_row: _Price
    credits_per_lead: _Price
    credits_per_column: _Price
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
