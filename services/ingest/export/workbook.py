"""A workbook written row by row at constant memory, so that a million rows cost no more than ten.

Our own because no library both streams and keeps the type of each cell: rustpy-xlsxwriter writes every date with one
format, times as text and no two columns of one name.
"""

import contextlib
import zipfile
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import IO
from xml.sax.saxutils import quoteattr

from services.ingest.export.xlsx_cells import STYLES, WRITERS, text_xml
from services.ingest.segments import Cell

MAX_SHEET_ROWS = 1_048_576
_MAX_SHEET_NAME_CHARS = 31
_FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_HEADER_STYLE = ' s="5"'
_BUFFER_ROWS = 128
_LEVEL = 3
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_OPEN = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<sheetFormatPr defaultRowHeight="15"/>'
)


class Sheet:
    """One sheet being written. The first row is the header."""

    def __init__(self, out: IO[bytes], *, widths: dict[int, int]) -> None:
        self._out = out
        self._letters: list[str] = []
        self._rows: list[str] = []
        self.row_count = 0
        self.cells_cut = 0
        columns = "".join(
            f'<col min="{index + 1}" max="{index + 1}" width="{width}" customWidth="1"/>'
            for index, width in sorted(widths.items())
        )
        out.write(f"{_SHEET_OPEN}{f'<cols>{columns}</cols>' if columns else ''}<sheetData>".encode())

    def add(self, cells: Sequence[Cell]) -> None:
        """Write a row; blank cells are left out."""
        self.row_count += 1
        number = self.row_count
        if len(cells) > len(self._letters):
            self._letters = [f'<c r="{column_letters(index)}' for index in range(len(cells))]
        parts = [f'<row r="{number}">']
        style = _HEADER_STYLE if number == 1 else ""
        for opening, cell in zip(self._letters, cells, strict=False):
            if cell is None:
                continue
            if isinstance(cell, str):
                body, cut = text_xml(cell)
                self.cells_cut += cut
                parts.append(f'{opening}{number}"{style}{body}')
            else:
                parts.append(f'{opening}{number}"{WRITERS[type(cell)](cell)}')
        parts.append("</row>")
        self._rows.append("".join(parts))
        if len(self._rows) == _BUFFER_ROWS:
            self._flush()

    def finish(self) -> None:
        """Write what is held and the end of the sheet."""
        self._flush()
        self._out.write(b"</sheetData></worksheet>")

    def _flush(self) -> None:
        self._out.write("".join(self._rows).encode())
        self._rows.clear()


class Workbook:
    """A workbook whose sheets are written one after the other."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self.sheet_names: list[str] = []

    @contextlib.contextmanager
    def sheet(self, name: str, *, widths: dict[int, int]) -> Generator[Sheet]:
        """Write one sheet. Its name is made to fit Excel's rules and to be the only one."""
        self.sheet_names.append(self._name(name))
        part = f"xl/worksheets/sheet{len(self.sheet_names)}.xml"
        with self._zip.open(part, "w", force_zip64=True) as out:
            sheet = Sheet(out, widths=widths)
            yield sheet
            sheet.finish()

    def close(self) -> None:
        """Write the parts that name the sheets. A workbook that is not closed cannot be opened."""
        for path, content in self._frame().items():
            self._zip.writestr(path, content)
        self._zip.close()

    def _name(self, wanted: str) -> str:
        cleaned = wanted.translate(_FORBIDDEN_IN_NAMES).strip().strip("'") or "Rows"
        name, count = cleaned[:_MAX_SHEET_NAME_CHARS], 1
        while name.lower() in {taken.lower() for taken in self.sheet_names}:
            count += 1
            ending = f" ({count})"
            name = cleaned[: _MAX_SHEET_NAME_CHARS - len(ending)] + ending
        return name

    def _frame(self) -> dict[str, str]:
        numbers = range(1, len(self.sheet_names) + 1)
        types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        parts = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{types}.worksheet+xml"/>' for n in numbers
        )
        sheets = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>'
            for n, name in zip(numbers, self.sheet_names, strict=True)
        )
        relations = "".join(
            f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        return {
            "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{types}.styles+xml"/>{parts}</Types>',
            "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
            f' Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
            f'<Relationship Id="rIdStyles" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
            "xl/styles.xml": STYLES,
        }


def column_letters(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
