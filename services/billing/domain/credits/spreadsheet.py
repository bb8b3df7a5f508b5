"""The ledger as CSV (RFC 4180): nothing that a person wrote is run as a formula by whoever opens it."""

import csv
import io
from collections.abc import Iterable, Sequence

from libs.common.formulas import is_formula_like

Cell = str | int | None


def csv_lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows as UTF-8. Text that a spreadsheet would take for a formula stands behind an apostrophe; numbers stay bare."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_guarded(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _guarded(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and is_formula_like(cell) else cell
