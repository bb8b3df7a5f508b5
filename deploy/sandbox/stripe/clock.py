"""The time of the account, which can be advanced, and the agenda of what falls due by itself."""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, field

LIVE = ""
"""The name of the account's own clock; a test clock is named by its id."""


@dataclass(slots=True)
class Clock:
    """Unix seconds. The live clock runs on; a test clock stands still until it is advanced."""

    ahead_s: int = 0
    frozen_at: int | None = None
    pinned_at: int | None = None
    """The time at which a piece of work is due, while it is done."""

    def now(self) -> int:
        if self.pinned_at is not None:
            return self.pinned_at
        return int(time.time()) + self.ahead_s if self.frozen_at is None else self.frozen_at

    def set(self, at: int) -> None:
        """Go to a time."""
        if self.frozen_at is None:
            self.ahead_s = at - int(time.time())
        else:
            self.frozen_at = at


@dataclass(slots=True)
class Agenda:
    """What is due when, per clock. An entry is a hint: whoever does it looks whether it still holds."""

    heaps: dict[str, list[tuple[int, int, str, str]]] = field(
        default_factory=dict[str, list[tuple[int, int, str, str]]]
    )
    count: int = 0

    def put(self, clock: str, at: int, *, work: str, key: str) -> None:
        """Have `work` done for the object `key` at a time of a clock."""
        self.count += 1
        heapq.heappush(self.heaps.setdefault(clock, []), (at, self.count, work, key))

    def take(self, clock: str, until: int) -> tuple[int, str, str] | None:
        """The next entry that is due by a time: when, what, for which object."""
        heap = self.heaps.get(clock)
        if not heap or heap[0][0] > until:
            return None
        at, _, work, key = heapq.heappop(heap)
        return at, work, key

    def next_at(self, clock: str) -> int | None:
        """When the next entry falls due."""
        heap = self.heaps.get(clock)
        return heap[0][0] if heap else None
