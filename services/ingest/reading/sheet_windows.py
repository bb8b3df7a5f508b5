"""The XML of a large sheet cut into windows of whole rows, each a sheet of its own, so that a library that holds what it
reads never holds more than one of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

WINDOW_BYTES = 16 * 1024 * 1024
_BLOCK_BYTES = 1024 * 1024
_MAX_ROW_BYTES = 8 * 1024 * 1024
_BLANKS_BYTES = 256
"""Between two rows."""
_HEAD = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml\s[^<>]*\?>)?\s*(<(?P<root>(?:[\w.-]+:)?worksheet)[\s>]"
    rb".*?<(?P<prefix>(?:[\w.-]+:)?)sheetData(?:\s[^<>]*)?(?<!/)>)",
    re.DOTALL,
)
_MARKUP = (b"<!", b"<?")
"""Comments, CDATA, instructions: what looks like a row in them is none."""
_ATTRIBUTES = rb"""((?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>"""
_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d{1,10})["']""")


class NotCuttable(Exception):
    """The sheet is not of the plain kind that can be cut: it has to be read as a whole."""


@dataclass(frozen=True)
class _Head:
    """What stands before the rows of a sheet, what has to stand after them, and the prefix of its elements."""

    opening: bytes
    closing: bytes
    prefix: bytes


class SheetCutter:
    """Cuts a sheet in one pass. Rows that state no number get the one they have in the whole sheet."""

    def __init__(self, part: IO[bytes], *, window_bytes: int = WINDOW_BYTES) -> None:
        """Reads the beginning of the part. Raises NotCuttable."""
        self._part = part
        self._window_bytes = window_bytes
        self._block_bytes = min(_BLOCK_BYTES, window_bytes)
        beginning = part.read(_BLOCK_BYTES)
        self._head = head = _head_of(beginning)
        self._ahead, self._rest = beginning[len(head.opening) :], b""
        self._row_name = b"<" + head.prefix + b"row"
        self._row = re.compile(re.escape(self._row_name) + rb"(?=[\s/>])" + _ATTRIBUTES)
        self._between_rows = (b"</" + head.prefix + b"row>", b"/>")
        self._end = b"</" + head.prefix + b"sheetData"
        self._row_number = 0
        self._is_over = False

    def windows(self) -> Iterator[Iterator[bytes]]:
        """Each window as the pieces of its XML, to be taken before the next one is. Raises NotCuttable.

        The last one ends as the sheet does: what is cut off or damaged there is so in the window too.
        """
        while not self._is_over:
            yield self._window()

    def _window(self) -> Iterator[bytes]:
        yield self._head.opening
        if self._row_number:
            # A row without a number stands below the one before it, which this window does not have.
            yield b'%b r="%d"/>' % (self._row_name, self._row_number)
        size = 0
        while size < self._window_bytes:
            piece = self._next_rows()
            yield piece
            if self._is_over:
                yield from iter(self._next_block, b"")
                return
            size += len(piece)
        yield self._head.closing

    def _next_block(self) -> bytes:
        block, self._ahead = self._ahead[: self._block_bytes], self._ahead[self._block_bytes :]
        return block or self._part.read(self._block_bytes)

    def _next_rows(self) -> bytes:
        """Some whole rows; at the end of them all that is left in hand."""
        while True:
            block = self._next_block()
            held = self._rest + block
            end = held.find(self._end)
            rows = held if end < 0 else held[:end]
            # One byte is looked for ten times as fast as two.
            if any(mark[1:] in rows and mark in rows for mark in _MARKUP):
                raise NotCuttable
            self._is_over = end >= 0 or not block
            if self._is_over:
                self._count(rows)
                return held
            last = self._last_row(rows)
            at = last.start() if last else 0
            if at:
                self._rest = rows[at:]
                self._count(rows[:at])
                return rows[:at]
            if len(held) > _MAX_ROW_BYTES:
                raise NotCuttable
            self._rest = held

    def _last_row(self, rows: bytes) -> re.Match[bytes] | None:
        """The start of the last row that has a whole start in there. Raises NotCuttable where no row can start."""
        at = len(rows)
        while (at := rows.rfind(self._row_name, 0, at)) >= 0:
            if row := self._row.match(rows, at):
                before = rows[max(at - _BLANKS_BYTES, 0) : at].rstrip()
                if before and not before.endswith(self._between_rows):
                    raise NotCuttable
                return row
        return None

    def _count(self, rows: bytes) -> None:
        """Goes on counting. Raises NotCuttable where a row does not stand below the one before it."""
        at = rows.find(self._row_name)
        while at >= 0:
            if row := self._row.match(rows, at):
                stated = _NUMBER.search(row[1])
                number = int(stated[1]) if stated else self._row_number + 1
                if number <= self._row_number:
                    raise NotCuttable
                self._row_number = number
            at = rows.find(self._row_name, at + 1)


def _head_of(beginning: bytes) -> _Head:
    head = _HEAD.match(beginning)
    if head is None or any(mark in head[1] for mark in _MARKUP):
        raise NotCuttable
    return _Head(head[0], b"</%bsheetData></%b>" % (head["prefix"], head["root"]), head["prefix"])
