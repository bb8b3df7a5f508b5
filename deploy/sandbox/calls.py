"""Counts the calls, so that a test can say how often a provider was asked."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

_KEPT = 2000
_ANSWERED = 200


@dataclass(slots=True)
class CallLog:
    """Counts by provider, endpoint and status, and of the model's answers by task; the peak in flight; the last calls."""

    counts: Counter[tuple[str, str, int]] = field(default_factory=Counter[tuple[str, str, int]])
    tasks: Counter[str] = field(default_factory=Counter[str])
    in_flight: Counter[str] = field(default_factory=Counter[str])
    peak: Counter[str] = field(default_factory=Counter[str])
    recent: deque[tuple[float, str, str, int, float, str, str]] = field(
        default_factory=lambda: deque[tuple[float, str, str, int, float, str, str]](maxlen=_KEPT)
    )

    def begin(self, provider: str) -> None:
        """A request arrived."""
        now = self.in_flight[provider] + 1
        self.in_flight[provider] = now
        if now > self.peak[provider]:
            self.peak[provider] = now

    def end(self, provider: str) -> None:
        """Its answer left, or its client did."""
        self.in_flight[provider] -= 1

    def add(self, provider: str, endpoint: str, *, at: float, status: int, ms: float, kind: str, note: str) -> None:
        """Note what was answered; status 0 is no answer at all."""
        self.counts[provider, endpoint, status] += 1
        if provider == "groq" and status == _ANSWERED:
            self.tasks[note.partition(":")[0]] += 1
        self.recent.append((at, provider, endpoint, status, ms, kind, note))

    def clear(self) -> None:
        """Start counting anew; what is in flight stays in flight."""
        self.counts.clear()
        self.tasks.clear()
        self.recent.clear()
        self.peak.clear()
        self.peak.update(self.in_flight)

    def report(self, *, provider: str, last: int) -> dict[str, Any]:
        """The counts and the last calls, newest first, of one provider or of all."""
        totals: dict[str, dict[str, Any]] = {}
        for (name, endpoint, status), count in sorted(self.counts.items()):
            if provider in ("", name):
                entry = totals.setdefault(name, {}).setdefault(endpoint, {"count": 0, "by_status": {}})
                entry["count"] += count
                entry["by_status"][str(status)] = count
        names = ("at", "provider", "endpoint", "status", "ms", "verdict", "about")
        calls = [dict(zip(names, call, strict=True)) for call in reversed(self.recent) if provider in ("", call[1])]
        return {
            "totals": totals,
            "tasks": dict(self.tasks) if provider in ("", "groq") else {},
            "in_flight": {name: count for name, count in self.in_flight.items() if provider in ("", name)},
            "peak_in_flight": {name: count for name, count in self.peak.items() if provider in ("", name)},
            "recent": calls[:last],
        }
