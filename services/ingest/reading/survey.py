"""One pass over a table: header, rows into segments, sample, types, suggested roles. Memory does not grow with the rows."""

from collections.abc import Iterator, Sequence

import orjson

from services.ingest.domain.columns import ColumnType, column_type, distinct_names
from services.ingest.domain.mapping import ColumnFacts, suggest_mapping
from services.ingest.reading.refusals import Refused
from services.ingest.reading.segmenter import Segment, Segmenter
from services.ingest.reading.table import Table
from services.ingest.segments import Cell, cell_to_json, text_of

MAX_COLUMNS = 1000
MAX_HEADER_CHARS = 2000
"""Of one column. The header is loaded whole with every upload and every merge."""
SAMPLE_ROWS = 10
SAMPLE_CELL_CHARS = 500
_FACT_ROWS = 500


class Survey:
    """Reads a table to its end. `segments()` must be exhausted before `found()` is asked."""

    def __init__(self, table: Table, *, max_text_chars: int) -> None:
        self._table = table
        self._max_text_chars = max_text_chars
        self._text_chars = 0
        self._header: list[Cell] = []
        self._header_row = 0
        self._names: list[str] = []
        self._names_bytes = 0
        self._first: list[list[Cell]] = []
        self._segmenter = Segmenter()

    @property
    def row_count(self) -> int:
        """Rows so far, blank ones between others included."""
        return self._segmenter.rows

    def segments(self) -> Iterator[Segment]:
        """Every row in segments. Raises Refused: `no_rows`, `too_large`."""
        rows = iter(self._table.rows)
        self._take_header(rows)
        blank = 0
        for raw in rows:
            cells = self._checked(raw)
            if not cells:
                blank += 1
                continue
            for _ in range(blank):
                yield from self._add([])
            blank = 0
            yield from self._add(cells)
        if not self.row_count:
            raise Refused("no_rows", "There is a header and no row below it.")
        if last := self._segmenter.finish():
            yield last

    def _take_header(self, rows: Iterator[list[Cell]]) -> None:
        for number, raw in enumerate(rows, 1):
            if self._checked(raw):
                _check_header(raw)
                self._header, self._header_row = raw, number
                self._widen(len(raw))
                return
        raise Refused("no_rows", "There is nothing but blanks in the file.")

    def _add(self, cells: list[Cell]) -> Iterator[Segment]:
        if len(cells) > len(self._names):
            self._widen(len(cells))
        if len(self._first) < _FACT_ROWS:
            self._first.append(cells)
        full = self._segmenter.add(cells, names=self._names, names_bytes=self._names_bytes)
        if full is not None:
            yield full

    def _checked(self, raw: list[Cell]) -> list[Cell]:
        """The row without blanks at its end. Counts its text against the limit, whatever the archive's size was."""
        end = len(raw)
        while end and raw[end - 1] is None:
            end -= 1
        self._text_chars += sum(len(cell) for cell in raw if type(cell) is str)
        if self._text_chars > self._max_text_chars:
            raise Refused(
                "too_large", f"The cells hold more than {self._max_text_chars:,} characters, which is the limit."
            )
        return raw[:end]

    def _widen(self, width: int) -> None:
        if width > MAX_COLUMNS:
            raise Refused("too_large", f"The table has {width:,} columns; {MAX_COLUMNS:,} is the limit.")
        self._header += [None] * (width - len(self._header))
        self._names = distinct_names([text_of(cell) for cell in self._header], width=width)
        self._names_bytes = sum(len(orjson.dumps(name)) for name in self._names)

    def found(self) -> dict[str, object]:
        """What the upload row keeps."""
        table = self._table
        values = [[_at(row, index) for row in self._first] for index in range(len(self._names))]
        types: list[ColumnType] = [column_type(column) for column in values]
        facts = [
            ColumnFacts(name, kind, [text_of(cell) for cell in column if cell is not None])
            for name, kind, column in zip(self._names, types, values, strict=True)
        ]
        return {
            "kind": table.kind,
            "encoding": table.encoding,
            "delimiter": table.delimiter,
            "sheet": table.sheet,
            "header_row": self._header_row,
            "columns": [
                {"index": index, "name": name, "header": cell_to_json(self._header[index]), "type": types[index]}
                for index, name in enumerate(self._names)
            ],
            "sample": [self._shown(row) for row in self._first[:SAMPLE_ROWS]],
            "mapping": suggest_mapping(facts),
            "row_count": self.row_count,
        }

    def _shown(self, row: Sequence[Cell]) -> list[object]:
        return [_shown(_at(row, index)) for index in range(len(self._names))]


def _check_header(cells: Sequence[Cell]) -> None:
    for number, cell in enumerate(cells, 1):
        if type(cell) is str and len(cell) > MAX_HEADER_CHARS:
            raise Refused(
                "too_large",
                f"The header of column {number:,} has {len(cell):,} characters; {MAX_HEADER_CHARS:,} is the limit:"
                " shorten it, or put a row with the columns' names above it.",
            )


def _at(row: Sequence[Cell], index: int) -> Cell:
    return row[index] if index < len(row) else None


def _shown(cell: Cell) -> object:
    if cell is None or isinstance(cell, (bool, int, float)):
        return cell if not isinstance(cell, (int, float)) or abs(cell) < 2**53 else text_of(cell)
    return text_of(cell)[:SAMPLE_CELL_CHARS]
