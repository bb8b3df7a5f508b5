"""Limits of a provider account, and the pace that keeps within them however the provider counts.

Generic cell rate algorithm (ITU-T I.371) without a burst: each grant has its instant, and moves the next one on by what
it costs. `SLACK_S` is what a request may come before or after its instant; the pace is that of a window so much longer,
so that no window of a minute, counted at arrival, ever holds more than the limit. The instants themselves are granted by the
database (`repositories/limits.py`).
"""

from dataclasses import dataclass, fields

WINDOW_S = 60.0
BLOCK_S = 0.2
"""The longest stretch that is granted at once: one decision for many calls where they are frequent."""
VALID_S = 0.4
"""How long after its instant a grant may be used; later it is lost, and never given back."""
TRAVEL_S = 0.9
"""What a request may take from us to where it is counted."""
SLACK_S = BLOCK_S + VALID_S + TRAVEL_S


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be asked of an account. 0 is no limit, or none that is known."""

    requests_per_minute: int = 0
    tokens_per_minute: int = 0
    requests_per_day: int = 0
    tokens_per_day: int = 0

    @property
    def any(self) -> bool:
        """Whether anything limits it."""
        return self != NO_LIMITS

    @property
    def of_day(self) -> bool:
        """Whether its day has to be counted."""
        return self.requests_per_day > 0 or self.tokens_per_day > 0

    def over(self, others: "Limits") -> "Limits":
        """These, and where they say nothing the others."""
        names = [field.name for field in fields(self)]
        return Limits(**{name: getattr(self, name) or getattr(others, name) for name in names})


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a call takes out of the line of requests and out of that of tokens."""

    limits: Limits
    window_s: float = WINDOW_S
    slack_s: float = SLACK_S

    @property
    def request_s(self) -> float:
        """Seconds per request: `limit` of them fill the window and its slack."""
        limit = self.limits.requests_per_minute
        return (self.window_s + self.slack_s) / limit if limit else 0.0

    def tokens_s(self, tokens: int) -> float:
        """Seconds for the tokens of one call.

        A window holds those of the calls before it ends, and the whole of its last: that one needs room too. A call of more
        than half a minute's tokens gets what room there is.
        """
        limit = self.limits.tokens_per_minute
        if not limit:
            return 0.0
        return tokens * (self.window_s + self.slack_s) / max(limit - tokens, limit / 2)

    @property
    def calls_at_once(self) -> int:
        """How many calls one decision may grant: more than one above five a block."""
        return max(1, int(BLOCK_S / self.request_s)) if self.request_s else 10


@dataclass(frozen=True, slots=True)
class Cost:
    """What a grant takes: seconds of both lines, and what earlier calls cost more (or less) than was thought."""

    requests_s: float
    tokens_s: float
    correction_s: float = 0.0
