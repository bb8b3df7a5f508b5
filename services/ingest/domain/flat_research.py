"""`sif_research` in readable columns: what a person filters and sorts by without reading JSON."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

FlatCell = str | float | datetime | None

_BETWEEN = " | "


def _texts(research: Mapping[str, Any], name: str) -> str | None:
    return _BETWEEN.join(str(statement["text"]) for statement in research.get(name) or ()) or None


def _sources(research: Mapping[str, Any]) -> str | None:
    return _BETWEEN.join(str(source["url"]) for source in research.get("sources") or ()) or None


def _as_of(research: Mapping[str, Any]) -> datetime | None:
    """The instant in UTC; sheets know no zones."""
    found = research.get("as_of")
    return datetime.fromisoformat(found).astimezone(UTC).replace(tzinfo=None) if isinstance(found, str) else None


_OF_RESEARCH: Mapping[str, Callable[[Mapping[str, Any]], FlatCell]] = {
    "sif_person": lambda research: _texts(research, "person"),
    "sif_company": lambda research: _texts(research, "company"),
    "sif_signals": lambda research: _texts(research, "signals"),
    "sif_confidence": lambda research: cast("float | None", research.get("confidence")),
    "sif_sources": _sources,
    "sif_as_of": _as_of,
}

FLAT_COLUMNS: Sequence[str] = ("sif_status", "sif_reason", *_OF_RESEARCH)
"""Their headers, in their order."""


def flat_cells(*, status: str, reason: str | None, research: Mapping[str, Any] | None) -> list[FlatCell]:
    """The cells of one row under FLAT_COLUMNS. Several statements or addresses stand in one cell, ` | ` between them."""
    found: list[FlatCell] = [status, reason]
    return [*found, *(None if research is None else read(research) for read in _OF_RESEARCH.values())]
