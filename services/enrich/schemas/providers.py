"""What the HTTP edge says."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from services.enrich.clients.accounts import Account
from services.enrich.repositories.providers import ProviderState


class ProviderOut(BaseModel):
    """One provider account. `mode` says who answers; `state` is `out` while its day is used up or its key is rejected."""

    provider: str
    mode: Literal["real", "sandbox", "missing"]
    needed: bool
    state: Literal["up", "out", "missing"]
    reason: Literal["day_limit", "bad_key"] | None
    message: str | None
    resume_at: datetime | None

    @classmethod
    def of(cls, account: Account, *, needed: bool, state: ProviderState | None) -> "ProviderOut":
        """An account that is missing has no state of its own; one that was never out is up."""
        known = state if account.mode != "missing" else None
        return cls.model_validate(
            {
                "provider": account.provider,
                "mode": account.mode,
                "needed": needed,
                "state": "missing" if account.mode == "missing" else known.state if known else "up",
                "reason": known.reason if known else None,
                "message": known.message if known else None,
                "resume_at": known.resume_at if known else None,
            }
        )


class ProviderList(BaseModel):
    """All accounts, and in short what a user has to be told."""

    items: list[ProviderOut]
    missing_providers: list[str]
    sandboxed: bool


class Load(BaseModel):
    """What this replica has in hand."""

    rows_capacity: int
    rows_with_a_slot: int
    rows_in_hand: int
