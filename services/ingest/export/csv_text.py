"""Cells as CSV text: RFC 4180, UTF-8 without a byte order mark, and nothing that a spreadsheet would run as a formula."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from services.ingest.segments import Cell, text_of

# A sign before nothing but digits and a phone number's punctuation is a number and stays as it is.
_FORMULA = re.compile(r"[=@\t\r＝＠]|[+\-＋－](?![\d\s().,/\-]*\Z)")


def protected(text: str) -> str:
    """Text that a spreadsheet would take for a formula, behind an apostrophe (OWASP's advice); other text as it is."""
    return f"'{text}" if text and _FORMULA.match(text) else text


class CsvFile:
    """A CSV file being written."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8", errors="replace", newline="")
        self._writer = csv.writer(self._file)

    def add(self, cells: Sequence[Cell]) -> None:
        """Write a row."""
        self._writer.writerow([protected(cell if type(cell) is str else text_of(cell)) for cell in cells])

    def close(self) -> None:
        """Write what is held."""
        self._file.close()
