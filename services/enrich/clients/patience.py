"""How long a row goes on asking: minute limits are waited out, failures are tried again a few times with jitter."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from libs.common import metrics
from services.enrich.clients.errors import BadAnswer, OutOfTime, ProviderDown, ProviderError, RateLimitedMinute
from services.enrich.domain.account_names import provider_of

T = TypeVar("T")

MOST_TRIES = 4
_FIRST_DELAY_S = 0.4
_LONGEST_DELAY_S = 8.0
_SPREAD_S = 0.3


class MinuteGate:
    """Shared by all rows that ask one account: when it says to wait, nobody asks before."""

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self._opens_at = 0.0

    @property
    def wait_s(self) -> float:
        """How long it stays shut."""
        return max(0.0, self._opens_at - time.monotonic())

    def shut(self, seconds: float) -> None:
        """Nobody asks for so long."""
        self._opens_at = max(self._opens_at, time.monotonic() + seconds)


@dataclass(slots=True)
class Patience:
    """Of one row. `deadline` (monotonic) is the chunk's; `budget_s` is what failed calls of this row may cost in time."""

    deadline: float
    budget_s: float
    retries: int = 0

    async def ask(self, call: Callable[[], Awaitable[T]], gate: MinuteGate) -> T:
        """The answer of a call.

        Raises ProviderDown or BadAnswer when the tries or the budget of the row are used up, OutOfTime when a wait would
        outlast the chunk; ProviderOut and PageMissing pass straight through.
        """
        failures = 0
        while True:
            await self._pass(gate)
            began = time.monotonic()
            try:
                answer = await call()
            except RateLimitedMinute as limit:
                _count(gate, limit)
                gate.shut(limit.retry_after_s)
            except (ProviderDown, BadAnswer) as failure:
                _count(gate, failure)
                failures += 1
                delay = _delay(failures)
                self.budget_s -= time.monotonic() - began + delay
                if failures >= MOST_TRIES or self.budget_s <= 0:
                    raise
                self.retries += 1
                await self._sleep(delay)
            except ProviderError as final:
                _count(gate, final)
                raise
            else:
                _count(gate)
                return answer

    async def _pass(self, gate: MinuteGate) -> None:
        while wait := gate.wait_s:
            await self._sleep(wait + random.uniform(0, _SPREAD_S))  # noqa: S311 - spreads load

    async def _sleep(self, seconds: float) -> None:
        if time.monotonic() + seconds >= self.deadline:
            raise OutOfTime(seconds)
        await asyncio.sleep(seconds)


def _count(gate: MinuteGate, error: ProviderError | None = None) -> None:
    metrics.PROVIDER_CALLS.labels(provider_of(gate.provider), error.code if error else "answered").inc()


def _delay(failures: int) -> float:
    """Exponential, with full jitter above the half."""
    longest = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** (failures - 1))
    return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load
