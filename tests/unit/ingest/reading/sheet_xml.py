"""Sheets as XML, of every shape that the format allows a row and a cell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from hypothesis import strategies as st

from tests.unit.ingest.reading.steps import changed, workbook

SHEET = "xl/worksheets/sheet1.xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATION = (
    '<Relationship Id="rId99" Target="sharedStrings.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/>'
)
_BASE = workbook(("Leads", [[date(2024, 2, 3), datetime(2024, 2, 3, 4)]]))  # noqa: DTZ001 - sheets know no zones
"""With the formats 1 for a day and 2 for a moment."""
Kind = Literal["inline", "shared", "number", "date", "bool", "error", "formula", "blank", "bare"]
_KINDS: tuple[Kind, ...] = ("inline", "shared", "number", "date", "bool", "error", "formula", "blank", "bare")
_SHARED = ("Acme & Söhne", "00123", " kept ", "</row>")
_ERRORS = ("#N/A", "#DIV/0!", "#REF!")


@dataclass(frozen=True)
class XmlCell:
    """`skips`: columns left out before it, which only a cell that says where it is can."""

    kind: Kind
    value: int
    skips: int
    is_placed: bool


@dataclass(frozen=True)
class XmlRow:
    """`skips`: rows left out before it, which only a row that says its number can. `is_bare`: as `<row/>`."""

    cells: tuple[XmlCell, ...]
    skips: int
    is_numbered: bool
    is_bare: bool
    is_indented: bool


@dataclass(frozen=True)
class XmlSheet:
    """A sheet, and what its workbook says of it."""

    rows: tuple[XmlRow, ...]
    prefix: str
    dimension: str
    is_1904: bool

    def xml(self) -> str:
        """The part."""
        p, number, lines = self.prefix, 0, list[str]()
        for row in self.rows:
            number += 1 + (row.skips if row.is_numbered else 0)
            lines.append(("\n  " if row.is_indented else "") + _row_xml(row, number, p))
        space = f'xmlns:{p[:-1]}="{_MAIN}"' if p else f'xmlns="{_MAIN}"'
        after = f'<{p}mergeCells count="1"><{p}mergeCell ref="A1:B2"/></{p}mergeCells><!-- <row r="1"/> -->'
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<{p}worksheet {space}>{self.dimension and f"<{p}{self.dimension}"}'
            f"<{p}sheetData>{''.join(lines)}</{p}sheetData>{after}</{p}worksheet>"
        )

    def workbook(self) -> bytes:
        """An XLSX with nothing else in it."""
        return with_sheet(self.xml(), is_1904=self.is_1904)


def with_sheet(xml: str, *, is_1904: bool = False) -> bytes:
    """An XLSX whose only sheet is this one."""
    relation = _OFFICE_RELATIONS.replace("</Relationships>", _RELATION + "</Relationships>")
    strings = "".join(f'<si><t xml:space="preserve">{_escaped(text)}</t></si>' for text in _SHARED)
    return changed(
        _BASE,
        {
            SHEET: xml.encode(),
            "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{strings}</sst>'.encode(),
            "xl/_rels/workbook.xml.rels": relation.encode(),
            "xl/workbook.xml": _workbook_xml(is_1904=is_1904).encode(),
        },
    )


_OFFICE_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Target="worksheets/sheet1.xml" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
    '<Relationship Id="rId2" Target="styles.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"/></Relationships>'
)


def _workbook_xml(*, is_1904: bool) -> str:
    epoch = '<workbookPr date1904="1"/>' if is_1904 else ""
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    sheet = '<sheet name="Leads" sheetId="1" r:id="rId1"/>'
    return f'<workbook xmlns="{_MAIN}" xmlns:r="{relations}">{epoch}<sheets>{sheet}</sheets></workbook>'


def _row_xml(row: XmlRow, number: int, prefix: str) -> str:
    start = f"{prefix}row" + (f' ht="15" r="{number}"' if row.is_numbered else "")
    if row.is_bare:
        return f"<{start}/>"
    column, cells = 0, list[str]()
    for cell in row.cells:
        column += 1 + (cell.skips if cell.is_placed else 0)
        # A cell is placed by its own words only where its row's number is said too: else the two would not agree.
        place = f' r="{chr(64 + column)}{number}"' if cell.is_placed else ""
        cells.append(_cell_xml(cell, place, prefix))
    return f"<{start}>{''.join(cells)}</{prefix}row>"


def _cell_xml(cell: XmlCell, place: str, p: str) -> str:
    attributes, inside = {
        "inline": (' t="inlineStr"', f"<{p}is><{p}t>text {cell.value}</{p}t></{p}is>"),
        "shared": (' t="s"', f"<{p}v>{cell.value % len(_SHARED)}</{p}v>"),
        "number": ("", f"<{p}v>{cell.value / 4}</{p}v>"),
        "date": (f' s="{1 + cell.value % 2}"', f"<{p}v>{40_000 + cell.value / 4}</{p}v>"),
        "bool": (' t="b"', f"<{p}v>{cell.value % 2}</{p}v>"),
        "error": (' t="e"', f"<{p}v>{_ERRORS[cell.value % len(_ERRORS)]}</{p}v>"),
        "formula": (' t="str"', f'<{p}f t="shared" si="0"/><{p}v>f{cell.value}</{p}v>'),
        "blank": (' s="1"', ""),
        "bare": ("", None),
    }[cell.kind]
    return f"<{p}c{place}{attributes}/>" if inside is None else f"<{p}c{place}{attributes}>{inside}</{p}c>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


_CELLS = st.builds(
    XmlCell, kind=st.sampled_from(_KINDS), value=st.integers(0, 99), skips=st.integers(0, 3), is_placed=st.booleans()
)
_ROWS = st.builds(
    XmlRow,
    cells=st.lists(_CELLS, max_size=5).map(tuple),
    skips=st.sampled_from([0, 0, 0, 1, 7]),
    is_numbered=st.booleans(),
    is_bare=st.sampled_from([False, False, False, True]),
    is_indented=st.booleans(),
)
SHEETS = st.builds(
    XmlSheet,
    rows=st.lists(_ROWS, max_size=25).map(tuple),
    prefix=st.sampled_from(["", "x:"]),
    dimension=st.sampled_from(["", 'dimension ref="A1:B2"/>', 'dimension ref="C3:XFD1048576"/>']),
    is_1904=st.booleans(),
)
"""Sheets of a few rows."""
