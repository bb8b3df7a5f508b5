"""The workbook of leads: its rows on as many sheets as they need, then `Failed rows`, then `Summary`."""

import contextlib
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

import orjson

from libs.common.formulas import formula_like
from services.ingest.export.columns import LINE_COLUMN, Columns
from services.ingest.export.workbook import Sheet, Workbook
from services.ingest.segments import Cell, decode_row

FAILED_SHEET, SUMMARY_SHEET = "Failed rows", "Summary"
_WIDE = 60


class LeadBook:
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
