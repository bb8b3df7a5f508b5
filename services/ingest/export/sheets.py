"""Where the rows of a sheet go: the workbook and the CSV, those asked for."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from libs.common.formulas import formula_like
from services.ingest.domain.flat_research import flat_cells
from services.ingest.export.columns import Columns
from services.ingest.export.csv_text import CsvFile, csv_text, field, joined
from services.ingest.export.lead_book import LeadBook
from services.ingest.export.workbook import MAX_SHEET_ROWS
from services.ingest.export.xlsx_cells import is_plain, without_markup
from services.ingest.segments import Cell, decode_row

_FAILED = frozenset({"failed", "skipped"})
_COUNTED_ONLY = frozenset({"not_selected", "not_reached"})
"""Reasons that half a sheet may have: the summary counts them, and `Failed rows` does not repeat the sheet."""


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
        self._sheets = None if xlsx is None else LeadBook(xlsx, columns, name=sheet_name, max_rows=max_rows)
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
