"""API keys, as the HTTP edge takes and shows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from libs.common.http.times import WrittenMoment
from services.gateway.schemas.members import Body, OneLine

Scope = Literal["read", "jobs", "sending", "billing", "settings", "audit"]


class NewKey(Body):
    """`scopes` are no more than its maker may do. Without `expires_at` it serves until it is revoked."""

    name: OneLine
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=6, examples=[["read"]])]
    expires_at: WrittenMoment | None = None


class KeyOut(BaseModel):
    """A key without the key: `ending` are its last characters. `last_used_at` is right to a minute."""

    id: UUID
    name: str
    ending: str
    scopes: Sequence[Scope]
    user_id: UUID
    email: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class MadeKeyOut(KeyOut):
    """With the key itself: it is shown this once, and cannot be shown again. A repeated request gets null."""

    key: Annotated[str | None, Field(examples=["cfy_…"])]


class KeyPage(BaseModel):
    """Newest first."""

    items: Sequence[KeyOut]
    next_cursor: str | None
