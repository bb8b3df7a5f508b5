"""How fast a job goes, and when it will be done."""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SAMPLE_S = 2.0
"""Answers come in bursts of a chunk: a rate is taken over at least so long."""
MEMORY_S = 20.0
"""What is older than a few times this counts no more, however fast the job is."""
MEMORY_ROWS = 1000
"""But so many rows are remembered: twenty chunks, of which one more or less moves the rate by a twentieth."""
LONGEST_MEMORY_S = 1000.0
STEP = 0.06
"""The pace that is shown moves by no more of itself at once: two such steps move an end by less than an eighth."""
WARM_UP_S = 5.0
"""Observed for less, a rate is a guess."""


PUSH_EVERY = timedelta(milliseconds=250)


@dataclass(frozen=True)
class Pace:
    """How fast rows come: `mean` over the `seconds` that are remembered, and `rows_per_second`, which follows it in small
    steps for the eye. `rows` came since `since` and are in neither yet.

    The mean is the quotient of two sums that fade alike, so that a sample weighs what it lasted. The first answer after a
    start only opens the watch: its rows took as long as the way to the first answer, and the next ones do not.
    """

    rows_per_second: float = 0.0
    since: datetime | None = None
    rows: int = 0
    seconds: float = 0.0
    mean: float = 0.0

    def note(self, rows: int, *, now: datetime) -> "Pace":
        """Count rows; every `SAMPLE_S` seconds the average takes them in."""
        if self.since is None:
            return replace(self, since=now, rows=0)
        counted, seconds = max(self.rows + rows, 0), (now - self.since).total_seconds()
        if seconds < SAMPLE_S:
            return replace(self, rows=counted)
        kept = self.seconds * math.exp(-seconds / self.memory_s)
        mean = (self.mean * kept + counted) / (kept + seconds)
        return Pace(self._step_to(mean), since=now, seconds=kept + seconds, mean=mean)

    def _step_to(self, mean: float) -> float:
        if not self.is_known:
            return mean
        return min(max(mean, self.rows_per_second * (1 - STEP)), self.rows_per_second * (1 + STEP))

    def stop_watch(self) -> "Pace":
        """The job stands still: the time until the next answer is no part of its pace."""
        return replace(self, since=None, rows=0)

    @property
    def memory_s(self) -> float:
        """Time constant of the fading."""
        if self.mean <= 0:
            return MEMORY_S
        return min(max(MEMORY_S, MEMORY_ROWS / self.mean), LONGEST_MEMORY_S)

    @property
    def is_known(self) -> bool:
        """Whether it may be shown and reckoned with."""
        return self.seconds >= WARM_UP_S and self.rows_per_second > 0


def eta_seconds(*, rows_left: int, pace: Pace) -> float | None:
    """Seconds to the last row at the present pace; None while there is no pace to speak of."""
    if rows_left <= 0:
        return 0.0
    return rows_left / pace.rows_per_second if pace.is_known else None


def may_announce(*, last: datetime | None, now: datetime) -> bool:
    """Whether progress may be pushed again: at most four times a second for one job."""
    return last is None or now - last >= PUSH_EVERY
