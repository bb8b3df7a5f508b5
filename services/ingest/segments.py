"""How rows lie in storage: segments made of chunks, each chunk a gzip member of JSON lines that can be read alone.

A line is one row, a JSON array of cells. Text, integers, floats, booleans and blanks are themselves; other types are
`{tag: text}`. Equal rows give equal bytes, so that reading a file twice writes the same objects twice.
"""

from __future__ import annotations

import asyncio
import gzip
import math
import zlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, cast

import orjson

from libs.common.errors import Outage

if TYPE_CHECKING:
    from libs.common.storage import Storage

Cell = str | int | float | bool | date | datetime | time | timedelta | None
"""One cell of a sheet, with the type it has there. CSV cells are text; empty cells are None."""

Json = str | int | float | bool | None | dict[str, str]
"""A cell as it lies in JSON."""

MAX_CHUNK_ROWS = 50
MAX_CHUNK_BYTES = 256 * 1024
"""Of the event. Its cells are cut, those in storage are not: they have limits of their own."""
MAX_STORED_BYTES = 1024 * 1024
"""Of a chunk's lines before they are packed, unless a single row has more."""
MAX_ROW_BYTES = 2 * 1024 * 1024
"""Of one line. No chunk unpacks to more."""
SEGMENT_ROWS = 2000
WIRE_CELL_CHARS = 2000
_JSON_INT_LIMIT = 2**63
_LEVEL = 3
_NEAR_BYTES = 64 * 1024
"""To read on over so much is sooner done than to ask once more."""
_READS_AT_ONCE = 8


@dataclass(frozen=True)
class StoredRow:
    """One row. `row_no` counts data rows from 1; `cells` may be shorter than the header."""

    row_no: int
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class ChunkRef:
    """Where a chunk lies: its rows, the segment, and the bytes of its gzip member in it."""

    chunk_no: int
    first_row_no: int
    row_count: int
    segment_key: str
    byte_offset: int
    byte_length: int


class SegmentDamaged(Exception):
    """A segment does not hold what its reference says."""


def cell_to_json(cell: Cell) -> Json:
    """The JSON form of a cell."""
    kind = type(cell)
    if cell is None or kind is str or kind is bool:
        return cast("Json", cell)
    if isinstance(cell, int):
        return cell if -_JSON_INT_LIMIT <= cell < _JSON_INT_LIMIT else {"int": str(cell)}
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else {"float": repr(cell)}
    return _tagged(cell)


def _tagged(cell: Cell) -> Json:
    if isinstance(cell, datetime):
        return {"datetime": cell.isoformat()}
    if isinstance(cell, date):
        return {"date": cell.isoformat()}
    if isinstance(cell, time):
        return {"time": cell.isoformat()}
    assert isinstance(cell, timedelta)
    return {"duration": str(cell // timedelta(microseconds=1))}


def cell_from_json(value: Json) -> Cell:
    """The way back of `cell_to_json`."""
    if not isinstance(value, dict):
        return value
    ((tag, text),) = value.items()
    match tag:
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "datetime":
            return datetime.fromisoformat(text)
        case "date":
            return date.fromisoformat(text)
        case "time":
            return time.fromisoformat(text)
        case "duration":
            return timedelta(microseconds=int(text))
        case _:
            msg = f"a cell has the unknown tag {tag!r}"
            raise SegmentDamaged(msg)


def encode_row(cells: Sequence[Cell]) -> bytes:
    """One row as a line without its newline."""
    return orjson.dumps(
        [cell if type(cell) is str or cell is None else cell_to_json(cell) for cell in cells],
    )


def decode_row(line: bytes) -> list[Cell]:
    """The way back of `encode_row`."""
    return [cell_from_json(value) if type(value) is dict else value for value in orjson.loads(line)]


def encode_chunk(lines: Iterable[bytes]) -> bytes:
    """A gzip member that holds these lines. No clock in it: equal lines give equal bytes."""
    return gzip.compress(b"\n".join(lines), compresslevel=_LEVEL, mtime=0)


def decode_lines(member: bytes, ref: ChunkRef) -> list[bytes]:
    """The lines of a chunk. Raises SegmentDamaged when they are not those the reference counts."""
    try:
        lines = gzip.decompress(member).split(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        msg = f"chunk {ref.chunk_no} of {ref.segment_key} cannot be unpacked: {error}"
        raise SegmentDamaged(msg) from error
    if len(lines) != ref.row_count:
        msg = f"chunk {ref.chunk_no} of {ref.segment_key} has {len(lines)} rows, not {ref.row_count}"
        raise SegmentDamaged(msg)
    return lines


async def read_chunk(storage: Storage, ref: ChunkRef) -> list[StoredRow]:
    """The rows of one chunk, by one ranged read; unpacked beside the event loop. Raises ObjectMissing, SegmentDamaged."""
    member = await _range(storage, ref.segment_key, start=ref.byte_offset, length=ref.byte_length)
    return await asyncio.to_thread(_decode_chunk, member, ref)


def _decode_chunk(member: bytes, ref: ChunkRef) -> list[StoredRow]:
    return _rows(decode_lines(member, ref), ref)


async def _range(storage: Storage, key: str, *, start: int, length: int) -> bytes:
    """Part of a segment. What lies behind its end is refused by a store as if the store were away: it will not come back."""
    try:
        return await storage.get_range(key, start=start, length=length)
    except Outage as error:
        size = await storage.size(key)
        if size < start + length:
            msg = f"{key} has {size} bytes and should have {start + length} at least"
            raise SegmentDamaged(msg) from error
        raise


async def stream_lines(storage: Storage, refs: Iterable[ChunkRef]) -> AsyncIterator[tuple[ChunkRef, list[bytes]]]:
    """The undecoded lines chunk by chunk. Neighbours in a segment are fetched in one read; memory stays at one segment."""
    for run in _runs(refs):
        start, end = run[0].byte_offset, run[-1].byte_offset + run[-1].byte_length
        block = await _range(storage, run[0].segment_key, start=start, length=end - start)
        for ref in run:
            member = block[ref.byte_offset - start : ref.byte_offset - start + ref.byte_length]
            yield ref, await asyncio.to_thread(decode_lines, member, ref)


async def stream_rows(storage: Storage, refs: Iterable[ChunkRef]) -> AsyncIterator[StoredRow]:
    """Every row of these chunks, in their order."""
    async for ref, lines in stream_lines(storage, refs):
        for row in _rows(lines, ref):
            yield row


async def read_rows(storage: Storage, refs: Iterable[ChunkRef], *, row_nos: Collection[int]) -> dict[int, StoredRow]:
    """Single rows of these chunks by their number. Chunks that lie near each other are fetched in one read."""
    free = asyncio.Semaphore(_READS_AT_ONCE)

    async def read(run: list[ChunkRef]) -> list[StoredRow]:
        start, end = run[0].byte_offset, max(ref.byte_offset + ref.byte_length for ref in run)
        async with free:
            block = await _range(storage, run[0].segment_key, start=start, length=end - start)
        members = [block[ref.byte_offset - start : ref.byte_offset - start + ref.byte_length] for ref in run]
        return [row for ref, member in zip(run, members, strict=True) for row in _rows(decode_lines(member, ref), ref)]

    ordered = sorted(refs, key=lambda ref: (ref.segment_key, ref.byte_offset))
    read_runs = await asyncio.gather(*(read(run) for run in _runs(ordered, gap=_NEAR_BYTES)))
    return {row.row_no: row for rows in read_runs for row in rows if row.row_no in row_nos}


def _rows(lines: list[bytes], ref: ChunkRef) -> list[StoredRow]:
    try:
        return [StoredRow(ref.first_row_no + index, decode_row(line)) for index, line in enumerate(lines)]
    except (ValueError, TypeError, AttributeError) as error:
        msg = f"chunk {ref.chunk_no} of {ref.segment_key} holds what is no row: {error}"
        raise SegmentDamaged(msg) from error


def _runs(refs: Iterable[ChunkRef], *, gap: int = 0) -> Iterable[list[ChunkRef]]:
    """Chunks that follow each other in a segment, with at most so many bytes in between."""
    run: list[ChunkRef] = []
    for ref in refs:
        if run and not _follows(ref, run[-1], gap=gap):
            yield run
            run = []
        run.append(ref)
    if run:
        yield run


def _follows(ref: ChunkRef, last: ChunkRef, *, gap: int) -> bool:
    between = ref.byte_offset - (last.byte_offset + last.byte_length)
    return ref.segment_key == last.segment_key and 0 <= between <= gap


def text_of(cell: Cell) -> str:
    """A cell as a person would type it into a text file: dates in ISO form, whole numbers without a point."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, timedelta):
        return _clock(cell)
    return cell.isoformat() if isinstance(cell, (date, time)) else str(cell)


def _clock(span: timedelta) -> str:
    sign, span = ("-", -span) if span < timedelta(0) else ("", span)
    seconds, rest = divmod(span, timedelta(seconds=1))
    fraction = f".{rest.microseconds:06d}" if rest else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


def wire_cells(names: Sequence[str], cells: Sequence[Cell]) -> dict[str, str]:
    """What an event carries of a row: column name → text, blanks left out, cells cut at 2,000 characters."""
    texts = zip(names, cells, strict=False)
    return {name: text_of(cell)[:WIRE_CELL_CHARS] for name, cell in texts if cell is not None}


def header_cells(columns: Sequence[Mapping[str, object]]) -> list[Cell]:
    """The header as it stands in the sheet, from `uploads.columns`."""
    return [cell_from_json(cast("Json", column["header"])) for column in columns]
