"""What the model has said wrongly on purpose, so that a test can say how much of it has reached anybody."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Wrong = Literal["invented", "misquoted", "mixed_up", "obeyed"]
Part = Literal["person", "company", "signals", "extra", "product", "line"]
_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Planted:
    """One wrong. `text` is the statement, the answer, the id of the product or the line; `snippet` what was given as its
    evidence (empty for a line). `way` says in which way it is wrong, `key` under which API key it was said."""

    task: str
    part: Part
    wrong: Wrong
    way: str
    text: str
    snippet: str = ""
    key: str = ""


@dataclass(slots=True)
class PlantedLog:
    """The last ones, oldest first."""

    kept: deque[Planted] = field(default_factory=lambda: deque[Planted](maxlen=_KEPT))

    def add(self, planted: list[Planted]) -> None:
        """Note what one answer has been made wrong by."""
        self.kept.extend(planted)

    def clear(self) -> None:
        """Forget them."""
        self.kept.clear()

    def report(self) -> list[dict[str, Any]]:
        """As JSON."""
        return [asdict(one) for one in self.kept]
