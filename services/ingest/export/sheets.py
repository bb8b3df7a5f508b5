"""Where the rows of a sheet go: its own sheet (or sheets, past Excel's limit), the CSV, `Failed rows` and `Summary`."""

import contextlib
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from services.ingest.domain.flat_research import FLAT_COLUMNS, flat_cells
from services.ingest.export.csv_text import CsvFile, csv_text, field, joined
from services.ingest.export.formulas import formula_like
from services.ingest.export.workbook import MAX_SHEET_ROWS, Sheet, Workbook
from services.ingest.export.xlsx_cells import is_plain, without_markup
from services.ingest.segments import Cell, decode_row

RESEARCH_COLUMN = "sif_research"
LINE_COLUMN = "sif_personalized"
FAILED_SHEET, SUMMARY_SHEET = "Failed rows", "Summary"
_FAILED = frozenset({"failed", "skipped"})
_COUNTED_ONLY = frozenset({"not_selected", "not_reached"})
"""Reasons that half a sheet may have: the summary counts them, and `Failed rows` does not repeat the sheet."""
_WIDE = 60


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


class ExportFiles:
    """The files of one sheet, those asked for. `add` takes the rows in their order; `close` answers what was written."""

    def __init__(
        self,
        columns: Columns,
        *,
        sheet_name: str,
        xlsx: Path | None,
        csv_file: Path | None,
        max_rows: int = MAX_SHEET_ROWS,
    ) -> None:
        self._columns = columns
        self._width = len(columns.own)
        self._csv = None if csv_file is None else CsvFile(csv_file)
        self._sheets = None if xlsx is None else _Sheets(xlsx, columns, name=sheet_name, max_rows=max_rows)
        if self._csv is not None:
            self._csv.add(joined([csv_text(cell) for cell in columns.header]))
        self.rows = self.rows_failed = 0

    def add(self, line: bytes, research: bytes, outcome: bytes) -> None:
        """Write one row: its own cells as they are stored, then the new ones.

        `research` is JSON or empty, `outcome` a line `[status, reason, personalized, *extras]` of cells as they are stored.
        """
        self.rows += 1
        cells: list[Cell] = _cells(line)
        status, reason, *found = _cells(outcome)
        between = [*[None] * self._missing(cells), research.decode() or None]
        if self._columns.flat:
            known = orjson.loads(research) if research else None
            between += flat_cells(status=status, reason=reason, research=known)
        row = [*cells, *between, *found]
        formulas = formula_like(row)
        if self._sheets is not None:
            self._sheets.add(row, ready=self._ready(row, line, outcome), formulas=formulas)
        if self._csv is not None:
            self._csv.add(self._csv_row(row, formulas))
        if status in _FAILED and reason not in _COUNTED_ONLY:
            self.rows_failed += 1
            if self._sheets is not None:
                self._sheets.note_failed(self.rows, line, status=status, reason=reason)

    def close(self, summary: Iterable[Sequence[Cell]]) -> dict[str, object]:
        """Finish the files, the `Summary` with them; answers rows, rows_failed, sheets and cells_cut."""
        names, cells_cut = list[str](), 0
        if self._sheets is not None:
            names, cells_cut = self._sheets.close(summary)
        if self._csv is not None:
            self._csv.close()
        return {"rows": self.rows, "rows_failed": self.rows_failed, "sheets": names, "cells_cut": cells_cut}

    def _ready(self, row: list[Cell], line: bytes, outcome: bytes) -> list[Cell] | None:
        """The row with its texts as they stand in XML; None when each of its cells needs a look."""
        # Text is searched four times as fast as bytes.
        own, new = line.decode(), outcome.decode()
        if self._columns.flat or not is_plain(own + new):
            return None
        ready = row.copy()
        if (marked := without_markup(own)) is not own:
            cells = _cells(marked.encode())
            ready[: len(cells)] = cells
        if (marked := without_markup(new)) is not new:
            ready[self._width + 1 :] = _cells(marked.encode())[2:]
        return ready

    def _missing(self, cells: Sequence[Cell]) -> int:
        if len(cells) > self._width:
            msg = f"row {self.rows} has {len(cells)} cells under {self._width} columns"
            raise ValueError(msg)
        return self._width - len(cells)

    def _csv_row(self, row: Sequence[Cell], formulas: Sequence[int]) -> str:
        """The research stands in quotes always, so that nobody need look for commas in it."""
        texts = [cell if type(cell) is str else csv_text(cell) for cell in row]
        for index in formulas:
            texts[index] = f"'{texts[index]}"
        research = texts[self._width]
        own, new = joined(texts[: self._width]), joined(texts[self._width + 1 :])
        return f"{own},{field(research)},{new}"


def _cells(line: bytes) -> list[Any]:
    """The cells of a stored line; where no cell has a tag, JSON's own."""
    return decode_row(line) if b"{" in line else orjson.loads(line)


class _Sheets:
    """The workbook: the rows on as many sheets as they need, then those that failed, then the summary."""

    def __init__(self, path: Path, columns: Columns, *, name: str, max_rows: int) -> None:
        self._columns = columns
        self._name = name
        self._max_rows = max_rows
        self._book = Workbook(path)
        self._open = contextlib.ExitStack()
        self._cells_cut = 0
        self._failed: IO[bytes] = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115 - closed in close()
        self._sheet = self._begin_rows()

    def add(self, row: Sequence[Cell], *, ready: list[Cell] | None, formulas: tuple[int, ...]) -> None:
        if self._sheet.row_count >= self._max_rows:
            self._end()
            self._sheet = self._begin_rows()
        self._sheet.add(row, ready=ready, formulas=formulas)

    def note_failed(self, row_no: int, line: bytes, *, status: str, reason: str | None) -> None:
        """Keep a row for the sheet that follows."""
        about = orjson.dumps([row_no, status, reason])[:-1]
        self._failed.write(b"%b,%b\n" % (about, line.strip()[1:]) if line.strip() != b"[]" else about + b"]\n")

    def close(self, summary: Iterable[Sequence[Cell]]) -> tuple[list[str], int]:
        self._end()
        rows_on = list(self._book.sheet_names)
        self._write_failed()
        self._write_summary(summary, rows_on)
        self._failed.close()
        self._book.close()
        return self._book.sheet_names, self._cells_cut

    def _begin_rows(self) -> Sheet:
        research = len(self._columns.own)
        line = self._columns.header.index(LINE_COLUMN, research)
        return self._begin(
            self._name, self._columns.header, widths={research: _WIDE, line: _WIDE}, json_column=research
        )

    def _begin(
        self, name: str, header: Sequence[Cell], *, widths: dict[int, int], json_column: int | None = None
    ) -> Sheet:
        sheet = self._open.enter_context(self._book.sheet(name, widths=widths, json_column=json_column))
        sheet.add(header, formulas=formula_like(header), bold=True)
        return sheet

    def _end(self) -> None:
        self._open.close()
        self._cells_cut += self._sheet.cells_cut

    def _write_failed(self) -> None:
        self._failed.seek(0)
        header: list[Cell] = ["Row", "Status", "Reason", *self._columns.own]
        begun = False
        for line in self._failed:
            if not begun or self._sheet.row_count >= self._max_rows:
                if begun:
                    self._end()
                self._sheet, begun = self._begin(FAILED_SHEET, header, widths={2: _WIDE}), True
            cells = decode_row(line)
            self._sheet.add(cells, formulas=formula_like(cells))
        if begun:
            self._end()

    def _write_summary(self, summary: Iterable[Sequence[Cell]], rows_on: Sequence[str]) -> None:
        header, *rest = [*summary, *self._about_itself(rows_on)]
        self._sheet = self._begin(SUMMARY_SHEET, header, widths={0: 32, 1: _WIDE})
        for row in rest:
            self._sheet.add(row, formulas=formula_like(row))
        self._open.close()

    def _about_itself(self, rows_on: Sequence[str]) -> list[list[Cell]]:
        """What only the writing tells: which sheets the rows are on, and what did not fit into a cell."""
        cut: list[Cell] = ["Cells cut to what a cell can hold", self._cells_cut]
        if self._cells_cut:
            cut.append("Each says so at its end; the CSV has them whole.")
        if len(rows_on) == 1:
            return [cut, ["Rows are on the sheet", rows_on[0]]]
        split = (
            f"More rows than a sheet holds ({self._max_rows:,} with its header): they go on in order over these sheets."
        )
        return [cut, ["Rows are split over sheets", len(rows_on), split], *(["", name] for name in rows_on)]
