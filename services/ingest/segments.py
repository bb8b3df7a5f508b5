"""How rows lie in storage: segments made of chunks, each chunk a gzip member of JSON lines that can be read alone.

A line is one row, a JSON array of cells. Text, integers, floats, booleans and blanks are themselves; other types are
`{tag: text}`. Equal rows give equal bytes, so that reading a file twice writes the same objects twice.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import cast

import orjson

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
