"""Lists as the HTTP edge shows them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from services.sender.domain.setting_aside import Reason


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
