"""The gate before each account: shut when the provider says so, when it does not answer, and for whoever's turn it is not."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from services.enrich import metrics
from services.enrich.clients.breaker import Breaker
from services.enrich.domain.account_names import provider_of
from services.enrich.domain.limits import Limits

LimitedBy = Literal["requests", "tokens"]
Reason = Literal["minute_limit", "not_answering", "kept_back"]
NOBODY = UUID(int=0)
"""Stands for the workspace of calls that are made for none."""
MOST_NONSENSE = 20
"""Useless answers in a row, to all rows, after which an account counts as out. More than one row alone can bring about."""
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class GateWait:
    """Why calls to an account wait, and for how many seconds yet; of one workspace when it is the only one to wait."""

    account: str
    wait_s: float
    reason: Reason
    limited_by: LimitedBy | None = None
    workspace_id: UUID | None = None


class Turns(Protocol):
    """Whose turn it is under a limit, over all replicas."""

    @property
    def waits(self) -> list[GateWait]:
        """What its calls wait for."""
        ...

    async def take(self, tenant_id: UUID, tokens: int, *, deadline: float) -> None:
        """Returns when the call may be made, which is now. Raises OutOfTime, DayLimitExhausted."""
        ...

    def correct(self, *, reserved: int, used: int) -> None:
        """A call took other tokens than were reserved for it."""
        ...


class Told(Protocol):
    """Who passes on what one replica hears."""

    def heard_shut(self, gate: "Gate", *, seconds: float, by: LimitedBy | None) -> None:
        """The provider refuses everybody for so long."""
        ...

    def heard_limits(self, gate: "Gate", limits: Limits, *, used_tokens: int) -> None:
        """The provider has said what may be asked, and how many tokens of its minute are gone."""
        ...


class Gate:
    """Shared by all rows of the process that ask one account, or one model of it where the provider limits by model."""

    def __init__(self, account: str, model: str = "") -> None:
        self.account = account
        self.model = model
        self.provider = provider_of(account)
        self.breaker = Breaker()
        self.turns: Turns | None = None
        self.told: Told | None = None
        self.uncounted: Counter[UUID] = Counter()
        """Calls of this UTC day by workspace while no limit of the day was known; counted once one is."""
        self._day = 0
        self.nonsense = 0
        """Answers in a row that could not be used, of all rows."""
        self.tokens_per_guess: dict[str, float] = {}
        """How many tokens a kind of call has taken for each that was guessed."""
        self._opens_at = 0.0
        self._shut_by: LimitedBy | None = None

    @property
    def shut_s(self) -> float:
        """How long the provider has said to wait yet."""
        return max(0.0, self._opens_at - time.monotonic()) if self._opens_at else 0.0

    @property
    def wait_s(self) -> float:
        """How long nobody may ask."""
        return max(self.shut_s, self.breaker.wait_s)

    @property
    def is_free(self) -> bool:
        """Whether a call may be made without asking anybody: nothing limits it, and it answers."""
        return self.turns is None and not self._opens_at and not self.breaker.is_open

    @property
    def talks_nonsense(self) -> bool:
        """Whether so many answers in a row were useless that it cannot be the questions. Until one is not."""
        return self.nonsense >= MOST_NONSENSE

    @property
    def waits(self) -> list[GateWait]:
        """What calls wait for, the longest first."""
        found = list(self.turns.waits) if self.turns is not None else []
        if shut_s := self.shut_s:
            found.append(GateWait(self.account, shut_s, "minute_limit", self._shut_by))
        if rest_s := self.breaker.wait_s:
            found.append(GateWait(self.account, rest_s, "not_answering"))
        return sorted(found, key=lambda one: -one.wait_s)

    def free_call(self, tenant_id: UUID) -> None:
        """A call is made that no limit has counted."""
        day = int(time.time() // _DAY_S)
        if day != self._day:
            self._day = day
            self.uncounted.clear()
        self.uncounted[tenant_id] += 1

    def shut(self, seconds: float, *, by: LimitedBy | None = None) -> None:
        """The provider has refused: nobody asks for so long, in no replica."""
        if self.hear_shut(seconds, by=by) and self.told is not None:
            self.told.heard_shut(self, seconds=seconds, by=by)

    def hear_shut(self, seconds: float, *, by: LimitedBy | None = None) -> bool:
        """Nobody asks for so long. False when that was known."""
        opens_at = time.monotonic() + seconds
        if opens_at <= self._opens_at + 0.05:
            return False
        self._opens_at, self._shut_by = opens_at, by
        return True

    def passed(self) -> None:
        """The provider's wait is over."""
        if self._opens_at and not self.shut_s:
            self._opens_at = 0.0

    def answered(self) -> None:
        """There was an answer, whatever it said."""
        if self.breaker.is_open:
            metrics.BREAKER_OPEN.labels(self.provider).dec()
        self.breaker.succeeded()

    def failed(self, *, probe: bool) -> None:
        """There was none."""
        was_open = self.breaker.is_open
        self.breaker.failed(probe=probe)
        if self.breaker.is_open and not was_open:
            metrics.BREAKER_OPEN.labels(self.provider).inc()

    def guess(self, kind: str, raw: int) -> int:
        """The tokens to reserve for a call of a kind, by what such calls have taken of a raw guess so far."""
        return max(1, round(raw * self.tokens_per_guess.get(kind, 1.0)))

    def spent(self, kind: str, *, raw: int, reserved: int, used: int) -> None:
        """A call took so many tokens: the next guess is better, and the line is put right."""
        if not raw or not used:
            return
        known = self.tokens_per_guess.get(kind)
        ratio = used / raw
        self.tokens_per_guess[kind] = ratio if known is None else known + (ratio - known) * 0.1
        if self.turns is not None and reserved:
            self.turns.correct(reserved=reserved, used=used)


class Gates:
    """One gate per account and model, however often its client is made. `made` is told of each new one."""

    def __init__(self, made: Callable[[Gate], None] | None = None) -> None:
        self._made = made
        self._gates: dict[tuple[str, str], Gate] = {}

    def of(self, account: str, model: str = "") -> Gate:
        """The gate of an account."""
        gate = self._gates.get((account, model))
        if gate is None:
            gate = self._gates[account, model] = Gate(account, model)
            if self._made is not None:
                self._made(gate)
        return gate

    def known(self) -> Iterable[Gate]:
        """All that there are."""
        return list(self._gates.values())

    @property
    def waits(self) -> list[GateWait]:
        """What calls wait for: of each account (and each workspace that waits alone) the longest wait."""
        longest: dict[tuple[str, UUID | None], GateWait] = {}
        for wait in (one for gate in self._gates.values() for one in gate.waits):
            known = longest.get((wait.account, wait.workspace_id))
            if known is None or known.wait_s < wait.wait_s:
                longest[wait.account, wait.workspace_id] = wait
        return list(longest.values())
