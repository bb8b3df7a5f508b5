"""How many mails a mailbox may send on a day."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class MailboxQuota:
    """`daily_quota` None is without a limit. A ramp begins with `ramp_from` on `ramp_started`, and rises by `ramp_step` a day."""

    daily_quota: int | None
    ramp_from: int | None = None
    ramp_step: int | None = None
    ramp_started: date | None = None

    def on(self, day: date) -> int | None:
        """The smaller of the quota and the ramp. Nothing is sent on days before the ramp begins."""
        if self.ramp_from is None or self.ramp_step is None or self.ramp_started is None:
            return self.daily_quota
        days = (day - self.ramp_started).days
        ramp = self.ramp_from + self.ramp_step * days if days >= 0 else 0
        return ramp if self.daily_quota is None else min(ramp, self.daily_quota)


def follow_ups_first(quota: int, share: int) -> int:
    """How many slots of a day follow-ups may take before first mails: `share` percent of the quota, rounded down."""
    return quota * share // 100
