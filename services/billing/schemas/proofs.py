"""Proofs of the ledger, as they are shown."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CheckAnswer(_Answer):
    """One sentence that must hold; `found` says what contradicts it."""

    name: str
    holds: bool
    found: str


class LastProofAnswer(_Answer):
    """What the nightly run found last."""

    proved_at: datetime
    holds: bool
    checks: list[CheckAnswer]


class ProofAnswer(BaseModel):
    """Whether the workspace's credits add up, at this moment; `last_run` is what the nightly run found."""

    holds: bool
    checks: list[CheckAnswer]
    last_run: LastProofAnswer | None


class RunAnswer(_Answer):
    """A look at every account: how many have been looked at, and how many of them differ."""

    id: UUID
    actor: str
    started_at: datetime
    finished_at: datetime | None
    accounts: int
    differing: int


class DifferingAnswer(_Answer):
    """A workspace whose books contradict each other, and in what."""

    workspace_id: UUID
    proved_at: datetime
    checks: list[CheckAnswer]


class RunsAnswer(BaseModel):
    """The last runs, newest first, and the workspaces that differ (at most 100)."""

    runs: list[RunAnswer]
    differing: list[DifferingAnswer]
