"""How much may be under way: rows queued ≤ 1.5 × what the live enrich replicas can hold in flight."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

OVERBOOKING = 1.5
"""Half a capacity waits in the queue, so that no replica stands idle while ingest looks again."""
ALIVE = timedelta(seconds=30)
"""A replica that has not announced itself for so long is taken for gone."""


@dataclass(frozen=True)
class ProviderWait:
    """Calls to a provider account wait until then: for its limit of the minute, or for what else `reason` says."""

    provider: str
    account: str
    workspace_id: UUID | None
    until: datetime
    reason: str = "minute_limit"
    limited_by: str | None = None


@dataclass(frozen=True)
class Replica:
    """What one enrich replica last said of itself."""

    id: UUID
    rows_capacity: int
    rows_in_flight: int
    outbox_pending: int
    seen_at: datetime
    missing_providers: tuple[str, ...] = ()
    sandboxed: bool = False
    waits: tuple[ProviderWait, ...] = ()

    def is_live(self, now: datetime) -> bool:
        return now - self.seen_at <= ALIVE

    @property
    def is_idle(self) -> bool:
        return self.rows_in_flight == 0 and self.outbox_pending == 0


def live(replicas: Iterable[Replica], *, now: datetime) -> list[Replica]:
    """Those who have announced themselves lately."""
    return [replica for replica in replicas if replica.is_live(now)]


def window_rows(replicas: Iterable[Replica], *, now: datetime) -> int:
    """The rows that may be under way, over all tenants."""
    return int(OVERBOOKING * sum(replica.rows_capacity for replica in live(replicas, now=now)))


@dataclass(frozen=True)
class EnrichState:
    """What enrich can do at present: `missing_providers` lack a key, `sandboxed` says that stand-ins answer."""

    missing_providers: tuple[str, ...] = ()
    sandboxed: bool = False

    def with_own(self, providers: Collection[str]) -> "EnrichState":
        """For a workspace that has keys of its own for these."""
        return replace(self, missing_providers=tuple(one for one in self.missing_providers if one not in providers))


def enrich_state(replicas: Iterable[Replica], *, now: datetime) -> EnrichState:
    """The union over the live replicas: the careful answer while they differ. With none alive, what was said last."""
    known = sorted(replicas, key=lambda replica: replica.seen_at)
    asked = live(known, now=now) or known[-1:]
    missing = sorted({name for replica in asked for name in replica.missing_providers})
    return EnrichState(tuple(missing), any(replica.sandboxed for replica in asked))
