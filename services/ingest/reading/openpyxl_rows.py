"""The second reader of XLSX: slower, but it opens workbooks that calamine refuses. It reads a sheet row by row."""

import contextlib
import traceback
import zipfile
from collections.abc import Callable, Generator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.reading.deadline import OutOfTime, cpu_deadline
from services.ingest.reading.refusals import Refused
from services.ingest.reading.table import SheetFacts, Table
from services.ingest.segments import Cell

_OPEN_CPU_S = 2.0
_OPEN_CPU_S_PER_BYTE = 0.4e-6
"""For opening it: its styles and shared strings are read then."""
_PEEKED_ROWS = 100
_UNREADABLE = (
    zipfile.BadZipFile,
    ParseError,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
)
"""What the library raises on a workbook that is not as it expects: it does not tell that from its own faults."""

SheetsSeen = Callable[[list[SheetFacts]], None]


def read_by_openpyxl(path: Path, options: ReadingOptions, *, sheets_seen: SheetsSeen) -> Table:
    """Open a workbook whose name ends in .xlsx. Raises Refused: `no_rows`, `unreadable`, `too_large`, `option_invalid`."""
    import openpyxl

    limit = _OPEN_CPU_S + _OPEN_CPU_S_PER_BYTE * path.stat().st_size
    try:
        with cpu_deadline(limit), contextlib.ExitStack() as failed:
            book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
            failed.callback(book.close)
            sheets: list[Any] = list(book.worksheets)
            facts = [_facts(sheet) for sheet in sheets]
            chosen = _choose(sheets, options.sheet)
            failed.pop_all()
    except OutOfTime as error:
        raise Refused("too_large", f"Opening the workbook takes more than {limit:.0f} seconds, the limit.") from error
    except _UNREADABLE as error:
        # The library leaves the file open in frames that the error keeps.
        traceback.clear_frames(error.__traceback__)
        raise _unreadable(error) from error
    sheets_seen(facts)
    if chosen is None:
        raise Refused("no_rows", "No visible sheet of the workbook has a row in it.")
    return Table(kind="xlsx", reader="openpyxl", rows=_all_rows(book, chosen), sheet=chosen.title, sheets=facts)


def _choose(sheets: list[Any], wanted: str | None) -> Any:
    if wanted is not None:
        for sheet in sheets:
            if sheet.title == wanted:
                return sheet
        raise Refused("option_invalid", f"There is no sheet {wanted!r} in the workbook: choose another.")
    visible = (sheet for sheet in sheets if sheet.sheet_state == "visible")
    return next((sheet for sheet in visible if any(any(row) for row in islice(_rows(sheet), _PEEKED_ROWS))), None)


def _facts(sheet: Any) -> SheetFacts:
    rows, columns = sheet.max_row, sheet.max_column
    return SheetFacts(sheet.title, rows, columns, sheet.sheet_state == "visible")


def _all_rows(book: Any, sheet: Any) -> Generator[list[Cell]]:
    with contextlib.closing(book):
        yield from _rows(sheet)


def _rows(sheet: Any) -> Generator[list[Cell]]:
    # What the sheet says of its own size is not believed: rows would be cut to it.
    sheet.reset_dimensions()
    try:
        for row in sheet.iter_rows(values_only=True):
            yield [_cell(value) for value in row]
    except _UNREADABLE as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> Refused:
    reason = f"{type(error).__name__}: {error}"[:200]
    return Refused("unreadable", f"The workbook cannot be read ({reason}): open it and save it again.")


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        return value.replace("\0", "") or None
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    if value is None or isinstance(value, (bool, int, float, datetime, date, time, timedelta)):
        return value
    return str(value)
