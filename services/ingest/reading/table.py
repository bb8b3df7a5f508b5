"""What every reader hands on: where the rows come from, and what the file turned out to be."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal

from services.ingest.segments import Cell

Kind = Literal["csv", "xlsx", "xlsb", "xls", "ods"]
ReaderName = Literal["csv", "calamine", "openpyxl"]


@dataclass(frozen=True)
class SheetFacts:
    """One sheet of a workbook. `rows` and `columns` are those of the area that has anything in it, null when counting them
    would mean to read a large sheet for nothing."""

    name: str
    rows: int | None
    columns: int | None
    visible: bool


@dataclass(frozen=True)
class Table:
    """Rows as they stand in the file, the header included; blank cells are None. Closing the rows closes the file."""

    kind: Kind
    reader: ReaderName
    rows: Generator[list[Cell]]
    encoding: str | None = None
    delimiter: str | None = None
    quotechar: str | None = None
    sheet: str | None = None
    sheets: Sequence[SheetFacts] | None = None
    archive: str | None = None
