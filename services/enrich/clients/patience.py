"""How long a row goes on asking: limits and outages are waited out, failures are tried again a few times with jitter."""

import asyncio
import functools
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from prometheus_client import Counter

from libs.common import metrics
from services.enrich.clients.errors import (
    BadAnswer,
    ModelUnfit,
    Nonsense,
    OutOfTime,
    ProviderDown,
    ProviderError,
    RateLimitedMinute,
)
from services.enrich.clients.gate import NOBODY, Gate

T = TypeVar("T")

MOST_TRIES = 4
_FIRST_DELAY_S = 0.4
_LONGEST_DELAY_S = 8.0
_SPREAD_S = 0.3


@dataclass(slots=True)
class Patience:
    """Of one row. `deadline` (monotonic) is the chunk's; `budget_s` is what failed calls of this row may cost in time.

    `tenant_id` is whose row it is: workspaces take turns under a limit. `does_without`: the row is not degraded by what it is
    not told, so that nobody waits for a provider that talks nonsense.
    """

    deadline: float
    budget_s: float
    retries: int = 0
    tenant_id: UUID = NOBODY
    does_without: bool = False

    async def ask(self, call: Callable[[], Awaitable[T]], gate: Gate, *, tokens: int = 0) -> T:
        """The answer of a call, for which so many tokens are reserved.

        Raises ProviderDown or BadAnswer when the tries or the budget of the row are used up, Nonsense when the last answers to
        all rows were useless, OutOfTime when a wait would outlast the chunk; ProviderOut and PageMissing pass straight through.
        Waits for a limit, or for an account that does not answer, cost neither tries nor budget.
        """
        failures = 0
        while True:
            probe = False
            if gate.is_free:
                gate.free_call(self.tenant_id)
            else:
                probe = await self._pass(gate, tokens)
            began = time.monotonic()
            try:
                answer = await call()
            except RateLimitedMinute as limit:
                _note(gate, limit)
                gate.shut(limit.retry_after_s, by=limit.limited_by)
            except (ProviderDown, BadAnswer) as failure:
                _note(gate, failure, probe=probe)
                if isinstance(failure, BadAnswer) and gate.talks_nonsense and not self.does_without:
                    raise Nonsense(gate.account, failure.said) from failure
                if probe and isinstance(failure, ProviderDown):
                    continue
                failures += 1
                delay = _delay(failures)
                self.budget_s -= time.monotonic() - began + delay
                if failures >= MOST_TRIES or self.budget_s <= 0:
                    raise
                self.retries += 1
                await self._sleep(delay)
            except ProviderError as final:
                _note(gate, final)
                raise
            except BaseException:
                gate.breaker.abandoned(probe=probe)
                raise
            else:
                _note(gate)
                return answer

    async def _pass(self, gate: Gate, tokens: int) -> bool:
        """Returns when the call may be made, which is now. True: it is the one that finds out whether they answer again."""
        while True:
            if wait := gate.wait_s:
                await self._sleep(wait + random.uniform(0, _SPREAD_S))  # noqa: S311 - spreads load
                continue
            gate.passed()
            if not await gate.breaker.ready(within_s=self._left_s):
                raise OutOfTime
            if gate.wait_s:
                continue
            if gate.turns is not None:
                await gate.turns.take(self.tenant_id, tokens, deadline=self.deadline)
                if gate.wait_s or not gate.breaker.may_begin:
                    continue
            else:
                gate.free_call(self.tenant_id)
            return gate.breaker.begin()

    @property
    def _left_s(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    async def _sleep(self, seconds: float) -> None:
        if time.monotonic() + seconds >= self.deadline:
            raise OutOfTime(seconds)
        await asyncio.sleep(seconds)


def _note(gate: Gate, error: ProviderError | None = None, *, probe: bool = False) -> None:
    _calls(gate.provider, error.code if error else "answered").inc()
    if isinstance(error, ProviderDown):
        gate.failed(probe=probe)
    else:
        gate.answered()
    if error is None:
        gate.nonsense = 0
    elif isinstance(error, BadAnswer | ModelUnfit):
        gate.nonsense += 1


@functools.cache
def _calls(provider: str, outcome: str) -> Counter:
    """The counter of one outcome. To find it by its labels costs more than to count."""
    return metrics.PROVIDER_CALLS.labels(provider, outcome)


def _delay(failures: int) -> float:
    """Exponential, with full jitter above the half."""
    longest = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** (failures - 1))
    return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load
