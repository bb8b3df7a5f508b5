"""A circuit breaker: an account that does not answer is asked by one call at a time until it does, and the others wait.

Libraries for this refuse calls while it is open. Here they wait: to refuse them would degrade every row of an outage.
"""

import asyncio
import random
import time
from collections.abc import Callable

FAILURES_TO_OPEN = 10
"""Failures in a row, of all rows. One row alone never opens it: that has fewer tries."""
FIRST_REST_S = 2.0
LONGEST_REST_S = 30.0


class Breaker:
    """`begin` before a call says whether it is the probe; then one of `succeeded`, `failed` or `abandoned`.

    Seconds are of `clock`. `spread` makes replicas probe at different instants.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, spread: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._clock = clock
        self._spread = spread
        self._failures = 0
        self._rest_s = 0.0
        self._reopens_at = 0.0
        self._probing = False
        self._settled = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether calls have to wait, but for the probe."""
        return self._rest_s > 0

    @property
    def wait_s(self) -> float:
        """How long nobody may ask; 0 when it is closed, or when a probe is due or under way."""
        return max(0.0, self._reopens_at - self._clock()) if self._rest_s else 0.0

    @property
    def may_begin(self) -> bool:
        """Whether a call may be made now, be it as the probe."""
        return not self._rest_s or (not self._probing and not self.wait_s)

    async def ready(self, *, within_s: float) -> bool:
        """Wait until the probe that is under way has settled. False when it has not within so long."""
        if not self._probing:
            return True
        try:
            async with asyncio.timeout(within_s):
                await self._settled.wait()
        except TimeoutError:
            return False
        return True

    def begin(self) -> bool:
        """A call is about to be made. True: it is the probe."""
        if not self._rest_s or self._probing:
            return False
        self._probing = True
        self._settled.clear()
        return True

    def succeeded(self) -> None:
        """There was an answer, whatever it said: the account is there."""
        if self._failures or self._rest_s:
            self._failures, self._rest_s = 0, 0.0
            self._settle()

    def failed(self, *, probe: bool) -> None:
        """There was none. A call that began before it opened tells nothing new."""
        if self._rest_s and not probe:
            return
        self._failures += 1
        if probe or self._failures >= FAILURES_TO_OPEN:
            self._rest_s = min(LONGEST_REST_S, self._rest_s * 2 or FIRST_REST_S)
            self._reopens_at = self._clock() + self._spread(self._rest_s * 0.75, self._rest_s)
            self._settle()

    def abandoned(self, *, probe: bool) -> None:
        """The call was called off: somebody else has to probe."""
        if probe:
            self._settle()

    def _settle(self) -> None:
        self._probing = False
        self._settled.set()
