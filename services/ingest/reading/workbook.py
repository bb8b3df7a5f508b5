"""A workbook as rows: XLSX, XLSM, XLSB, XLS and ODS by calamine, and by openpyxl the XLSX that calamine cannot open."""

import zipfile
from collections.abc import Generator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

import python_calamine as calamine

from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.reading.archives import kind_of_zip, open_zip
from services.ingest.reading.calamine_rows import calamine_refuses
from services.ingest.reading.calamine_sheets import Sheets, SheetsSeen, Windows
from services.ingest.reading.refusals import Refused
from services.ingest.reading.sheet_windows import WINDOW_BYTES
from services.ingest.reading.sniff import sniff
from services.ingest.reading.table import Kind, Table
from services.ingest.reading.windowed_copy import write_windowed_copy
from services.ingest.reading.workbook_parts import CellErrors, Parts, SheetPart, look_through, sheet_parts
from services.ingest.segments import Cell

MAX_WHOLE_BYTES = 128 * 1024 * 1024
"""Of a sheet that is held as a whole; a larger one is read in windows."""
_SECOND_LOOK_FREE_BYTES = 16 * 1024 * 1024
_SECOND_LOOK_RATIO = 40


def read_workbook(path: Path, options: ReadingOptions, *, sheets_seen: SheetsSeen) -> Table:
    """Open a workbook. Raises Refused: `no_rows`, `encrypted`, `unreadable`, `unsafe_xml`, `too_large`, `option_invalid`.

    `sheets_seen` is told of the sheets before rows are read, and again after them where the size of the chosen one is not
    what it states.
    """
    for name in ("encoding", "delimiter", "quotechar"):
        if getattr(options, name) is not None:
            raise Refused("option_invalid", f"This is a workbook: it has no {name} to choose. Leave it open.")
    if sniff(path) == "xls":
        return _by_calamine(path, "xls", None, options, sheets_seen=sheets_seen)
    with open_zip(path) as archive:
        kind = kind_of_zip(archive)
        assert kind != "archive", "an archive is unpacked before it comes here"
        parts = look_through(archive)
        if kind != "xlsx":
            return _by_calamine(path, kind, archive, options, sheets_seen=sheets_seen)
        return _by_either(path, archive, parts, options, sheets_seen=sheets_seen)


def _by_either(
    path: Path, archive: zipfile.ZipFile, parts: Parts, options: ReadingOptions, *, sheets_seen: SheetsSeen
) -> Table:
    from services.ingest.reading.openpyxl_rows import read_by_openpyxl

    if parts.is_wide:
        return read_by_openpyxl(_named(path, "xlsx"), options, sheets_seen=sheets_seen)
    is_worth_it = _is_worth_a_second_look(path, archive)
    try:
        table = _by_calamine(path, "xlsx", archive, options, sheets_seen=sheets_seen, errors=parts.errors)
        return replace(table, rows=_continued(table, path)) if is_worth_it else table
    except Refused as refusal:
        if refusal.code != "unreadable" or not is_worth_it:
            raise
        try:
            return read_by_openpyxl(_named(path, "xlsx"), options, sheets_seen=sheets_seen)
        except Refused as second:
            # What the better reader says is more to the point, unless only the other one got as far as an answer.
            raise (refusal if second.code == "unreadable" else second) from refusal


def _continued(table: Table, path: Path) -> Generator[list[Cell]]:
    """The rows of a table, and those by the other reader from where calamine meets what it cannot read in a late window."""
    from services.ingest.reading.openpyxl_rows import read_by_openpyxl

    done = 0
    try:
        for row in table.rows:
            yield row
            done += 1
    except Refused as refusal:
        if refusal.code != "unreadable":
            raise
        try:
            options = ReadingOptions(sheet=table.sheet)
            rest = read_by_openpyxl(_named(path, "xlsx"), options, sheets_seen=lambda _: None)
            yield from islice(rest.rows, done, None)
        except Refused as second:
            raise (refusal if second.code == "unreadable" else second) from refusal


def _is_worth_a_second_look(path: Path, archive: zipfile.ZipFile) -> bool:
    """The second reader is slow, and takes much memory for what is made of nothing but repetition: bombs are."""
    unpacked = sum(entry.file_size for entry in archive.infolist())
    return unpacked < _SECOND_LOOK_FREE_BYTES or unpacked < path.stat().st_size * _SECOND_LOOK_RATIO


def _by_calamine(
    path: Path,
    kind: Kind,
    archive: zipfile.ZipFile | None,
    options: ReadingOptions,
    *,
    sheets_seen: SheetsSeen,
    errors: dict[str, CellErrors] | None = None,
) -> Table:
    parts = sheet_parts(archive) if archive is not None and kind == "xlsx" else {}
    with calamine_refuses():
        workbook, windows = _open(path, kind, archive, parts, wanted=options.sheet)
        sheets = Sheets(workbook, archive, parts, windows=windows, sheets_seen=sheets_seen)
        sheet = sheets.choose(options.sheet)
        facts = sheets.facts()
    sheets_seen(facts)
    if sheet is None:
        raise Refused("no_rows", "No visible sheet of the workbook has a row in it.")
    part = parts.get(sheet.name)
    rows = sheet.rows((errors or {}).get(part.name, {}) if part else {})
    return Table(kind=kind, reader="calamine", rows=rows, sheet=sheet.name, sheets=facts)


def _open(
    path: Path, kind: Kind, archive: zipfile.ZipFile | None, parts: Mapping[str, SheetPart], *, wanted: str | None
) -> tuple[calamine.CalamineWorkbook, Windows | None]:
    """The workbook, and the windows of the sheet that is likely to be chosen if it is a large one."""
    likely = wanted if wanted is not None else next((name for name, part in parts.items() if part.is_visible), "")
    part = parts.get(likely)
    if archive is not None and part is not None and _size_bytes(archive, part.name) > MAX_WHOLE_BYTES:
        copy = path.with_name(f"{path.name}.windows.xlsx")
        names = write_windowed_copy(archive, part.name, copy, window_bytes=WINDOW_BYTES)
        if names is not None:
            try:
                return calamine.load_workbook(copy), Windows(of=likely, names=names)
            finally:
                # Once opened it stays readable, and so it leaves nothing behind however the reading ends.
                copy.unlink()
    return calamine.load_workbook(_named(path, kind)), None


def _size_bytes(archive: zipfile.ZipFile, part: str) -> int:
    return sum(entry.file_size for entry in archive.infolist() if entry.filename == part)


def _named(path: Path, kind: Kind) -> Path:
    """The library goes by names where it can; without one it tries every format, and tells of the last one's errors."""
    link = path.with_name(f"{path.name}.{kind}")
    link.unlink(missing_ok=True)
    link.symlink_to(path.name)
    return link
