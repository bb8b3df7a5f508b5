"""The rule by which the database grants calls (`services.enrich.repositories.limits`), on numbers instead of rows."""

from __future__ import annotations

from dataclasses import dataclass

from services.enrich.domain.limits import Cost


@dataclass(frozen=True, slots=True)
class Line:
    """The instants, in seconds, from which requests and tokens may go on, and until when everybody was refused."""

    requests_at: float = 0.0
    tokens_at: float = 0.0
    shut_until: float = 0.0


def slot(line: Line, cost: Cost, *, now: float) -> float:
    """The first instant at which this may be asked."""
    waits = [now, line.shut_until]
    if cost.requests_s:
        waits.append(line.requests_at)
    if cost.tokens_s:
        waits.append(line.tokens_at + cost.correction_s)
    return max(waits)


def booked(line: Line, cost: Cost, *, at: float) -> Line:
    """The line after a grant for that instant."""
    return Line(
        requests_at=at + cost.requests_s if cost.requests_s else line.requests_at,
        tokens_at=at + cost.tokens_s if cost.tokens_s else line.tokens_at,
        shut_until=line.shut_until,
    )
