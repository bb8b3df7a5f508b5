"""A large sheet is read in windows: nobody can tell, but by the memory."""

from __future__ import annotations

import resource
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.reading import workbook as workbook_module
from services.ingest.reading.opening import open_table
from services.ingest.reading.refusals import Refused
from services.ingest.reading.table import SheetFacts
from services.ingest.reading.windowed_copy import write_windowed_copy
from services.ingest.segments import Cell
from tests.unit.ingest.reading.sheet_xml import SHEET, SHEETS, XmlSheet, with_sheet
from tests.unit.ingest.reading.steps import changed, entry, workbook

WHOLE = 2**40


@dataclass
class Outcome:
    """What reading said: rows without the blanks at their ends, each telling of the sheets, and the refusal's code."""

    rows: list[list[Cell]]
    sheets: list[Sequence[SheetFacts]]
    refusal: str | None = None
    left_over: tuple[str, ...] = ()

    @property
    def end(self) -> tuple[list[str], Sequence[SheetFacts], str | None]:
        return [repr(row) for row in self.rows], self.sheets[-1] if self.sheets else (), self.refusal


def read(content: bytes, *, window_bytes: int | None, sheet: str | None = None) -> Outcome:
    """Read a workbook in windows, or with None as a whole."""
    outcome = Outcome([], [])
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(workbook_module, "MAX_WHOLE_BYTES", WHOLE if window_bytes is None else 0)
        patch.setattr(workbook_module, "WINDOW_BYTES", window_bytes)
        path = Path(folder) / "file"
        path.write_bytes(content)
        try:
            table = open_table(path, ReadingOptions(sheet=sheet), sheets_seen=outcome.sheets.append)
            for row in table.rows:
                outcome.rows.append(trimmed(row))
        except Refused as refusal:
            outcome.refusal = refusal.code
        outcome.left_over = tuple(sorted(one.name for one in Path(folder).iterdir()))
    return outcome


def trimmed(row: list[Cell]) -> list[Cell]:
    return row[: max((index + 1 for index, cell in enumerate(row) if cell is not None), default=0)]


def windows_of(content: bytes, folder: Path, *, window_bytes: int) -> int:
    """How many windows the sheet is cut into; 0 when it cannot be."""
    path = folder / "book.xlsx"
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        return len(write_windowed_copy(archive, SHEET, folder / "copy.xlsx", window_bytes=window_bytes) or ())


@given(sheet=SHEETS, window_bytes=st.sampled_from([30, 100, 400, 4000]))
@settings(max_examples=150, deadline=None)
def test_reading_in_windows_gives_what_reading_whole_gives(sheet: XmlSheet, window_bytes: int) -> None:
    """P1. Red when a gap, a margin, an error cell, a date or a row without a number is another one in a later window."""
    content = sheet.workbook()
    whole, windowed = read(content, window_bytes=None), read(content, window_bytes=window_bytes)
    event(f"refused: {whole.refusal}")
    assert windowed.end == whole.end
    assert "file.windows.xlsx" not in windowed.left_over


TWENTY = [f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>n{n}</t></is></c></row>' for n in range(1, 21)]


def of_rows(rows: Sequence[str], *, before: str = "") -> bytes:
    return with_sheet(
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"{before}<sheetData>{''.join(rows)}</sheetData><!-- </row><row> --></worksheet>"
    )


def test_a_sheet_is_cut_into_windows_of_about_their_size(tmp_path: Path) -> None:
    """Red when a sheet that could be cut is held as a whole: everything else here would hold even so."""
    assert windows_of(of_rows(TWENTY), tmp_path, window_bytes=4 * len(TWENTY[9])) in range(3, 7)


@pytest.mark.parametrize(
    "strange",
    [
        '<row r="11"><c r="A11"><v>1</v></c><!-- </row><row> --></row>',
        '<row r="11"><c r="A11" t="inlineStr"><is><t><![CDATA[</row><row>]]></t></is></c></row>',
        '<row r="11"><?mark </row><row> ?></row>',
        '<row r="3"><c r="A3"><v>1</v></c></row>',
    ],
)
def test_what_is_not_plainly_rows_is_read_as_a_whole(strange: str, tmp_path: Path) -> None:
    """Red when something that only looks like the end of a row is cut at, or rows change their order."""
    content = of_rows([*TWENTY[:10], strange, *TWENTY[12:]])
    assert windows_of(content, tmp_path, window_bytes=100) == 0
    assert not (tmp_path / "copy.xlsx").exists()
    assert read(content, window_bytes=100).end == read(content, window_bytes=None).end


def test_a_row_in_a_cell_is_no_place_to_cut(tmp_path: Path) -> None:
    """Red when a cell is cut in two because something in it is called a row, wherever the window happens to end."""
    content = of_rows([*TWENTY[:10], '<row r="11"><c r="A11"><v>1</v><row r="12"/></c></row>', *TWENTY[12:]])
    whole, sizes = read(content, window_bytes=None).end, range(60, 200, 10)
    assert all(read(content, window_bytes=size).end == whole for size in sizes)
    assert 0 in [windows_of(content, tmp_path, window_bytes=size) for size in sizes]


@pytest.mark.parametrize("cut", ["<sheetData/>", "<sheetData>"])
def test_a_sheet_without_rows_is_no_table_in_windows_either(cut: str) -> None:
    content = with_sheet(f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{cut}')
    assert read(content, window_bytes=100).refusal == read(content, window_bytes=None).refusal is not None


@pytest.mark.parametrize("end", [-1, -30, -60, -120, -300])
def test_a_sheet_that_is_cut_off_late_is_refused_as_it_would_be_whole(end: int) -> None:
    """Red when the rows before the damage pass for the whole table."""
    plain = of_rows(TWENTY)
    content = changed(plain, {SHEET: entry(plain, SHEET)[: entry(plain, SHEET).index(b"</sheetData>") + end]})
    assert read(content, window_bytes=100).refusal == read(content, window_bytes=None).refusal == "unreadable"


def test_cells_that_lie_about_their_row_lose_none() -> None:
    """Red when a window whose cells say they stand above the one before it is left out, or put below twice."""
    lying = [row.replace(f'r="A{n}"', 'r="A2"') if n > 15 else row for n, row in enumerate(TWENTY, 1)]
    assert read(of_rows(lying), window_bytes=100).rows == [[f"n{n}"] for n in range(1, 21)]


def test_what_calamine_cannot_read_late_openpyxl_goes_on_with() -> None:
    """Red when rows are lost or doubled where the second reader takes over, or it does not."""
    odd = [*TWENTY[:15], TWENTY[15].replace("inlineStr", "x").replace("<is>", "<v>1</v><is>"), *TWENTY[16:]]
    content = of_rows(odd)
    whole, windowed = read(content, window_bytes=None), read(content, window_bytes=100)
    assert whole.refusal is None
    assert windowed.rows == whole.rows
    assert len(windowed.rows) == 20


def test_a_sheet_that_lies_about_its_size_is_put_right_at_its_end() -> None:
    """Red when the list of the sheets keeps a size that nobody counted, or is sent twice for nothing."""
    honest = read(of_rows(TWENTY, before='<dimension ref="A1:A20"/>'), window_bytes=100)
    assert honest.sheets == [[SheetFacts("Leads", 20, 1, True)]]
    lying = read(of_rows(TWENTY, before='<dimension ref="B1:D7"/>'), window_bytes=100)
    assert lying.sheets == [[SheetFacts("Leads", 7, 3, True)], [SheetFacts("Leads", 20, 1, True)]]
    silent = read(of_rows(TWENTY), window_bytes=100)
    assert silent.sheets == [[SheetFacts("Leads", None, None, True)], [SheetFacts("Leads", 20, 1, True)]]


def test_a_chosen_sheet_is_read_in_windows_though_it_is_hidden_and_not_the_first() -> None:
    """Red when only the first sheet is spared the memory, or another one is read in its stead."""
    book = workbook(
        ("Leads", [["Name"], ["Acme"]]), ("Old", [["Name", n] for n in range(50)]), ("Empty", []), hidden=("Old",)
    )
    silent = changed(
        book, {part: entry(book, part).replace(b"<dimension", b"<unsaid") for part in [SHEET.replace("1", "2")]}
    )
    assert [sheets[1].rows for sheets in read(silent, window_bytes=100, sheet="Old").sheets] == [None, 50]
    assert read(book, window_bytes=100, sheet="Old").end == read(book, window_bytes=None, sheet="Old").end
    assert read(book, window_bytes=100).rows == [["Name"], ["Acme"]]
    assert [facts.name for facts in read(book, window_bytes=100).sheets[-1]] == ["Leads", "Old", "Empty"]


def test_without_room_for_a_copy_a_sheet_is_read_as_a_whole(tmp_path: Path) -> None:
    """Red when a full disk makes a file unreadable that needs none."""
    content = of_rows(TWENTY)
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with zipfile.ZipFile(path) as archive:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(content) + 50, before[1]))
        try:
            names = write_windowed_copy(archive, SHEET, tmp_path / "copy.xlsx", window_bytes=100)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names is None
    assert not (tmp_path / "copy.xlsx").exists()
