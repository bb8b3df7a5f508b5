"""What every reader hands on: where the rows come from, and what the file turned out to be."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.ingest.segments import Cell


@dataclass(frozen=True)
class Table:
    """Rows as they stand in the file, the header included; blank cells are None."""

    kind: str
    rows: Iterator[list[Cell]]
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
