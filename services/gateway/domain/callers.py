"""Who is asking, once a bearer has been believed: a user in a workspace, by a session or by a key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Role = Literal["owner", "admin", "member", "viewer"]

KEY_PREFIX = "cfy_"
"""What every API key begins with. No access token does: those begin with the header of a JWT."""


@dataclass(frozen=True)
class Caller:
    """A user in a workspace. `scopes` is what a key is limited to; None is without limit but the role. `key_id` is None for a
    session. `email_proved` says whether somebody has shown that the address is theirs. `session_id` is that of a session of
    our own; at `until` the bearer is believed no more (None: not by time)."""

    workspace_id: UUID
    user_id: UUID
    email: str
    role: Role
    scopes: frozenset[str] | None = None
    key_id: UUID | None = None
    email_proved: bool = False
    session_id: UUID | None = None
    until: datetime | None = None
