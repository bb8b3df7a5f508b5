"""Cells as CSV text: RFC 4180, UTF-8 without a byte order mark, and nothing that a spreadsheet would run as a formula."""

import re
from collections.abc import Sequence
from pathlib import Path

from services.ingest.segments import Cell, text_of

_SUSPECTS = frozenset("=@\t\r＝＠+-＋－")
# A sign before nothing but digits and a phone number's punctuation is a number and stays as it is.
_FORMULA = re.compile(r"[=@\t\r＝＠]|[+\-＋－](?![\d\s().,/\-]*\Z)")


def protected(text: str) -> str:
    """Text that a spreadsheet would take for a formula, behind an apostrophe (OWASP's advice); other text as it is."""
    return f"'{text}" if text[:1] in _SUSPECTS and _FORMULA.match(text) else text


def field(text: str) -> str:
    """One field, in quotes where it needs them. The csv module looks at each character in turn: eight times slower."""
    if '"' in text:
        text = text.replace('"', '""')
    elif "," not in text and "\n" not in text and "\r" not in text:
        return text
    return f'"{text}"'


class CsvFile:
    """A CSV file being written."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", errors="replace", newline="")

    def add(self, cells: Sequence[Cell]) -> None:
        """Write a row."""
        fields = [field(protected(cell if type(cell) is str else text_of(cell))) for cell in cells]
        self._file.write(",".join(fields) + "\r\n")

    def close(self) -> None:
        """Write what is held."""
        self._file.close()
