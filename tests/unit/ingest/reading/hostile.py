"""Files made to hurt whoever reads them. Each is small to keep and large, deep, endless or false to read."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable

from tests.unit.ingest.reading import old_excel
from tests.unit.ingest.reading.open_document import cell, ods, row
from tests.unit.ingest.reading.steps import changed, entry, workbook, zipped

_SHEET = "xl/worksheets/sheet1.xml"
_XML = b'<?xml version="1.0" encoding="UTF-8"?>'
_MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_BASE = workbook(("Leads", [["Name", "City"], ["Acme", "Bonn"]]))


def _sheet_of(data: bytes, *, dimension: bytes = b"") -> bytes:
    return _XML + b"<worksheet " + _MAIN + b">" + dimension + b"<sheetData>" + data + b"</sheetData></worksheet>"


def _with_sheet(sheet: bytes, **more: bytes) -> bytes:
    return changed(_BASE, {_SHEET: sheet, **more})


def _text_cell(reference: str, text: str = "x") -> bytes:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'.encode()


def entity_bomb() -> bytes:
    """A billion laughs."""
    entities = b'<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    )
    doctype = b"<!DOCTYPE worksheet [" + entities + b"]>"
    sheet = _sheet_of(b'<row r="1"><c r="A1" t="str"><v>&j;</v></c></row>').replace(_XML, _XML + doctype)
    return _with_sheet(sheet)


def external_entity() -> bytes:
    """A file of the machine, asked for as a cell."""
    doctype = b'<!DOCTYPE worksheet [<!ENTITY f SYSTEM "file:///etc/hostname">]>'
    sheet = _sheet_of(b'<row r="1"><c r="A1" t="str"><v>&f;</v></c></row>').replace(_XML, _XML + doctype)
    return _with_sheet(sheet)


def wide_entity_bomb() -> bytes:
    """The same in UTF-16, where a search for plain bytes finds nothing."""
    with_bomb = entry(entity_bomb(), _SHEET).decode().replace("UTF-8", "UTF-16")
    return _with_sheet(with_bomb.encode("utf-16"))


def shared_string_bomb() -> bytes:
    """One long shared string in 400,000 cells: 12.6 billion characters in about 100 KB."""
    strings = _XML + b"<sst " + _MAIN + b"><si><t>" + b"x" * 31_500 + b"</t></si></sst>"
    rows = b"".join(
        b'<row r="%d">%s</row>' % (n, b"".join(b'<c r="%c%d" t="s"><v>0</v></c>' % (65 + c, n) for c in range(20)))
        for n in range(1, 20_001)
    )
    relations = entry(_BASE, "xl/_rels/workbook.xml.rels")
    relation = b'<Relationship Id="rId99" Target="sharedStrings.xml" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/></Relationships>'
    return _with_sheet(
        _sheet_of(rows),
        **{
            "xl/sharedStrings.xml": strings,
            "xl/_rels/workbook.xml.rels": relations.replace(b"</Relationships>", relation),
        },
    )


def million_merges() -> bytes:
    """A million merged areas over nothing."""
    merges = b"".join(b'<mergeCell ref="A%d:B%d"/>' % (n, n) for n in range(1, 1_000_001))
    sheet = _sheet_of(b'<row r="1">' + _text_cell("A1") + b"</row>")
    return _with_sheet(
        sheet.replace(b"</sheetData>", b'</sheetData><mergeCells count="1000000">' + merges + b"</mergeCells>")
    )


def far_corners() -> bytes:
    """Two cells, in the first and in the last place of a sheet."""
    rows = b'<row r="1">' + _text_cell("A1") + b'</row><row r="1048576">' + _text_cell("XFD1048576") + b"</row>"
    return _with_sheet(_sheet_of(rows, dimension=b'<dimension ref="A1:XFD1048576"/>'))


def far_row() -> bytes:
    """A header, and a million rows further down one cell."""
    rows = b'<row r="1">' + _text_cell("A1") + b'</row><row r="1048576">' + _text_cell("A1048576") + b"</row>"
    return _with_sheet(_sheet_of(rows))


def only_last_row() -> bytes:
    """One cell, in the last row."""
    return _with_sheet(_sheet_of(b'<row r="1048576">' + _text_cell("A1048576") + b"</row>"))


def beyond_the_sheet() -> bytes:
    """A cell where no sheet has one."""
    return _with_sheet(_sheet_of(b'<row r="4294967290">' + _text_cell("ZZZZZZ4294967290") + b"</row>"))


def many_columns() -> bytes:
    """A hundred thousand columns of text."""
    return b",".join(b"c%d" % n for n in range(100_000)) + b"\n" + b",".join([b"x"] * 100_000) + b"\n"


def long_line() -> bytes:
    """A line without an end: 100 MB, as two gigabytes would be."""
    return b"Name,City\n" + b"x," * 50_000_000


def long_line_packed() -> bytes:
    """Two gigabytes in one line, packed."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as file:
        file.write(b"Name,City\n")
        for _ in range(300):
            file.write(b"x" * 1024 * 1024)
    return out.getvalue()


def blank_lines() -> bytes:
    """Sixty million blank lines, and then a row."""
    return gzip.compress(b"Name,City\n" + b"\n" * 60_000_000 + b"Acme,Bonn\n", compresslevel=1)


def zip_ratio() -> bytes:
    """Nothing but blanks, a thousand to one."""
    return zipped({"leads.csv": b"Name,City\n" + b" " * 90_000_000})


def nested_zip() -> bytes:
    """Archives in archives, each of ten."""
    inner = zipped({"0.csv": b"0" * 1_000_000})
    for _ in range(4):
        inner = zipped({"inner.zip": inner})
    return inner


def overlapping_zip() -> bytes:
    """Many entries that are all the same bytes of the file."""
    data = zipped({"a.csv": b"Name,City\n" + b"Acme,Bonn\n" * 1000})
    end = data.rindex(b"PK\x05\x06")
    start = data.index(b"PK\x01\x02")
    head = data[start:end]
    index = b"".join(head.replace(b"a.csv", b"%05d" % n) for n in range(500))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 500, 500, len(index), start, 0)
    return data[:start] + index + tail


def false_sizes() -> bytes:
    """A sheet that says it has 1,000 bytes and has a hundred million."""
    data = _with_sheet(_sheet_of(b" " * 100_000_000))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = struct.pack("<I", archive.getinfo(_SHEET).file_size)
    return data.replace(size, struct.pack("<I", 1000))


def encrypted_zip() -> bytes:
    """Says of its only file that it has a password."""
    data = bytearray(zipped({"a.csv": b"Name\nAcme\n"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def cut_off() -> bytes:
    """Half a workbook."""
    return _BASE[: len(_BASE) // 2]


def cut_inside() -> bytes:
    """A workbook in whose sheet bytes are missing."""
    at = _BASE.index(b"sheet1.xml") + 40
    return _BASE[:at] + bytes(20) + _BASE[at + 20 :]


def deep_xml() -> bytes:
    """A million elements in each other."""
    return _with_sheet(_sheet_of(b"<a>" * 1_000_000 + b"</a>" * 1_000_000))


def deep_index() -> bytes:
    """The same in the list of the sheets."""
    return changed(_BASE, {"xl/workbook.xml": b"<workbook " + _MAIN + b">" + b"<a>" * 1_000_000})


def million_sheets() -> bytes:
    """A workbook that lists a million sheets."""
    rel = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    sheets = b"".join(b'<sheet name="s%d" sheetId="%d" r:id="rId1"/>' % (n, n) for n in range(1, 1_000_001))
    book = _XML + b"<workbook " + _MAIN + b' xmlns:r="' + rel + b'"><sheets>' + sheets + b"</sheets></workbook>"
    return changed(_BASE, {"xl/workbook.xml": book})


def million_styles() -> bytes:
    """Two million cell formats."""
    styles = (
        _XML + b"<styleSheet " + _MAIN + b"><cellXfs>" + b'<xf numFmtId="0"/>' * 2_000_000 + b"</cellXfs></styleSheet>"
    )
    return changed(
        _BASE, {"xl/styles.xml": styles, _SHEET: _sheet_of(b'<row r="1"><c r="A1" t="?"><v>1</v></c></row>')}
    )


def error_cells() -> bytes:
    """More error cells than are kept, none of which ends."""
    return _with_sheet(_sheet_of(b'<row r="1"><c r="A1" t="e">' * 1_000_000))


def ods_rows() -> bytes:
    """A row of text that is repeated a million times, in a hundred columns."""
    return ods({"Leads": [row(cell("Name")), row(cell("x" * 1000, repeated=100), repeated=1_048_576)]})


def ods_columns() -> bytes:
    """A cell that is repeated a billion times."""
    return ods({"Leads": [row(cell("Name")), row(cell("x", repeated=1_000_000_000))]})


def ods_password() -> bytes:
    """An OpenDocument sheet with a password."""
    return ods({"Leads": [row(cell("Name"))]}, password=True)


def xlsx_password() -> bytes:
    """What Excel makes of a workbook with a password."""
    return old_excel.container(b"\0" * 5000, name="EncryptedPackage")


def xls_password() -> bytes:
    """An old workbook with a password."""
    return old_excel.xls([["Name"], ["Acme"]], password=True)


def ole_circle() -> bytes:
    """An OLE file whose stream goes round in a circle."""
    return old_excel.container(b"\x09\x08" * 2000, fat=[old_excel.FAT, old_excel.END, 3, 2, *range(2, 9)])


def ole_directory_circle() -> bytes:
    """An OLE file whose table of contents goes round in a circle."""
    return old_excel.container(b"\x09\x08" * 2000, fat=[old_excel.FAT, 1, 3, 4, 5, 6, 7, 8, 9, old_excel.END])


def xls_far_cell() -> bytes:
    """An old sheet with a cell in its last row and column."""
    far = old_excel.record(0x203, struct.pack("<HHHd", 65_535, 65_535, 0, 1.0))
    return old_excel.xls([["Name"], ["Acme"]], extra=far)


Generator = Callable[[], bytes]

HOSTILE: dict[Generator, frozenset[str]] = {
    make: frozenset(codes.split())
    for make, codes in {
        entity_bomb: "unsafe_xml",
        external_entity: "unsafe_xml",
        wide_entity_bomb: "unsafe_xml",
        shared_string_bomb: "too_large",
        far_corners: "too_large",
        far_row: "too_sparse",
        only_last_row: "no_rows",
        beyond_the_sheet: "unreadable too_large no_rows",
        million_merges: "no_rows",
        many_columns: "too_large",
        long_line: "too_large",
        long_line_packed: "archive_bomb",
        blank_lines: "too_sparse",
        zip_ratio: "archive_bomb",
        nested_zip: "nested_archive",
        overlapping_zip: "archive_bomb",
        false_sizes: "unreadable",
        encrypted_zip: "encrypted",
        cut_off: "unreadable",
        cut_inside: "unreadable",
        deep_xml: "no_rows unreadable",
        deep_index: "unreadable",
        million_sheets: "too_large",
        million_styles: "unreadable too_large no_rows",
        error_cells: "unreadable no_rows too_large",
        ods_rows: "too_large",
        ods_columns: "too_large",
        ods_password: "encrypted",
        xlsx_password: "encrypted",
        xls_password: "encrypted",
        ole_circle: "unreadable too_large",
        ole_directory_circle: "unreadable too_large",
        xls_far_cell: "too_large too_sparse",
    }.items()
}
"""Each with the codes it may be refused with."""
