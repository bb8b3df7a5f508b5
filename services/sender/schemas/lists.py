"""Lists as the HTTP edge shows them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel


class ListOut(BaseModel):
    """A list of leads; its id is the job's. `ready` when every part has arrived."""

    id: UUID
    name: str
    state: Literal["receiving", "ready"]
    parts_expected: int
    parts_received: int
    recipients: int
    set_aside: int
    sandboxed: bool
    created_at: datetime
    ready_at: datetime | None


class ListPage(BaseModel):
    """Newest first."""

    items: list[ListOut]
    next_cursor: str | None
