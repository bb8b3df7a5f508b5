"""Where the rows of a finished job go: the sheet (or sheets, past Excel's limit), the CSV, and `Failed rows`."""

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from services.ingest.export.csv_text import CsvFile
from services.ingest.export.workbook import MAX_SHEET_ROWS, Sheet, Workbook
from services.ingest.segments import Cell, decode_row, encode_row

RESEARCH_COLUMN = "sif_research"
LINE_COLUMN = "sif_personalized"
FAILED_SHEET = "Failed rows"
_FAILED = frozenset({"failed", "skipped"})
_WIDE = 60


class ExportFiles:
    """The two files of one job. `add` takes the rows in their order; `close` answers what was written."""

    def __init__(
        self, *, header: Sequence[Cell], sheet_name: str, xlsx: Path, csv_file: Path, max_rows: int = MAX_SHEET_ROWS
    ) -> None:
        self._own = list(header)
        self._header: list[Cell] = [*header, RESEARCH_COLUMN, LINE_COLUMN]
        self._sheet_name = sheet_name
        self._max_rows = max_rows
        self._workbook = Workbook(xlsx)
        self._csv = CsvFile(csv_file)
        self._csv.add(self._header)
        self._open = contextlib.ExitStack()
        self._sheet: Sheet | None = None
        self._begin_sheet(self._sheet_name, self._header, wide=len(self._own))
        self._failed: IO[bytes] = tempfile.TemporaryFile(dir=xlsx.parent)  # noqa: SIM115 - closed in close()
        self.rows = self.rows_failed = self._cells_cut = 0

    def add(
        self, cells: Sequence[Cell], *, research: str | None, line: str | None, status: str, reason: str | None
    ) -> None:
        """Write one row: its own cells as they are, then the two new ones."""
        self.rows += 1
        blanks: list[Cell] = [None] * (len(self._own) - len(cells))
        row = [*cells, *blanks, research, line]
        self._current().add(row)
        self._csv.add(row)
        if status in _FAILED:
            self.rows_failed += 1
            self._failed.write(encode_row([self.rows, status, reason, *cells]) + b"\n")

    def close(self) -> dict[str, object]:
        """Finish both files; answers rows, rows_failed, sheets and cells_cut."""
        self._end_sheet()
        if self.rows_failed:
            self._write_failed()
        self._failed.close()
        self._workbook.close()
        self._csv.close()
        return {
            "rows": self.rows,
            "rows_failed": self.rows_failed,
            "sheets": self._workbook.sheet_names,
            "cells_cut": self._cells_cut,
        }

    def _current(self) -> Sheet:
        if self._sheet is not None and self._sheet.row_count < self._max_rows:
            return self._sheet
        self._end_sheet()
        return self._begin_sheet(self._sheet_name, self._header, wide=len(self._own))

    def _begin_sheet(self, name: str, header: Sequence[Cell], *, wide: int) -> Sheet:
        self._sheet = self._open.enter_context(self._workbook.sheet(name, widths={wide: _WIDE, wide + 1: _WIDE}))
        self._sheet.add(header)
        return self._sheet

    def _end_sheet(self) -> None:
        self._open.close()
        if self._sheet is not None:
            self._cells_cut += self._sheet.cells_cut
        self._sheet = None

    def _write_failed(self) -> None:
        self._failed.seek(0)
        header: list[Cell] = ["Row", "Status", "Reason", *self._own]
        for line in self._failed:
            if self._sheet is None or self._sheet.row_count >= self._max_rows:
                self._end_sheet()
                self._begin_sheet(FAILED_SHEET, header, wide=2)
            assert self._sheet is not None
            self._sheet.add(decode_row(line))
        self._end_sheet()
