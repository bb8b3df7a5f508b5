"""Which of a table's first rows has the columns' names, when nobody said: titles may stand above it, or there is none."""

import re
from collections.abc import Sequence
from statistics import median_low

LOOKED_AT_ROWS = 60
"""Of those that a table begins with, blank ones included."""
NO_HEADER = 0

_MAIL = re.compile(r"[^\s@,;<>()]+@[^\s@,;<>()]+\.[^\W\d_]{2,}")
_ADDRESS = re.compile(r"(https?://|www\.)\S+\.\S+", re.IGNORECASE)
_CALL = re.compile(r"\+\d[\d\s().\-/]{6,20}")


def find_header(rows: Sequence[Sequence[object]]) -> int:
    """The number of the header, counted from 1, or NO_HEADER when the first row that is no title is already a lead.

    A row is a title when less than half as many cells are filled as is usual below. Blank cells are None. Without a row
    that has anything the answer is NO_HEADER too.
    """
    counts = [sum(cell is not None for cell in row) for row in rows]
    filled = [count for count in counts if count]
    if not filled:
        return NO_HEADER
    usual = median_low(filled)
    index = next(i for i, count in enumerate(counts) if count and not _is_title(rows, counts, index=i, usual=usual))
    return NO_HEADER if any(_is_data(cell) for cell in rows[index]) else index + 1


def _is_title(rows: Sequence[Sequence[object]], counts: Sequence[int], *, index: int, usual: int) -> bool:
    if usual == 2 and counts[index] == 1:
        # Half a row may be a header with a blank in it. Alone in its line, or with a blank row below, it is a title.
        return len(rows[index]) == 1 or (index + 1 < len(counts) and counts[index + 1] == 0)
    return counts[index] * 2 < usual


def _is_data(cell: object) -> bool:
    """What no column is called by: an e-mail address, a web address, a telephone number."""
    if not isinstance(cell, str):
        return False
    text = cell.strip()
    return bool(_MAIL.fullmatch(text) or _ADDRESS.fullmatch(text) or _CALL.fullmatch(text))
