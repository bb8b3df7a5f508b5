"""XLSX, XLSM, XLSB, XLS and ODS: their sheets, their cells, and the reader each needs."""

from __future__ import annotations

import gzip
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.reading import calamine_sheets
from services.ingest.reading.opening import open_table
from services.ingest.reading.refusals import Refused
from services.ingest.reading.table import SheetFacts
from tests.unit.ingest.reading.binary_excel import xlsb
from tests.unit.ingest.reading.old_excel import xls
from tests.unit.ingest.reading.open_document import cell, ods, row
from tests.unit.ingest.reading.steps import Reader, changed, entry, saved, workbook, zipped

SHEET = "xl/worksheets/sheet1.xml"


def sheets_in(content: bytes, folder: Path) -> list[SheetFacts]:
    """What a workbook says of its sheets."""
    path = folder / "book"
    path.write_bytes(content)
    seen: list[SheetFacts] = []
    open_table(path, ReadingOptions(), sheets_seen=seen.extend).rows.close()
    return seen


@pytest.mark.parametrize("biff", [5, 8])
@pytest.mark.parametrize("is_1904", [False, True])
def test_old_excel_is_read_with_its_dates(read: Reader, biff: Literal[5, 8], is_1904: bool) -> None:
    """Red when a workbook that counts from 1904 is four years off."""
    rows: list[list[Any]] = [["Name", "Größe", "Day", "Ok"], ["00123", 1.5, 45000.0, True], ["Acme", 7.0]]
    result = read(xls(rows, biff=biff, is_1904=is_1904, dates=((1, 2),), hidden_first=True))
    day = date(2027, 3, 16) if is_1904 else date(2023, 3, 15)
    assert (result.found["kind"], result.found["reader"], result.found["sheet"]) == ("xls", "calamine", "Leads")
    assert result.names == ["Name", "Größe", "Day", "Ok"]
    assert result.rows == [["00123", 1.5, day, True], ["Acme", 7]]


def test_a_binary_workbook_is_read(read: Reader, tmp_path: Path) -> None:
    book = xlsb({"Old": [["x"], ["y"]], "Leads": [["Name", "Size"], ["00123", 1.5], ["Acme", True]]}, hidden=("Old",))
    result = read(book)
    assert (result.found["kind"], result.found["sheet"]) == ("xlsb", "Leads")
    assert result.rows == [["00123", 1.5], ["Acme", True]]
    assert sheets_in(book, tmp_path) == [SheetFacts("Old", 2, 1, False), SheetFacts("Leads", 3, 2, True)]


def test_an_open_document_is_read_and_what_it_repeats_at_the_end_is_nothing(read: Reader) -> None:
    """Red when the million blank rows that every ODS ends with become rows."""
    content = ods(
        {
            "Leads": [
                row(cell("Name"), cell("Day"), cell("Size")),
                row(cell("00123"), cell("2024-02-03", kind="date"), cell(2.5), cell(None, repeated=16_000)),
                row(cell("Acme"), cell(None), cell(True), repeated=2),
                row(cell(None, repeated=16_384), repeated=1_048_572),
            ]
        }
    )
    result = read(content)
    assert (result.found["kind"], result.found["reader"]) == ("ods", "calamine")
    assert result.rows == [["00123", date(2024, 2, 3), 2.5], ["Acme", None, True], ["Acme", None, True]]


def test_a_workbook_that_counts_from_1904_has_the_same_days(read: Reader) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    assert book.active is not None
    moment = datetime(2024, 2, 3, 4, 5, 6)  # noqa: DTZ001 - sheets know no zones
    for line in (["Day", "Moment"], [date(2024, 2, 3), moment]):
        book.active.append(line)
    assert read(saved(book)).rows == [[date(2024, 2, 3), moment]]


def test_merged_cells_have_their_value_once_and_formulas_theirs(read: Reader) -> None:
    """Red when a formula's text is taken for its value, or a merged area's value is spread over rows that have none."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (["Name", "Sum", "Note"], ["Acme", "=1+2", "a"], ["Beta", "=1/0", "b"], ["Gamma", 4, "c"]):
        sheet.append(line)
    sheet.merge_cells("A2:A3")
    plain = saved(book)
    with_values = (
        entry(plain, SHEET)
        .replace(b"<f>1+2</f><v />", b"<f>1+2</f><v>3</v>")
        .replace(b'<c r="B3"><f>1/0</f><v />', b'<c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v>')
    )
    assert read(changed(plain, {SHEET: with_values})).rows == [
        ["Acme", 3, "a"],
        [None, "#DIV/0!", "b"],
        ["Gamma", 4, "c"],
    ]


def test_error_cells_keep_their_text_wherever_the_sheet_begins(read: Reader) -> None:
    """P1. Red when a cell that showed #N/A comes back blank, or the text lands in another cell."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["C4"], sheet["D4"], sheet["C5"], sheet["D5"], sheet["D6"] = "Name", "Size", "Acme", "#N/A", "#REF!"
    sheet["D5"].data_type = sheet["D6"].data_type = "e"
    result = read(saved(book))
    assert result.header == [None, None, "Name", "Size"]
    assert result.rows == [[None, None, "Acme", "#N/A"], [None, None, None, "#REF!"]]
    assert result.found["header_row"] == 4


def test_long_numbers_and_leading_zeros_that_are_text_stay_text(read: Reader) -> None:
    rows = [["Id", "Zip"], ["12345678901234567890", "01067"], ["4111111111111111", "00001"]]
    assert read(workbook(("Leads", rows))).rows == rows[1:]


def test_the_user_chooses_the_sheet_even_a_hidden_one(read: Reader) -> None:
    book = workbook(("Leads", [["Name"], ["Acme"]]), ("Old", [["Name"], ["Beta"]]), hidden=("Old",))
    assert read(book, sheet="Old").rows == [["Beta"]]
    with pytest.raises(Refused) as refused:
        read(book, sheet="None such")
    assert refused.value.code == "option_invalid"


def test_charts_are_no_sheets_to_choose(read: Reader, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Leads"
    book.active.append(["Name"])
    book.active.append(["Acme"])
    book.create_chartsheet("Chart", 0)
    assert [sheet.name for sheet in sheets_in(saved(book), tmp_path)] == ["Leads"]
    assert read(saved(book)).rows == [["Acme"]]


def test_a_large_sheet_is_believed_about_its_size_or_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when a giant that nobody chose is read just to be counted."""
    monkeypatch.setattr(calamine_sheets, "MAX_COUNTED_BYTES", 500)
    book = workbook(("Leads", [["Name"], ["Acme"]]), ("Large", [["Name", "City"]] * 50))
    assert sheets_in(book, tmp_path)[1] == SheetFacts("Large", 50, 2, True)
    part = "xl/worksheets/sheet2.xml"
    silent = changed(book, {part: entry(book, part).replace(b'<dimension ref="A1:B50" />', b"")})
    assert sheets_in(silent, tmp_path)[1] == SheetFacts("Large", None, None, True)


def with_an_unknown_type(xml: bytes) -> bytes:
    return xml.replace(b't="n"', b't="x"', 1)


def in_utf_16(xml: bytes) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-16"?>' + xml.decode()).encode("utf-16")


@pytest.mark.parametrize("sheet_changes", [with_an_unknown_type, in_utf_16])
def test_what_calamine_cannot_open_openpyxl_reads(read: Reader, sheet_changes: Any, tmp_path: Path) -> None:
    """Red when there is no second reader, or it is not named."""
    plain = workbook(
        ("Old", [["x"]]), ("Leads", [["Name", "Size", "Day"], ["00123", 42, date(2024, 2, 3)], [], ["Acme"]])
    )
    part = "xl/worksheets/sheet2.xml"
    odd = changed(plain, {part: sheet_changes(entry(plain, part))})
    result = read(odd, sheet="Leads")
    assert result.found["reader"] == "openpyxl"
    assert [str(cell) for cell in result.rows[0]] == ["00123", "42", "2024-02-03"]
    assert result.rows[1:] == [[], ["Acme"]]
    assert [sheet.name for sheet in sheets_in(odd, tmp_path)] == ["Old", "Leads"]
    with pytest.raises(Refused) as refused:
        read(odd, sheet="None such")
    assert refused.value.code == "option_invalid"


def test_a_million_merged_cells_hide_no_row(read: Reader) -> None:
    """Red when a workbook is refused for what it is allowed to have."""
    plain = workbook(("Leads", [["Name"], ["Acme"]]))
    merges = b"".join(b'<mergeCell ref="C%d:D%d"/>' % (n, n) for n in range(1, 200_001))
    sheet = entry(plain, SHEET).replace(b"</sheetData>", b"</sheetData><mergeCells>" + merges + b"</mergeCells>")
    assert read(changed(plain, {SHEET: sheet})).rows == [["Acme"]]


@pytest.mark.parametrize("option", [{"encoding": "cp1252"}, {"delimiter": ";"}, {"quotechar": "'"}])
def test_a_workbook_has_no_text_options(read: Reader, option: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        read(workbook(("Leads", [["Name"], ["Acme"]])), **option)
    assert refused.value.code == "option_invalid"


TABLE = b"Name,City\nAcme,Bonn\n"


@pytest.mark.parametrize(
    ("packed", "archive", "kind"),
    [
        (gzip.compress(TABLE), "gzip", "csv"),
        (gzip.compress(TABLE) + gzip.compress(b"Beta,Ulm\n"), "gzip", "csv"),
        (zipped({"leads.txt": TABLE}), "zip: leads.txt", "csv"),
        (
            zipped({"a/b/leads.csv": TABLE, "__MACOSX/a/._leads.csv": b"x", "a/.DS_Store": b"x"}),
            "zip: a/b/leads.csv",
            "csv",
        ),
        (zipped({"leads.xls": workbook(("L", [["Name", "City"], ["Acme", "Bonn"]]))}), "zip: leads.xls", "xlsx"),
        (gzip.compress(xls([["Name", "City"], ["Acme", "Bonn"]])), "gzip", "xls"),
    ],
    ids=["gzip", "two in one gzip", "zip", "zip with a folder", "zip of a workbook", "gzip of an old workbook"],
)
def test_one_packed_file_is_unpacked(read: Reader, packed: bytes, archive: str, kind: str) -> None:
    result = read(packed)
    assert (result.found["archive"], result.found["kind"]) == (archive, kind)
    assert result.rows[0] == ["Acme", "Bonn"]
