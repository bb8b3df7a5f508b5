"""How fast a job goes, and when it will be done."""

import math
from dataclasses import dataclass, replace
from datetime import datetime

SAMPLE_S = 2.0
"""Answers come in bursts of a chunk: a rate is taken over at least so long."""
MEMORY_S = 20.0
"""Time constant of the moving average."""


@dataclass(frozen=True)
class Pace:
    """Rows per second as an exponential moving average; `rows` were counted since `since` and are not in it yet."""

    rows_per_second: float = 0.0
    since: datetime | None = None
    rows: int = 0

    def note(self, rows: int, *, now: datetime) -> "Pace":
        """Count rows; every `SAMPLE_S` seconds the average takes them in."""
        if self.since is None:
            return replace(self, since=now, rows=max(rows, 0))
        counted, seconds = max(self.rows + rows, 0), (now - self.since).total_seconds()
        if seconds < SAMPLE_S:
            return replace(self, rows=counted)
        sample = counted / seconds
        weight = 1.0 if self.rows_per_second == 0 else 1 - math.exp(-seconds / MEMORY_S)
        return Pace(self.rows_per_second + weight * (sample - self.rows_per_second), since=now)


def eta_seconds(*, rows_left: int, rows_per_second: float) -> float | None:
    """Seconds to the last row at the present pace; None while there is no pace."""
    if rows_left <= 0:
        return 0.0
    return rows_left / rows_per_second if rows_per_second > 0 else None


def may_announce(*, last: datetime | None, now: datetime, per_second: float = 4) -> bool:
    """Whether progress may be pushed again: at most `per_second` times a second for one job."""
    return last is None or (now - last).total_seconds() >= 1 / per_second
