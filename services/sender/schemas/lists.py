"""Lists as the HTTP edge shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.sender.domain.setting_aside import Reason, Takeable
from services.sender.schemas.base import Body, ShortText


class ListOut(BaseModel):
    """A list; its id is the job's, or the upload's that it was made of. `ready` when every part has arrived.

    `set_aside` rows are not written to; `set_aside_reasons` has how many for each reason. `keeps_roles`: role addresses are
    written to as well. `deleting`: it goes when the last campaign that writes to it has ended.
    """

    id: UUID
    name: str
    state: Literal["receiving", "ready"]
    parts_expected: int
    parts_received: int
    recipients: int
    set_aside: int
    set_aside_reasons: dict[Reason, int]
    keeps_roles: bool
    deleting: bool
    sandboxed: bool
    created_at: datetime
    ready_at: datetime | None


class ListPage(BaseModel):
    """Newest first."""

    items: list[ListOut]
    next_cursor: str | None


class ListChange(Body):
    """What is left out stays. `keeps_roles`: what holds of a list's role addresses (info@, sales@ …)."""

    name: Annotated[ShortText | None, Field(examples=["Leads of October"])] = None
    keeps_roles: Annotated[bool | None, Field(examples=[True])] = None


class TakeIn(Body):
    """Rows that were set aside for a reason: these, or all of them."""

    reason: Takeable
    row_nos: Annotated[
        list[Annotated[int, Field(ge=1, le=2_147_483_647)]] | None, Field(min_length=1, max_length=1000)
    ] = None


class TakenIn(BaseModel):
    """How many rows are written to that were not."""

    taken_in: int


class RecipientOut(BaseModel):
    """A row of a list. `values` are what templates name; `fields` are the sheet's other columns. `detail` explains
    `set_aside`, and `lead_id` is the person whom other lists may have as well."""

    row_no: int
    email: str
    lead_id: UUID | None
    sandboxed: bool
    set_aside: Reason | None
    detail: str | None
    duplicate_of: int | None
    values: dict[str, str]
    fields: dict[str, str]


class RecipientPage(BaseModel):
    """In the order of the list."""

    items: list[RecipientOut]
    next_cursor: int | None
