"""The worksheets of a workbook as calamine opens it: which one is chosen, and how large each is."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import python_calamine as calamine

from services.ingest.reading.calamine_rows import Sheet, SheetInWindows, Size, WholeSheet
from services.ingest.reading.refusals import Refused
from services.ingest.reading.table import SheetFacts
from services.ingest.reading.workbook_parts import SheetPart, stated_size

MAX_SHEETS = 1000
MAX_COUNTED_BYTES = 4 * 1024 * 1024
"""Of a sheet that is read just to count its rows, and four times that of all of them."""

SheetsSeen = Callable[[list[SheetFacts]], None]


@dataclass(frozen=True)
class Windows:
    """The names of the windows of one sheet, which stand in the workbook beside it."""

    of: str
    names: Sequence[str]


class Sheets:
    """The worksheets of a workbook, each read once at most, and only the chosen one kept."""

    def __init__(
        self,
        workbook: calamine.CalamineWorkbook,
        archive: zipfile.ZipFile | None,
        parts: Mapping[str, SheetPart],
        *,
        windows: Windows | None,
        sheets_seen: SheetsSeen,
    ) -> None:
        """Raises Refused (`too_large`) for too many of them."""
        self._workbook, self._archive, self._parts = workbook, archive, parts
        self._windows, self._sheets_seen = windows, sheets_seen
        hidden = frozenset(windows.names if windows else ())
        sheets = [about for about in workbook.sheets_metadata if about.typ == calamine.SheetTypeEnum.WorkSheet]
        self._about = [about for about in sheets if about.name not in hidden]
        self._sizes: dict[str, Size | None] = {}
        if len(self._about) > MAX_SHEETS:
            raise Refused("too_large", f"The workbook has {len(self._about):,} sheets; {MAX_SHEETS:,} is the limit.")

    def choose(self, wanted: str | None) -> Sheet | None:
        """The wanted sheet, or the first visible one with more than a header, or with that."""
        if wanted is not None:
            return self._read(wanted) if any(about.name == wanted for about in self._about) else _unknown(wanted)
        filled: Sheet | None = None
        for about in self._about:
            if _is_visible(about):
                sheet = self._read(about.name)
                if self._reaches(sheet, rows=2):
                    return sheet
                filled = filled or (sheet if self._reaches(sheet, rows=1) else None)
        return filled

    def _reaches(self, sheet: Sheet, *, rows: int) -> bool:
        reaches = sheet.reaches(rows)
        self._sizes[sheet.name] = sheet.size
        return reaches

    def _read(self, name: str) -> Sheet:
        sheet = self._in_windows(self._windows) if self._windows and self._windows.of == name else self._whole(name)
        self._sizes[name] = sheet.size
        return sheet

    def _whole(self, name: str) -> WholeSheet:
        return WholeSheet(self._workbook.get_sheet_by_name(name))

    def _in_windows(self, windows: Windows) -> SheetInWindows:
        def correct(size: Size) -> None:
            self._sizes[windows.of] = size
            self._sheets_seen(self.facts())

        return SheetInWindows(
            windows.of,
            windows.names,
            workbook=self._workbook,
            size=self._stated(windows.of),
            size_found=correct,
        )

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
                    self._sizes[about.name] = self._stated(about.name)
        return [
            SheetFacts(about.name, *(self._sizes[about.name] or (None, None)), _is_visible(about))
            for about in self._about
        ]

    def _weight(self, name: str) -> int:
        """How many bytes reading it would take: the whole file's where nothing finer is known."""
        if self._archive is None:
            return 0
        part = self._parts.get(name)
        sheets = [
            entry
            for entry in self._archive.infolist()
            if (entry.filename == part.name if part else "sheet" in entry.filename)
        ]
        return sum(entry.file_size for entry in sheets)

    def _stated(self, name: str) -> Size | None:
        part = self._parts.get(name)
        return stated_size(self._archive, part.name) if self._archive is not None and part else None


def _unknown(wanted: str) -> None:
    raise Refused("option_invalid", f"There is no sheet {wanted!r} in the workbook: choose another.")


def _is_visible(about: calamine.SheetMetadata) -> bool:
    return about.visible == calamine.SheetVisibleEnum.Visible
