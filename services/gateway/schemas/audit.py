"""The audit log, as the HTTP edge shows it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.gateway.domain.audit import Entry, Outcome


class EntryOut(BaseModel):
    """Who did what. `subjects` are the ids of the path, and of what was made; `outcome` is unknown where no answer came.

    Of a sign-in that was refused, and of a mail that was asked for (`post_auth_recover`), `user_id` says at whose account: who
    tried is not known.
    """

    id: UUID
    at: datetime
    user_id: UUID
    email: str
    key_id: UUID | None
    operation: str
    method: str
    route: str
    subjects: Mapping[str, str]
    outcome: Outcome
    status: int | None
    request_id: str
    client_address: str


class AuditPage(BaseModel):
    """Newest first."""

    items: Sequence[EntryOut]
    next_cursor: str | None


def entry_out(entry: Entry) -> EntryOut:
    """As it is shown."""
    shown = {name: getattr(entry.deed, name) for name in EntryOut.model_fields if name != "at"}
    return EntryOut(at=entry.at, **shown)
