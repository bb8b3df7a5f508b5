"""Rows into chunks and segments: at most 50 rows, 256 KiB of event and 1 MiB of lines per chunk (2 MiB if it is one row),
one segment in memory at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from services.ingest.reading.refusals import Refused
from services.ingest.segments import (
    MAX_CHUNK_BYTES,
    MAX_CHUNK_ROWS,
    MAX_ROW_BYTES,
    MAX_STORED_BYTES,
    SEGMENT_ROWS,
    Cell,
    encode_chunk,
    encode_row,
    wire_cells,
)

_ROW_ENVELOPE_BYTES = 32
_CELL_ENVELOPE_BYTES = 4
_CHEAP_ROW_BYTES = MAX_CHUNK_BYTES // MAX_CHUNK_ROWS
_SEGMENT_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class ChunkPlace:
    """One chunk inside a segment."""

    chunk_no: int
    first_row_no: int
    row_count: int
    byte_offset: int
    byte_length: int


@dataclass(frozen=True)
class Segment:
    """A finished segment: its bytes, the chunks in it, and how many rows there are up to its end."""

    data: bytes
    chunks: list[ChunkPlace]
    rows_read: int


class Segmenter:
    """Takes rows one by one; hands out a segment whenever one is full."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._wire_bytes = self._stored_bytes = 0
        self._members = bytearray()
        self._chunks: list[ChunkPlace] = []
        self._segment_rows = 0
        self._chunk_no = 0
        self.rows = 0

    def add(self, cells: Sequence[Cell], *, names: Sequence[str], names_bytes: int) -> Segment | None:
        """Add a row; `names` are what its cells are called in events. Answers a segment when it is full.

        Raises Refused (`too_large`) for a row that is longer than any chunk may be.
        """
        line = encode_row(cells)
        if len(line) > MAX_ROW_BYTES:
            raise Refused(
                "too_large",
                f"Row {self.rows + 1:,} below the header has {len(line):,} bytes; {MAX_ROW_BYTES:,} is the limit of a row:"
                " shorten its longest cell.",
            )
        wire = len(line) + names_bytes + _CELL_ENVELOPE_BYTES * len(cells)
        if wire > _CHEAP_ROW_BYTES:
            wire = len(orjson.dumps(wire_cells(names, cells)))
        wire += _ROW_ENVELOPE_BYTES
        if self._lines and not self._fits(wire=wire, stored=len(line)):
            self._close_chunk()
        full = self._take() if self._segment_rows >= SEGMENT_ROWS or len(self._members) >= _SEGMENT_BYTES else None
        self._lines.append(line)
        self._wire_bytes += wire
        self._stored_bytes += len(line)
        self.rows += 1
        return full

    def _fits(self, *, wire: int, stored: int) -> bool:
        return (
            len(self._lines) < MAX_CHUNK_ROWS
            and self._wire_bytes + wire <= MAX_CHUNK_BYTES
            and self._stored_bytes + stored <= MAX_STORED_BYTES
        )

    def finish(self) -> Segment | None:
        """What is left, if anything."""
        if self._lines:
            self._close_chunk()
        return self._take() if self._chunks else None

    def _close_chunk(self) -> None:
        member = encode_chunk(self._lines)
        count = len(self._lines)
        place = ChunkPlace(self._chunk_no, self.rows - count + 1, count, len(self._members), len(member))
        self._chunks.append(place)
        self._members += member
        self._segment_rows += count
        self._chunk_no += 1
        self._lines, self._wire_bytes, self._stored_bytes = [], 0, 0

    def _take(self) -> Segment | None:
        if not self._chunks:
            return None
        segment = Segment(
            bytes(self._members), self._chunks, self._chunks[-1].first_row_no - 1 + self._chunks[-1].row_count
        )
        self._members, self._chunks, self._segment_rows = bytearray(), [], 0
        return segment
