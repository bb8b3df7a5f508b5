"""The columns of a sheet and the names of those that are added."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.ingest.domain.flat_research import FLAT_COLUMNS
from services.ingest.segments import Cell

RESEARCH_COLUMN = "sif_research"
LINE_COLUMN = "sif_personalized"


@dataclass(frozen=True)
class Columns:
    """The columns of a sheet: its own, then the new ones in the order they were asked for."""

    own: Sequence[Cell]
    extras: Sequence[str] = ()
    flat: bool = False

    @property
    def header(self) -> list[Cell]:
        """The first row."""
        return [*self.own, RESEARCH_COLUMN, *(FLAT_COLUMNS if self.flat else ()), LINE_COLUMN, *self.extras]
