"""What ingest knows of the providers that enrich calls, and which jobs must wait for them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class ProviderState:
    """The last word on a provider account. `counter` rises with every change: the older is ignored.

    An account with a `workspace_id` is that workspace's own key, and stands for the shared one there.
    """

    account: str
    provider: str
    workspace_id: UUID | None
    counter: int
    exhausted: bool
    reason: str | None = None
    message: str | None = None
    resume_at: datetime | None = None

    def is_out(self, now: datetime) -> bool:
        """Out still: an account whose `resume_at` has passed may be tried again."""
        return self.exhausted and (self.resume_at is None or self.resume_at > now)

    @property
    def park_reason(self) -> str:
        return f"{self.provider}_{self.reason or 'day_limit'}"


def in_the_way(
    states: Iterable[ProviderState], *, workspace_id: UUID, now: datetime, own: Collection[str] = ()
) -> ProviderState | None:
    """The account a workspace's jobs have to wait for: of several, the one that is back last. None when all are up.

    `own` are the providers it has keys of its own for. What was said of a key that it has no longer is in nobody's way.
    """
    needed = [state for state in states if state.workspace_id == (workspace_id if state.provider in own else None)]
    out = [state for state in needed if state.is_out(now)]
    if not out:
        return None
    forever = datetime.max.replace(tzinfo=now.tzinfo)
    return max(out, key=lambda state: (state.resume_at or forever, state.account))


@dataclass(frozen=True)
class Providers:
    """How the providers are: the last word on each account, those that enrich has no key for, and who has own keys."""

    states: Sequence[ProviderState] = ()
    missing: Sequence[str] = ()
    own: Mapping[UUID, Collection[str]] = field(default_factory=dict[UUID, Collection[str]])

    def in_the_way(self, *, workspace_id: UUID, accept_degraded: bool, now: datetime) -> ProviderState | None:
        """What a job has to wait for: an account that is out or, when nobody agreed to degraded rows, one without a key."""
        absent = [] if accept_degraded else [_without_key(name) for name in self.missing]
        own = self.own.get(workspace_id, ())
        return in_the_way([*self.states, *absent], workspace_id=workspace_id, now=now, own=own)


def _without_key(provider: str) -> ProviderState:
    """Until somebody sets the key, and nobody knows when."""
    return ProviderState(provider, provider, None, counter=0, exhausted=True, reason="no_key")
