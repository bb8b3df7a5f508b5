"""How fast rows may begin: as fast as this process can finish them, which its own processor time tells.

Rows that begin together stay together: each of their steps waits for the same step of all others, the first is done when
the last is, and while all of them wait for providers the processor has nothing to do.
"""

import time
from collections.abc import Callable

_FIRST_GUESS_S = 0.004
_LONGEST_S = 0.01
"""Between two rows. A process with little to do seems to spend much on each."""
_HALVES_PER_LOOK = 32
_WEIGHT = 0.3
_FASTER = 0.9
"""Than it can finish them, so that the pace itself never leaves the processor idle."""
_MADE_UP_S = 0.005
"""Timers are late by a millisecond or two: so much may be made up for."""


class Pace:
    """`wait_s` is how long the next row has to wait; `began` and `finished` are told of each row.

    `clock` is in seconds; `spent` is the processor time of the thread that works on the rows, in seconds.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, spent: Callable[[], float] = time.thread_time
    ) -> None:
        self._clock, self._spent = clock, spent
        self._row_s = _FIRST_GUESS_S
        self._next_at = 0.0
        self._halves, self._spent_at_look = 0, spent()

    @property
    def wait_s(self) -> float:
        """0 when a row may begin now."""
        return max(0.0, self._next_at - self._clock())

    def began(self) -> None:
        """A row has begun."""
        self._next_at = max(self._next_at, self._clock() - _MADE_UP_S) + self._row_s * _FASTER
        self._learn()

    def finished(self) -> None:
        """A row is done with."""
        self._learn()

    def _learn(self) -> None:
        """What rows cost, from a few at a time. A beginning counts as half a row: else the first ones would cost what all do."""
        self._halves += 1
        if self._halves < _HALVES_PER_LOOK:
            return
        spent = self._spent()
        row_s = min(2 * (spent - self._spent_at_look) / self._halves, _LONGEST_S)
        self._row_s += (row_s - self._row_s) * _WEIGHT
        self._halves, self._spent_at_look = 0, spent
