"""A sheet's rows by calamine: of a sheet that is held as a whole, and of one that is read window by window."""

import contextlib
from collections.abc import Callable, Generator, Iterable, Sequence
from datetime import timedelta
from typing import Protocol

import python_calamine as calamine

from services.ingest.reading.refusals import Refused
from services.ingest.reading.workbook_parts import CellErrors
from services.ingest.segments import Cell

_EXACT_INTEGERS = 2**53
_UNREADABLE = (calamine.CalamineError, OSError, ValueError)

Size = tuple[int, int]
"""Rows and columns of the area that has anything in it."""
_ByRow = dict[int, list[tuple[int, str]]]


class Sheet(Protocol):
    """A sheet that can be chosen."""

    name: str

    @property
    def size(self) -> Size | None:
        """What it is, or states to be; None when it states nothing."""
        ...

    def reaches(self, rows: int) -> bool:
        """Whether it has so many rows."""
        ...

    def rows(self, errors: CellErrors) -> Generator[list[Cell]]:
        """Every row from the first of the sheet on, blank ones included. Raises Refused (`unreadable`, `too_large`)."""
        ...


@contextlib.contextmanager
def calamine_refuses() -> Generator[None]:
    """What the library raises, as Refused: `encrypted`, `too_large`, `unreadable`."""
    try:
        yield
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


class WholeSheet:
    """A sheet that is held as a whole."""

    def __init__(self, sheet: calamine.CalamineSheet) -> None:
        self.name, self._sheet = sheet.name, sheet

    @property
    def size(self) -> Size:
        """What it is."""
        return self._sheet.height, self._sheet.width

    def reaches(self, rows: int) -> bool:
        """Whether it has so many rows."""
        return self._sheet.height >= rows

    def rows(self, errors: CellErrors) -> Generator[list[Cell]]:
        """Every row from the first of the sheet on, blank ones included."""
        yield from _cells(self._sheet, self._sheet.iter_rows(), first=0, errors=_by_row(errors))


class SheetInWindows:
    """A large sheet of which one window at a time is held. `size` is what it states, until all rows are read."""

    def __init__(
        self,
        name: str,
        windows: Sequence[str],
        *,
        workbook: calamine.CalamineWorkbook,
        size: Size | None,
        size_found: Callable[[Size], None],
    ) -> None:
        """`size_found` is told what its size is, once all rows are read, if that is not what it states."""
        self.name = name
        self.size: Size | None = size
        self._windows, self._workbook, self._size_found = windows, workbook, size_found
        self._first: calamine.CalamineSheet | None = None

    def reaches(self, rows: int) -> bool:
        """Whether it has so many rows: reads as many windows as it takes to tell, mostly the first."""
        area = _Area()
        for number in range(len(self._windows)):
            window = self._window(number)
            if window.start is not None and window.end is not None:
                area.add(window.start, window.end)
                if area.size[0] >= rows:
                    return True
        self.size = area.size
        return False

    def rows(self, errors: CellErrors) -> Generator[list[Cell]]:
        """Every row from the first of the sheet on, blank ones included. Raises Refused: `unreadable`, `too_large`."""
        by_row = _by_row(errors)
        done, area = 0, _Area()
        for number in range(len(self._windows)):
            with calamine_refuses():
                window = self._window(number)
                self._first = None
                lines = window.to_python(skip_empty_area=True)
            if window.start is None or window.end is None:
                continue
            top = window.start[0]
            if top < done:
                detail = f"Rows of the sheet {self.name!r} are not in their order: open the workbook and save it again."
                raise Refused("unreadable", detail)
            for _ in range(top - done):
                yield []
            yield from _cells(window, lines, first=top, errors=by_row)
            done = top + len(lines)
            area.add(window.start, window.end)
        if area.size != self.size:
            self.size = area.size
            self._size_found(area.size)

    def _window(self, number: int) -> calamine.CalamineSheet:
        if number == 0 and self._first is not None:
            return self._first
        window = self._workbook.get_sheet_by_name(self._windows[number])
        if number == 0:
            self._first = window
        return window


class _Area:
    """The smallest rectangle around those that were added, which go from the top down."""

    def __init__(self) -> None:
        self._corners: tuple[int, int, int, int] | None = None

    def add(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        top, left, _, right = self._corners or (*start, *end)
        self._corners = top, min(left, start[1]), end[0], max(right, end[1])

    @property
    def size(self) -> Size:
        if self._corners is None:
            return 0, 0
        top, left, bottom, right = self._corners
        return bottom - top + 1, right - left + 1


def _by_row(errors: CellErrors) -> _ByRow:
    by_row: _ByRow = {}
    for (row, column), text in errors.items():
        by_row.setdefault(row, []).append((column, text))
    return by_row


def _cells(
    sheet: calamine.CalamineSheet, lines: Iterable[Sequence[object]], *, first: int, errors: _ByRow
) -> Generator[list[Cell]]:
    # The library leaves out empty columns before the first filled one: they are part of the sheet.
    margin: list[Cell] = [None] * (sheet.start[1] if sheet.start else 0)
    for number, line in enumerate(lines, first):
        cells = [*margin, *map(_cell, line)]
        for column, text in errors.get(number, ()):
            if column < len(cells) and cells[column] is None:
                cells[column] = text
        yield cells


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        return value.replace("\0", "") or None
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_INTEGERS:
        return int(value)
    assert isinstance(value, Cell | timedelta)
    return value
