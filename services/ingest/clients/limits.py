"""What Apollo's headers say of the minute, the hour and the day (fixed windows), and when the one that is used up ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

WINDOWS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_HEADERS = {"minute": "minute", "hour": "hourly", "day": "daily"}
"""The window's name in `x-…-requests-left` and `x-…-usage`."""


@dataclass(frozen=True)
class Pause:
    """Which window is used up, and when it ends."""

    window: str
    until: datetime


@dataclass
class Windows:
    """Of one endpoint. A window has begun at the latest when its usage was first seen, or was seen to fall."""

    began: dict[str, datetime] = field(default_factory=dict[str, datetime])
    used: dict[str, int] = field(default_factory=dict[str, int])

    def read(self, headers: Mapping[str, str], *, now: datetime) -> Pause | None:
        """Note what an answer says; the longest window that has nothing left, if there is one."""
        spent: Pause | None = None
        for window, length in WINDOWS.items():
            used = _number(headers, f"x-{_HEADERS[window]}-usage")
            began = self.began.get(window)
            if began is None or now - began >= length or (used is not None and used < self.used.get(window, 0)):
                began = self.began[window] = now
            if used is not None:
                self.used[window] = used
            if _number(headers, f"x-{_HEADERS[window]}-requests-left") == 0:
                spent = Pause(window, began + length)
        return spent

    def refused(self, headers: Mapping[str, str], *, now: datetime) -> Pause:
        """When a refused request may come again: `Retry-After` counts, else the end of the window that is used up."""
        spent = self.read(headers, now=now) or Pause("minute", now + WINDOWS["minute"])
        seconds = _number(headers, "retry-after")
        if seconds is None:
            return spent
        return Pause(spent.window, now + timedelta(seconds=min(max(seconds, 1), 7 * 86_400)))


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() else None
