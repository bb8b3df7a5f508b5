"""Cells as CSV text: RFC 4180, UTF-8 without a byte order mark, and nothing that a spreadsheet would run as a formula."""

import math
from collections.abc import Sequence
from pathlib import Path

from libs.common.formulas import is_formula_like
from services.ingest.segments import Cell, text_of

_BUFFER_ROWS = 128


def protected(text: str) -> str:
    """Text that a spreadsheet would take for a formula, behind an apostrophe (OWASP's advice); other text as it is."""
    return f"'{text}" if is_formula_like(text) else text


def csv_text(cell: Cell) -> str:
    """A cell of any type as it stands in the CSV. Numbers are never formulas; their signs stay bare."""
    if isinstance(cell, int | float) and math.isfinite(cell):
        return text_of(cell)
    return protected(text_of(cell))


def field(text: str) -> str:
    """One field, in quotes where it needs them. The csv module looks at each character in turn: eight times slower."""
    if '"' in text:
        text = text.replace('"', '""')
    elif "," not in text and "\n" not in text and "\r" not in text:
        return text
    return f'"{text}"'


def joined(texts: Sequence[str]) -> str:
    """Fields side by side. Where none of them needs quotes, four looks at the whole tell so."""
    text = ",".join(texts)
    if '"' in text or "\n" in text or "\r" in text or text.count(",") >= len(texts):
        return ",".join(map(field, texts))
    return text


class CsvFile:
    """A CSV file being written."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._rows: list[str] = []

    def add(self, row: str) -> None:
        """Write a row, its fields joined already."""
        self._rows.append(row)
        if len(self._rows) == _BUFFER_ROWS:
            self._flush()

    def close(self) -> None:
        """Write what is held."""
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        self._rows.append("")
        self._file.write("\r\n".join(self._rows).encode("utf-8", "replace"))
        self._rows.clear()
