"""What the HTTP edge says."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr

from services.enrich.repositories.keys import StoredKey
from services.enrich.use_cases.list_providers import Listed
from services.enrich.use_cases.set_provider_key import Check


class ProviderOut(BaseModel):
    """One provider. `mode` says who answers this workspace; `state` is `out` while its day is used up, its key is rejected, or
    nothing that it answers can be used.

    `last_four` and `set_at` are of the workspace's own key, where it has one.
    """

    provider: str
    mode: Literal["real", "sandbox", "missing", "own"]
    needed: bool
    state: Literal["up", "out", "missing"]
    reason: Literal["day_limit", "bad_key", "nonsense"] | None
    message: str | None
    resume_at: datetime | None
    last_four: str | None
    set_at: datetime | None

    @classmethod
    def of(cls, listed: Listed) -> "ProviderOut":
        """An account that is missing has no state of its own; one that was never out is up."""
        missing = listed.account.mode == "missing"
        known, key = None if missing else listed.state, listed.key
        return cls.model_validate(
            {
                "provider": listed.account.provider,
                "mode": "own" if key else listed.account.mode,
                "needed": listed.needed,
                "state": "missing" if missing else known.state if known else "up",
                "reason": known.reason if known else None,
                "message": known.message if known else None,
                "resume_at": known.resume_at if known else None,
                "last_four": key.last_four if key else None,
                "set_at": key.set_at if key else None,
            }
        )


class ProviderKeyIn(BaseModel):
    """A key as its provider shows it. It is never given back."""

    model_config = ConfigDict(extra="forbid")

    key: SecretStr


class ProviderKeyOut(BaseModel):
    """A key that is kept. `accepted`: its provider has taken it; if not, it could not be asked, as `message` says."""

    provider: str
    last_four: str
    set_at: datetime
    accepted: bool
    message: str | None

    @classmethod
    def of(cls, stored: StoredKey, check: Check) -> "ProviderKeyOut":
        """What may be said of a key."""
        return cls(
            provider=stored.provider,
            last_four=stored.last_four,
            set_at=stored.set_at,
            accepted=check.accepted,
            message=check.message,
        )


class ProviderList(BaseModel):
    """All providers, and in short what a user has to be told."""

    items: list[ProviderOut]
    missing_providers: list[str]
    sandboxed: bool


class Load(BaseModel):
    """What this replica has in hand."""

    rows_capacity: int
    rows_with_a_slot: int
    rows_in_hand: int
