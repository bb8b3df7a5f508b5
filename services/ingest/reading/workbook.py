"""A workbook as rows: XLSX, XLSM, XLSB, XLS and ODS by calamine, and by openpyxl the XLSX that calamine cannot open."""

import zipfile
from collections.abc import Callable, Generator, Sequence
from datetime import timedelta
from pathlib import Path

import python_calamine as calamine

from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.reading.archives import kind_of_zip, open_zip
from services.ingest.reading.refusals import Refused
from services.ingest.reading.sniff import sniff
from services.ingest.reading.table import Kind, SheetFacts, Table
from services.ingest.reading.workbook_parts import CellErrors, Parts, look_through, sheet_parts, stated_size
from services.ingest.segments import Cell

MAX_SHEETS = 1000
MAX_COUNTED_BYTES = 4 * 1024 * 1024
"""Of a sheet that is read just to count its rows, and four times that of all of them."""
_SECOND_LOOK_FREE_BYTES = 16 * 1024 * 1024
_SECOND_LOOK_RATIO = 40
_EXACT_INTEGERS = 2**53
_UNREADABLE = (calamine.CalamineError, OSError, ValueError)

SheetsSeen = Callable[[list[SheetFacts]], None]


def read_workbook(path: Path, options: ReadingOptions, *, sheets_seen: SheetsSeen) -> Table:
    """Open a workbook. Raises Refused: `no_rows`, `encrypted`, `unreadable`, `unsafe_xml`, `too_large`, `option_invalid`."""
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
    try:
        return _by_calamine(path, "xlsx", archive, options, sheets_seen=sheets_seen, errors=parts.errors)
    except Refused as refusal:
        if refusal.code != "unreadable" or not _is_worth_a_second_look(path, archive):
            raise
        try:
            return read_by_openpyxl(_named(path, "xlsx"), options, sheets_seen=sheets_seen)
        except Refused as second:
            # What the better reader says is more to the point, unless only the other one got as far as an answer.
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
    names = sheet_parts(archive) if archive is not None and kind == "xlsx" else {}
    try:
        workbook = calamine.load_workbook(_named(path, kind))
        sheets = _Sheets(workbook, archive, names)
        sheet = sheets.choose(options.sheet)
        facts = sheets.facts()
    except calamine.PasswordError as error:
        raise Refused("encrypted", "The workbook has a password: remove it and save it again.") from error
    except _UNREADABLE as error:
        if "limit exceeded" in str(error):
            raise Refused("too_large", f"The sheet is too large ({error}): delete what stands far from it.") from error
        raise Refused("unreadable", f"The workbook cannot be read ({error}): open it and save it again.") from error
    except BaseException as error:
        # What the library did not foresee it throws as no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise Refused("unreadable", f"The workbook is damaged ({error}): open it and save it again.") from error
    sheets_seen(facts)
    if sheet is None:
        raise Refused("no_rows", "No visible sheet of the workbook has a row in it.")
    rows = _rows(sheet, (errors or {}).get(names.get(sheet.name, ""), {}))
    return Table(kind=kind, reader="calamine", rows=rows, sheet=sheet.name, sheets=facts)


def _named(path: Path, kind: Kind) -> Path:
    """The library goes by names where it can; without one it tries every format, and tells of the last one's errors."""
    link = path.with_name(f"{path.name}.{kind}")
    link.unlink(missing_ok=True)
    link.symlink_to(path.name)
    return link


class _Sheets:
    """The worksheets of a workbook, each read once at most, and only the chosen one kept."""

    def __init__(
        self, workbook: calamine.CalamineWorkbook, archive: zipfile.ZipFile | None, parts: dict[str, str]
    ) -> None:
        self._workbook, self._archive, self._parts = workbook, archive, parts
        self._about = [about for about in workbook.sheets_metadata if about.typ == calamine.SheetTypeEnum.WorkSheet]
        self._sizes: dict[str, tuple[int | None, int | None]] = {}
        if len(self._about) > MAX_SHEETS:
            raise Refused("too_large", f"The workbook has {len(self._about):,} sheets; {MAX_SHEETS:,} is the limit.")

    def choose(self, wanted: str | None) -> calamine.CalamineSheet | None:
        """The wanted sheet, or the first visible one with more than a header, or with that."""
        if wanted is not None:
            return self._read(wanted) if any(about.name == wanted for about in self._about) else _unknown(wanted)
        filled: calamine.CalamineSheet | None = None
        for about in self._about:
            if _is_visible(about):
                sheet = self._read(about.name)
                if sheet.height > 1:
                    return sheet
                filled = filled or (sheet if sheet.height else None)
        return filled

    def _read(self, name: str) -> calamine.CalamineSheet:
        sheet = self._workbook.get_sheet_by_name(name)
        self._sizes[name] = sheet.height, sheet.width
        return sheet

    def facts(self) -> list[SheetFacts]:
        """Every sheet with its size. A small one is read for it; a large one is believed, or its size is not known."""
        budget = 4 * MAX_COUNTED_BYTES
        for about in self._about:
            if about.name not in self._sizes:
                weight = self._weight(about.name)
                if weight <= min(budget, MAX_COUNTED_BYTES):
                    budget -= weight
                    self._read(about.name)
                else:
                    self._sizes[about.name] = self._stated(about.name) or (None, None)
        return [SheetFacts(about.name, *self._sizes[about.name], _is_visible(about)) for about in self._about]

    def _weight(self, name: str) -> int:
        """How many bytes reading it would take: the whole file's where nothing finer is known."""
        if self._archive is None:
            return 0
        part = self._parts.get(name)
        sheets = [e for e in self._archive.infolist() if e.filename == part or (not part and "sheet" in e.filename)]
        return sum(entry.file_size for entry in sheets)

    def _stated(self, name: str) -> tuple[int, int] | None:
        part = self._parts.get(name)
        return stated_size(self._archive, part) if self._archive is not None and part else None


def _unknown(wanted: str) -> None:
    raise Refused("option_invalid", f"There is no sheet {wanted!r} in the workbook: choose another.")


def _is_visible(about: calamine.SheetMetadata) -> bool:
    return about.visible == calamine.SheetVisibleEnum.Visible


def _rows(sheet: calamine.CalamineSheet, errors: CellErrors) -> Generator[list[Cell]]:
    # The library leaves out empty columns before the first filled one: they are part of the sheet.
    margin: list[Cell] = [None] * (sheet.start[1] if sheet.start else 0)
    by_row: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in errors.items():
        by_row.setdefault(row, []).append((column, text))
    for number, row in enumerate(sheet.iter_rows()):
        cells = [*margin, *map(_cell, row)]
        if number in by_row:
            _put_errors(cells, by_row[number])
        yield cells


def _put_errors(cells: list[Cell], errors: Sequence[tuple[int, str]]) -> None:
    for column, text in errors:
        if column < len(cells) and cells[column] is None:
            cells[column] = text


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        return value.replace("\0", "") or None
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_INTEGERS:
        return int(value)
    assert isinstance(value, Cell | timedelta)
    return value
