"""One pass over a table: header, rows into segments, sample, types, suggested roles. Memory does not grow with the rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat

import orjson

from services.ingest.domain.columns import distinct_names
from services.ingest.domain.header_row import LOOKED_AT_ROWS, NO_HEADER, find_header
from services.ingest.reading.description import Described, describe
from services.ingest.reading.refusals import Refused
from services.ingest.reading.segmenter import Segment, Segmenter
from services.ingest.reading.table import Table
from services.ingest.segments import Cell, text_of

MAX_COLUMNS = 1000
MAX_ROWS = 5_000_000
MAX_GAP_ROWS = 100_000
"""Blank rows in a row, with something below them."""
MAX_BLANK_ROWS = 2**20
"""In a row, whatever is below them: as many as a workbook's sheet has."""
MAX_HEADER_CHARS = 2000
"""Of one column. The header is loaded whole with every upload and every merge."""
_FACT_ROWS = 500


@dataclass(frozen=True)
class Preview:
    """What is known of a table after its first rows; `found` is as at the end, its count is that of the rows so far."""

    found: dict[str, object]


class Survey:
    """Reads a table to its end. `findings()` must be exhausted before `found()` is asked.

    `header_row` is where the header was said to be, 0 for none at all; None lets the rows tell.
    """

    def __init__(self, table: Table, *, max_text_chars: int, header_row: int | None = None) -> None:
        self._table = table
        self._max_text_chars = max_text_chars
        self._text_chars = 0
        self._header: list[Cell] = []
        self._wanted_header_row = header_row
        self._header_row = NO_HEADER
        self._skipped_rows = 0
        self._names: list[str] = []
        self._names_bytes = 0
        self._first: list[list[Cell]] = []
        self._segmenter = Segmenter()

    @property
    def row_count(self) -> int:
        """Rows so far, blank ones between others included."""
        return self._segmenter.rows

    def findings(self) -> Iterator[Segment | Preview]:
        """Every row in segments, and among them one preview. Raises Refused: `no_rows`, `too_large`, `too_sparse`."""
        rows = self._below_header(iter(self._table.rows))
        blank = 0
        for raw in rows:
            cells = self._checked(raw)
            if not cells:
                blank += 1
                self._check_gap(blank, limit=MAX_BLANK_ROWS)
                continue
            self._check_gap(blank, limit=MAX_GAP_ROWS)
            for _ in range(blank):
                yield from self._add([])
            blank = 0
            yield from self._add(cells)
        if not self.row_count:
            where = (
                "There is a header and no row below it." if self._header_row else "There is nothing but blanks in it."
            )
            raise Refused("no_rows", where)
        if last := self._segmenter.finish():
            yield last

    def _below_header(self, rows: Iterator[list[Cell]]) -> Iterator[list[Cell]]:
        """Finds the header and takes its names; answers the rows that are left."""
        wanted = self._wanted_header_row
        if wanted == NO_HEADER:
            return rows
        if wanted is not None:
            above = list(islice(rows, wanted))
            if len(above) < wanted:
                raise Refused("option_invalid", f"There is no row {wanted:,} to be the header: choose one above it.")
            self._take_header(above)
            return rows
        blank = 0
        for row in rows:
            if _trimmed(row):
                first = [row, *islice(rows, LOOKED_AT_ROWS - 1)]
                break
            blank += 1
            self._check_gap(blank, limit=MAX_BLANK_ROWS)
        else:
            raise Refused("no_rows", "There is nothing but blanks in the file.")
        number = find_header(first)
        if number == NO_HEADER:
            return chain(repeat([], blank), first, rows)
        self._take_header(first[:number], above=blank)
        return chain(first[number:], rows)

    def _take_header(self, rows: list[list[Cell]], *, above: int = 0) -> None:
        """The last of these rows is the header, those before it are titles; `above` all of them are blank ones."""
        *titles, header = [self._checked(row) for row in rows]
        _check_header(header)
        self._header, self._header_row = header, above + len(rows)
        self._skipped_rows = sum(1 for title in titles if title)
        self._widen(len(header))

    def _add(self, cells: list[Cell]) -> Iterator[Segment | Preview]:
        if len(cells) > len(self._names):
            self._widen(len(cells))
        self._check_count(self.row_count + 1)
        if len(self._first) < _FACT_ROWS:
            self._first.append(cells)
            if len(self._first) == _FACT_ROWS:
                yield Preview(self.found())
        full = self._segmenter.add(cells, names=self._names, names_bytes=self._names_bytes)
        if full is not None:
            yield full

    def _check_gap(self, blank: int, *, limit: int) -> None:
        if blank > limit:
            raise Refused(
                "too_sparse",
                f"Below row {self._header_row + self.row_count:,} of the sheet more than {limit:,} rows are blank, which is"
                " the limit: delete what stands alone so far down, and what is empty below the table.",
            )

    def _check_count(self, rows: int) -> None:
        if rows > MAX_ROWS:
            raise Refused("too_large", f"The table has more than {MAX_ROWS:,} rows, which is the limit: split it.")

    def _checked(self, raw: list[Cell]) -> list[Cell]:
        """The row without blanks at its end. Counts its text against the limit, whatever the archive's size was."""
        self._text_chars += sum(len(cell) for cell in raw if type(cell) is str)
        if self._text_chars > self._max_text_chars:
            raise Refused(
                "too_large", f"The cells hold more than {self._max_text_chars:,} characters, which is the limit."
            )
        return _trimmed(raw)

    def _widen(self, width: int) -> None:
        if width > MAX_COLUMNS:
            raise Refused(
                "too_large",
                f"The table has {width:,} columns; {MAX_COLUMNS:,} is the limit. Delete what stands alone far to the right.",
            )
        self._header = [*self._header, *[None] * (width - len(self._header))]
        self._names = distinct_names([text_of(cell) for cell in self._header], width=width)
        self._names_bytes = sum(len(orjson.dumps(name)) for name in self._names)

    def found(self) -> dict[str, object]:
        """What the upload row keeps."""
        about = Described(self._names, self._header, self._first)
        return describe(self._table, about) | {
            "header_row": self._header_row,
            "skipped_rows": self._skipped_rows,
            "row_count": self.row_count,
        }


def _trimmed(raw: list[Cell]) -> list[Cell]:
    end = len(raw)
    while end and raw[end - 1] is None:
        end -= 1
    return raw[:end]


def _check_header(cells: Sequence[Cell]) -> None:
    for number, cell in enumerate(cells, 1):
        if type(cell) is str and len(cell) > MAX_HEADER_CHARS:
            raise Refused(
                "too_large",
                f"The header of column {number:,} has {len(cell):,} characters; {MAX_HEADER_CHARS:,} is the limit:"
                " shorten it, or put a row with the columns' names above it.",
            )
