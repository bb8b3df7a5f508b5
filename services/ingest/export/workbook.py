"""A workbook written row by row at constant memory, so that a million rows cost no more than ten.

Our own because no library both streams and keeps the type of each cell: rustpy-xlsxwriter writes every date with one
format, times as text and no two columns of one name.
"""

import contextlib
import zipfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from isal import isal_zlib

from services.ingest.export.xlsx_cells import KEPT_OPEN, TEXT_CLOSE, TEXT_OPEN, WRITERS, escaped, escaped_json
from services.ingest.export.xlsx_parts import SHEET_CLOSE, package_parts, sheet_opening
from services.ingest.segments import Cell

MAX_SHEET_ROWS = 1_048_576
_MAX_SHEET_NAME_UNITS = 31
_FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys([*"[]:*?/\\", *map(chr, range(32)), "\x7f", "\ufffe", "\uffff"], " "))
_RESERVED_NAME = "history"
_STYLES = {(False, True): ' s="6"', (True, False): ' s="5"', (True, True): ' s="7"'}
"""By bold, and whether the text begins as a formula does: then it stays text when somebody edits the cell."""
_BUFFER_ROWS = 64
_MAX_LAYOUTS = 512
_LEVEL = 1


@dataclass(frozen=True)
class _Layout:
    """A row's XML with a place for each cell and NUL for its number; which cells are no text, and whether some are blank."""

    xml: str
    typed: tuple[int, ...]
    has_blanks: bool


class Sheet:
    """One sheet being written. The first row is the header; `json_column` holds JSON, which needs no such look as text."""

    def __init__(self, out: IO[bytes], *, widths: dict[int, int], json_column: int | None = None) -> None:
        self._out = out
        self._json_column = json_column
        self._layouts: dict[object, _Layout] = {}
        self._rows: list[str] = []
        self.row_count = 0
        self.cells_cut = 0
        out.write(sheet_opening(widths).encode())

    def add(
        self,
        cells: Sequence[Cell],
        *,
        ready: list[Cell] | None = None,
        formulas: tuple[int, ...] = (),
        bold: bool = False,
    ) -> None:
        """Write a row; blank cells are left out.

        `ready` are the cells with their texts as they stand in XML, but for the JSON; without it each is looked at.
        `formulas` are the indexes of text that begins as a formula does.
        """
        self.row_count += 1
        kinds = (*map(type, cells), formulas, bold, ready is None)
        layout = self._layouts.get(kinds) or self._lay_out(kinds, cells, formulas=formulas)
        values = (
            self._with_json(ready) if ready else [self._text(cell) if type(cell) is str else cell for cell in cells]
        )
        for index in layout.typed:
            values[index] = WRITERS[type(cells[index])](cells[index])
        if layout.has_blanks:
            values = [value for value in values if value is not None]
        self._rows.append(layout.xml.replace("\0", str(self.row_count)) % tuple(values))
        if len(self._rows) == _BUFFER_ROWS:
            self._flush()

    def finish(self) -> None:
        """Write what is held and the end of the sheet."""
        self._flush()
        self._out.write(SHEET_CLOSE)

    def _with_json(self, values: list[Cell]) -> list[Cell]:
        if self._json_column is not None and (json := values[self._json_column]) is not None:
            values[self._json_column], cut = escaped_json(cast("str", json))
            self.cells_cut += cut
        return values

    def _text(self, text: str) -> str:
        content, cut = escaped(text)
        self.cells_cut += cut
        return content

    def _lay_out(self, kinds: tuple[object, ...], cells: Sequence[Cell], *, formulas: tuple[int, ...]) -> _Layout:
        parts, typed = ['<row r="\0">'], list[int]()
        *_, bold, keeps_blanks = kinds
        opening = KEPT_OPEN if keeps_blanks else TEXT_OPEN
        for index, cell in enumerate(cells):
            if cell is None:
                continue
            reference = f'<c r="{column_letters(index)}\0"'
            if type(cell) is str:
                style = _STYLES.get((bool(bold), index in formulas), "")
                parts.append(f"{reference}{style}{opening}%s{TEXT_CLOSE}")
            else:
                parts.append(f"{reference}%s")
                typed.append(index)
        layout = _Layout("".join([*parts, "</row>"]), tuple(typed), has_blanks=None in cells)
        if len(self._layouts) >= _MAX_LAYOUTS:
            self._layouts.clear()
        self._layouts[kinds] = layout
        return layout

    def _flush(self) -> None:
        self._out.write("".join(self._rows).encode("utf-8", "replace"))
        self._rows.clear()


class Workbook:
    """A workbook whose sheets are written one after the other. The same rows make the same bytes: no clock is in them."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self.sheet_names: list[str] = []

    @contextlib.contextmanager
    def sheet(self, name: str, *, widths: dict[int, int], json_column: int | None = None) -> Generator[Sheet]:
        """Write one sheet. Its name is made to fit Excel's rules and to be the only one."""
        self.sheet_names.append(self._name(name))
        part = f"xl/worksheets/sheet{len(self.sheet_names)}.xml"
        with self._zip.open(_entry(part), "w", force_zip64=True) as out:
            # The deflate of ISA-L packs as tight as zlib's fastest, and five times as fast. zipfile lets nobody choose.
            out._compressor = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS)  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
            sheet = Sheet(out, widths=widths, json_column=json_column)
            yield sheet
            sheet.finish()

    def close(self) -> None:
        """Write the parts that name the sheets. A workbook that is not closed cannot be opened."""
        for path, content in package_parts(self.sheet_names).items():
            self._zip.writestr(_entry(path), content)
        self._zip.close()

    def _name(self, wanted: str) -> str:
        cleaned = _shortened(wanted.translate(_FORBIDDEN_IN_NAMES).strip().strip("'").strip(), _MAX_SHEET_NAME_UNITS)
        cleaned = cleaned.rstrip("' ") or "Rows"
        name, count = cleaned, 1
        taken = {sheet.casefold() for sheet in self.sheet_names} | {_RESERVED_NAME}
        while name.casefold() in taken:
            count += 1
            ending = f" ({count})"
            name = _shortened(cleaned, _MAX_SHEET_NAME_UNITS - len(ending)) + ending
        return name


def _entry(part: str) -> zipfile.ZipInfo:
    """An entry without a time of its own."""
    entry = zipfile.ZipInfo(part)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry._compresslevel = _LEVEL  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] - no other way before Python 3.13
    return entry


def _shortened(name: str, units: int) -> str:
    """As much of a name as Excel counts as so many characters: UTF-16 units."""
    return name.encode("utf-16-le", "replace")[: 2 * units].decode("utf-16-le", "ignore")


def column_letters(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
