"""The parts of a zipped workbook, looked through once before a library gets them: whole, honest about their size, without
entities. On the way: which cells hold errors, and what each sheet says of its size."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from xml.parsers import expat

from services.ingest.reading.archives import read_part
from services.ingest.reading.refusals import Refused

MAX_ERROR_CELLS = 500_000
MAX_LISTED = 2000
"""Sheets and what belongs to them, in the index of a workbook."""
_BLOCK_BYTES = 1024 * 1024
_OVERLAP_BYTES = 4096
INDEX_BYTES = 4 * 1024 * 1024
WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
_RELATION_ID = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"
_DECLARATION = b"<!"
_FORBIDDEN = (b"<!DOCTYPE", b"<!ENTITY")
_FORBIDDEN_WIDE = tuple(
    word.decode().encode(encoding) for word in _FORBIDDEN for encoding in ("utf-16-le", "utf-16-be")
)
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_ERROR_MARK = b't="e"'
_ERROR_CELL = re.compile(
    rb'<(?:\w+:)?c(?=[^<>]*\st="e")([^<>]*)>\s*'
    rb"(?:<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>))?\s*<(?:\w+:)?v>([^<]*)</"
)
_REFERENCE = re.compile(rb'\sr="([A-Z]{1,3})(\d{1,7})"')
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension\s[^<>]*ref="([A-Z]{1,3})(\d{1,7})(?::([A-Z]{1,3})(\d{1,7}))?"')

CellErrors = dict[tuple[int, int], str]
"""(row, column), both from 0 → "#N/A"."""


@dataclass
class Parts:
    """What was seen in the parts. `is_wide`: some are UTF-16, which calamine takes for empty."""

    is_wide: bool = False
    errors: dict[str, CellErrors] = field(default_factory=dict)


@dataclass(frozen=True)
class SheetPart:
    """Where a sheet is in the archive."""

    name: str
    is_visible: bool


def look_through(archive: zipfile.ZipFile) -> Parts:
    """Reads every part to its end, so that a false size or sum shows. Raises Refused: `unreadable`, `unsafe_xml`."""
    parts = Parts()
    count = 0
    for entry in archive.infolist():
        if PurePosixPath(entry.filename).suffix.lower() not in {".xml", ".rels", ".bin"}:
            continue
        is_sheet = entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml")
        tail, is_wide = b"", False
        for block in _blocks(archive, entry):
            if not tail and not entry.filename.endswith(".bin"):
                is_wide = block.startswith(_WIDE_MARKS) or b"\0" in block[:4]
                parts.is_wide |= is_wide
            window = tail + block
            _refuse_entities(window, is_wide=is_wide)
            if is_sheet and _ERROR_MARK in window:
                errors = parts.errors.setdefault(entry.filename, {})
                count -= len(errors)
                errors.update(_errors_in(window))
                count += len(errors)
                _check_errors(count)
            tail = window[-_OVERLAP_BYTES:]
    return parts


def _refuse_entities(window: bytes, *, is_wide: bool) -> None:
    # One search is enough for nearly every block, and one for a single byte takes a tenth of the time.
    words = _FORBIDDEN_WIDE if is_wide else _FORBIDDEN if b"!" in window and _DECLARATION in window else ()
    if any(word in window for word in words):
        raise Refused(
            "unsafe_xml",
            "The workbook defines entities of its own, as no spreadsheet program does: open it and save it again.",
        )


def _blocks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(entry) as part:
            while block := part.read(_BLOCK_BYTES):
                yield block
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise Refused("unreadable", "The workbook is damaged or was cut off: save it again.") from error


def _errors_in(window: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for attributes, value in _ERROR_CELL.findall(window):
        at = _REFERENCE.search(attributes)
        if at is not None:
            yield (int(at[2]) - 1, column_index(at[1])), value.decode(errors="replace")


def _check_errors(count: int) -> None:
    if count > MAX_ERROR_CELLS:
        raise Refused(
            "too_large", f"More than {MAX_ERROR_CELLS:,} cells hold errors, which is the limit: mend their formulas."
        )


def column_index(letters: bytes) -> int:
    """A → 0, Z → 25, AA → 26."""
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, SheetPart]:
    """Each sheet of an XLSX by its name. Empty when the index of the workbook is not understood."""
    if not {WORKBOOK, RELATIONS} <= set(archive.namelist()):
        return {}
    targets = {at.get("Id"): at.get("Target", "") for at in _elements(archive, RELATIONS, "Relationship")}
    found: dict[str, SheetPart] = {}
    for at in _elements(archive, WORKBOOK, "sheet"):
        target = targets.get(at.get(_RELATION_ID))
        if target and "name" in at:
            name = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            found[at["name"]] = SheetPart(name, is_visible=at.get("state", "visible") == "visible")
    return found


def _elements(archive: zipfile.ZipFile, part: str, name: str) -> list[dict[str, str]]:
    """The attributes of every element of that name. What is broken ends the list: the libraries have the last word on it."""
    found: list[dict[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rsplit(" ", 1)[-1] == name:
            found.append(attributes)
            if len(found) > MAX_LISTED:
                raise Refused("too_large", f"The workbook lists more than {MAX_LISTED:,} sheets, which is the limit.")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    try:
        parser.Parse(read_part(archive, part, max_bytes=INDEX_BYTES), True)
    except expat.ExpatError:
        return found
    return found


def stated_size(archive: zipfile.ZipFile, part: str) -> tuple[int, int] | None:
    """Rows and columns as a sheet states them at its beginning, without reading it."""
    found = _DIMENSION.search(read_part(archive, part, max_bytes=_OVERLAP_BYTES))
    if found is None:
        return None
    left, top, right, bottom = found[1], int(found[2]), found[3] or found[1], int(found[4] or found[2])
    return max(bottom - top + 1, 0), max(column_index(right) - column_index(left) + 1, 0)
