"""How many mails are begun at once over a connection: few transactions where a provider answers quickly, one mail per
transaction where it does not.

Whoever is killed leaves as many unknown mails as it had begun, and a pause stops what has not begun. So no more is begun than
can be called at once.
"""

from dataclasses import dataclass

WITHIN_S = 0.5
"""So soon all that is begun together should have been called, as fast as calls go."""
LATEST_S = 0.9
"""So long after its beginning no call is made for a mail behind the first: it is taken back. Whoever unsubscribes or pauses
waits no second for what had begun."""
_MOST_CLAIMED = 40


@dataclass(frozen=True)
class Pace:
    """Of one connection. `ahead` mails are begun together, at most `most`."""

    most: int
    ahead: int = 1

    def after(self, calls: int, *, seconds: float, accepted: bool) -> "Pace":
        """What the last calls say of the next. Anything but an acceptance makes it careful again."""
        if not accepted or calls == 0:
            return Pace(self.most)
        in_time = int(min(WITHIN_S * calls / max(seconds, 0.001), self.most))
        return Pace(self.most, max(1, min(2 * self.ahead, self.most, in_time)))

    def claims(self, batch_size: int) -> int:
        """How many mails to claim: enough for some handfuls."""
        return max(batch_size, min(batch_size * self.ahead, _MOST_CLAIMED))
