"""A workbook as rows: the first visible sheet that has any, each cell with its type."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import python_calamine as calamine

from services.ingest.reading.refusals import Refused
from services.ingest.reading.table import Table
from services.ingest.segments import Cell

_EXACT_INTEGERS = 2**53


def read_xlsx(path: Path) -> Table:
    """Open a workbook. Raises Refused (`no_rows`, `wrong_type`, `unreadable`)."""
    try:
        workbook = calamine.load_workbook(path)
        sheet = _first_filled(workbook)
    except calamine.PasswordError as error:
        raise Refused("wrong_type", "The workbook has a password: remove it and save it again.") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise Refused("unreadable", f"The workbook cannot be read ({error}): open it and save it again.") from error
    return Table("xlsx", _rows(sheet), sheet=sheet.name)


def _first_filled(workbook: calamine.CalamineWorkbook) -> calamine.CalamineSheet:
    filled: calamine.CalamineSheet | None = None
    for about in workbook.sheets_metadata:
        if about.visible != calamine.SheetVisibleEnum.Visible or about.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        sheet = workbook.get_sheet_by_name(about.name)
        if sheet.height > 1:
            return sheet
        filled = filled or (sheet if sheet.height else None)
    if filled is None:
        raise Refused("no_rows", "No visible sheet of the workbook has a row in it.")
    return filled


def _rows(sheet: calamine.CalamineSheet) -> Iterator[list[Cell]]:
    # The library leaves out empty columns before the first filled one: they are part of the sheet.
    margin: list[Cell] = [None] * (sheet.start[1] if sheet.start else 0)
    for row in sheet.iter_rows():
        yield [*margin, *(_cell(value) for value in row)]


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        return value.replace("\0", "") or None
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_INTEGERS:
        return int(value)
    assert isinstance(value, Cell | timedelta)
    return value
