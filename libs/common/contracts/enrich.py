"""What enrich says: answers to chunks, the state of providers, its capacity."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from libs.common.contracts.envelope import Event, Payload
from libs.common.contracts.research import RowResult


class _ChunkAnswer(Event):
    job_id: UUID
    chunk_no: int = Field(ge=0)
    epoch: int = Field(ge=0)
    dispatch_no: int = Field(ge=1)


class ChunkEnriched(_ChunkAnswer):
    """Results of rows of a chunk: all of them, or a part where the whole would exceed 1 MiB."""

    type = "enrich.chunk.enriched"

    results: list[RowResult]


class ChunkReturned(_ChunkAnswer):
    """Handed back unfinished. To be dispatched again at `retry_at`, or when the job resumes.

    `bad_key`: a needed key is rejected, or there is none and nobody agreed to degraded rows.
    """

    type = "enrich.chunk.returned"

    reason: Literal["paused", "provider_exhausted", "bad_key", "shutting_down", "out_of_time"]
    retry_at: datetime


class ChunkFailed(_ChunkAnswer):
    """Given up: said for every chunk that reaches the dead letters."""

    type = "enrich.chunk.failed"

    error: str


class _ProviderState(Event):
    """`account` names the provider account (`serper`, or `serper:<workspace>` for a workspace's own key).

    `counter` rises with every change of that account's state; the older is ignored.
    """

    account: str
    provider: str
    workspace_id: UUID | None = None
    counter: int = Field(ge=1)


class ProviderExhausted(_ProviderState):
    """Out for the day, or its key is rejected. Said again when the time or the reason is another.

    `cause` says it more closely where `reason` cannot: `nonsense`, when it answers and nothing of it can be used.
    """

    type = "enrich.provider.exhausted"

    reason: Literal["day_limit", "bad_key"]
    cause: Literal["nonsense"] | None = None
    message: str
    resume_at: datetime | None = None


class ProviderRecovered(_ProviderState):
    """Back."""

    type = "enrich.provider.recovered"


class ProviderKeysChanged(Event):
    """For which providers a workspace has keys of its own; what it has none for goes by the shared accounts.

    `change_no` rises with every change of that workspace; the older is ignored. No key is ever part of an event.
    """

    type = "enrich.provider_keys.changed"

    workspace_id: UUID
    providers: list[str]
    change_no: int = Field(ge=1)


class ProviderWait(Payload):
    """Calls wait for a provider: until when, as far as that is known.

    `minute_limit`: for its limit of the minute, of `limited_by` where it says so. `not_answering`: it is tried again then.
    `kept_back`: the workspace has had half of a shared key's day, and others wait. With a `workspace_id` only that
    workspace's calls wait.
    """

    provider: str
    account: str
    workspace_id: UUID | None = None
    until: datetime
    reason: Literal["minute_limit", "not_answering", "kept_back"] = "minute_limit"
    limited_by: Literal["requests", "tokens"] | None = None


class CapacityAnnounced(Event):
    """What one replica can hold in flight, every few seconds.

    Ingest takes from it the window of the dispatcher, the idleness of the rescue, what a quote has to warn of
    (providers without a key, and that stand-ins answer), and what jobs are waiting for.
    """

    type = "enrich.capacity.announced"
    transient = True

    replica_id: UUID
    rows_capacity: int = Field(ge=0)
    rows_in_flight: int = Field(ge=0)
    outbox_pending: int = Field(ge=0)
    missing_providers: list[str] = []
    sandboxed: bool = False
    waits: list[ProviderWait] = []


class LeadErased(Event):
    """Enrich keeps nothing of the person any more. `erased` counts what there was, by kind."""

    type = "enrich.lead.erased"

    erasure_id: UUID
    erased: dict[str, int]


class WorkspaceErased(Event):
    """Nothing is left of a deleted workspace but what has to stay. `erased` counts the rows that have gone, by table."""

    type = "enrich.workspace.erased"

    workspace_id: UUID
    erased: dict[str, int]
