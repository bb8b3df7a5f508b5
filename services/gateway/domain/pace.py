"""How often something may begin: a bucket that fills evenly and holds a second's worth."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Pace:
    """`per_second` may begin, as many at once after a pause. Moments are seconds of one clock that never goes back."""

    per_second: int
    left: float
    at: float

    def begin(self, now: float) -> tuple["Pace", bool]:
        """The bucket after somebody asked to begin, and whether they may."""
        left = min(float(self.per_second), self.left + max(0.0, now - self.at) * self.per_second)
        if left < 1:
            return replace(self, left=left, at=now), False
        return replace(self, left=left - 1, at=now), True


def full(per_second: int, *, now: float) -> Pace:
    """A bucket that nothing has been taken from."""
    return Pace(per_second, left=float(per_second), at=now)
