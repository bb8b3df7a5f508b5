"""Reading bytes as a file, and making files to read."""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import openpyxl

from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.reading.child import read_in_process
from services.ingest.reading.segmenter import Segment
from services.ingest.segments import Cell, cell_from_json, decode_row

LIMIT = 1_000_000


@dataclass
class Read:
    """What a file was read as."""

    rows: list[list[Cell]]
    found: dict[str, Any]

    @property
    def names(self) -> list[str]:
        return [column["name"] for column in self.found["columns"]]

    @property
    def header(self) -> list[Cell]:
        return [cell_from_json(column["header"]) for column in self.found["columns"]]


class Reader(Protocol):
    """Reads bytes as a file, under options."""

    def __call__(self, content: bytes, *, max_text_chars: int = LIMIT, **options: Any) -> Read: ...


def rows_of(segment: Segment) -> list[list[Cell]]:
    """The rows of a segment, each chunk unpacked alone."""
    rows: list[list[Cell]] = []
    for place in segment.chunks:
        member = segment.data[place.byte_offset : place.byte_offset + place.byte_length]
        lines = gzip.decompress(member).split(b"\n")
        assert len(lines) == place.row_count
        rows += [decode_row(line) for line in lines]
    return rows


def read_at(path: Path, *, max_text_chars: int = LIMIT, **options: Any) -> Read:
    """Read a file that lies there. Raises Refused."""
    *segments, found = read_in_process(path, max_text_chars=max_text_chars, options=ReadingOptions(**options))
    rows: list[list[Cell]] = []
    for segment in segments:
        assert isinstance(segment, Segment)
        rows += rows_of(segment)
    assert isinstance(found, dict)
    assert found["row_count"] == len(rows)
    return Read(rows, found)


def workbook(*sheets: tuple[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> bytes:
    """An XLSX by openpyxl."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name in hidden:
            sheet.sheet_state = "hidden"
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """A workbook's bytes."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(entries: dict[str, bytes]) -> bytes:
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def changed(archive: bytes, changes: dict[str, bytes | None]) -> bytes:
    """An archive with some entries replaced, added, or (None) left out."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        entries: dict[str, bytes | None] = {name: old.read(name) for name in old.namelist()}
    return zipped({name: content for name, content in (entries | changes).items() if content is not None})


def entry(archive: bytes, name: str) -> bytes:
    """One entry of an archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        return old.read(name)
