"""Giving the sheet back: what goes in comes out, as an independent reader sees it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from services.ingest.export.columns import Columns
from services.ingest.export.csv_text import csv_text
from services.ingest.export.sheets import ExportFiles
from services.ingest.export.workbook import column_letters
from services.ingest.export.xlsx_cells import MAX_CELL_CHARS
from services.ingest.reading.child import read_in_process
from services.ingest.reading.segmenter import Segment
from services.ingest.segments import Cell, cell_from_json, cell_to_json, encode_row
from tests.unit.ingest.reading.steps import rows_of

RESEARCH = '{"company":[{"id":"c1","text":"sells < & > \\"pumps\\""}],"confidence":0.5}'
LINE = "=Hello, that is not a formula"


class Export:
    """One job's files in a folder."""

    def __init__(
        self,
        folder: Path,
        header: Sequence[Cell],
        *,
        max_rows: int = 1000,
        sheet_name: str = "Leads",
        extras: Sequence[str] = (),
        flat: bool = False,
    ) -> None:
        self.xlsx, self.csv = folder / "result.xlsx", folder / "result.csv"
        columns = Columns(header, extras=extras, flat=flat)
        self.files = ExportFiles(columns, sheet_name=sheet_name, xlsx=self.xlsx, csv_file=self.csv, max_rows=max_rows)

    def add(
        self,
        row: Sequence[Cell],
        *,
        research: str | None = RESEARCH,
        line: str | None = LINE,
        status: str = "enriched",
        reason: str | None = None,
        extras: Sequence[Cell] = (),
    ) -> None:
        outcome = orjson.dumps([status, reason, line, *map(cell_to_json, extras)])
        self.files.add(encode_row(row), (research or "").encode(), outcome)

    def close(self) -> dict[str, object]:
        return self.files.close([["Summary", "Value", "Remark"], ["File", "leads.csv"]])

    def write(self, rows: Sequence[Sequence[Cell]], *, status: str = "enriched") -> dict[str, object]:
        for row in rows:
            self.add(row, status=status)
        return self.close()

    def sheet(self, name: str | int = 0) -> list[list[Any]]:
        """The rows of a sheet as openpyxl reads them."""
        book = openpyxl.load_workbook(self.xlsx, rich_text=False)
        sheet = book.worksheets[name] if isinstance(name, int) else book[name]
        return [[seen(cell) for cell in row] for row in sheet.iter_rows()]

    def sheet_names(self) -> list[str]:
        return openpyxl.load_workbook(self.xlsx).sheetnames

    def csv_rows(self) -> list[list[str]]:
        with self.csv.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))


def seen(cell: Any) -> Any:
    """A cell's value; formulas are made to stand out, Excel's escapes are undone."""
    if cell.data_type == "f":
        return f"FORMULA {cell.value}"
    return unescape(cell.value) if isinstance(cell.value, str) else cell.value


TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffe\uffff"), min_size=1, max_size=30
) | st.sampled_from(
    ["=1+1", "00123", "+49 30 1234", "@x", " blanks ", "a\nb\r\nc", "_x0041_", "-", "'quoted", "1e5", "TRUE"]
)
SECONDS = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(9999, 12, 30)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)
TYPED: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    TEXT,
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(min_value=date(1900, 1, 1)),
    SECONDS,
    st.times().map(lambda at: at.replace(microsecond=0)),
    st.integers(0, 10**6).map(lambda seconds: timedelta(seconds=seconds)),
)


def tables(cells: st.SearchStrategy[Cell]) -> st.SearchStrategy[list[list[Cell]]]:
    return st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=6)
    )


def as_openpyxl_sees(cell: Cell) -> Any:
    """openpyxl has no dates without a time, gives durations under a day as times, and whole numbers as integers."""
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - sheets know no zones
    return cell


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables(TYPED))
def test_any_typed_table_is_written_with_its_types(tmp_path: Path, table: list[list[Cell]]) -> None:
    """Red when a type is lost on the way out: a date as a number, a text as a formula, a zero in front."""
    header: list[Cell] = [f"h{n}" for n in range(len(table[0]))]
    export = Export(tmp_path, header)
    export.write(table)
    rows = export.sheet()
    assert rows[0] == [*header, "sif_research", "sif_personalized"]
    for row, wanted in zip(rows[1:], table, strict=True):
        own = [as_openpyxl_sees(cell) for cell in wanted]
        assert row == [*own, RESEARCH, LINE]
        assert [type(cell) for cell in row[:-2] if not isinstance(cell, float | int)] == [
            type(cell) for cell in own if not isinstance(cell, float | int)
        ]


def read_back(path: Path) -> tuple[list[Cell], list[list[Cell]]]:
    *segments, found = read_in_process(path, max_text_chars=10**7)
    assert isinstance(found, dict)
    columns: Any = found["columns"]
    rows: list[list[Cell]] = []
    for segment in segments:
        assert isinstance(segment, Segment)
        rows += rows_of(segment)
    return [cell_from_json(column["header"]) for column in columns], rows


# Control characters, but for line ends and tabs, make a file binary: they have a test of their own.
FIELDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\r\t", exclude_characters="\ufffe\uffff"),
    max_size=30,
) | st.sampled_from(["=1+1", "00123", "+49 30 1234", "@x", " blanks ", "a\nb\r\nc", "_x0041_", "'quoted", "1e5"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables(FIELDS), delimiter=st.sampled_from([",", ";", "\t", "|"]))
def test_any_table_goes_through_csv_unchanged(tmp_path: Path, table: list[list[Cell]], delimiter: str) -> None:
    """P1: every row and cell of a CSV comes back from both files as it was, in its place."""
    header: list[Cell] = [f"column {n}" for n in range(len(table[0]))]
    rows = [*table, ["last"] + [""] * (len(header) - 1)]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    source = tmp_path / "source"
    source.write_bytes(text.getvalue().encode())

    names, read = read_back(source)
    export = Export(tmp_path, names)
    export.write(read)

    own = len(header)
    assert [[text or "" for text in row[:own]] for row in export.sheet()] == [header, *rows]
    assert [row[:own] for row in export.csv_rows()] == [[csv_text(cell) for cell in row] for row in [header, *rows]]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=tables(
        st.one_of(
            st.none(),
            st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20).filter(
                lambda text: not text.startswith("=")
            ),
            st.integers(-(2**53), 2**53),
            st.floats(-1e12, 1e12),
            st.booleans(),
            SECONDS,
        )
    )
)
def test_any_table_goes_through_xlsx_unchanged(tmp_path: Path, table: list[list[Cell]]) -> None:
    """P1, with types: what openpyxl has written, openpyxl finds again."""
    header: list[Cell] = [f"column {n}" for n in range(len(table[0]))]
    last: list[Cell] = ["last", *[None] * (len(header) - 1)]
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in [header, *table, last]:
        book.active.append(row)
    source = tmp_path / "source.xlsx"
    book.save(source)
    wanted = [[cell.value for cell in row] for row in openpyxl.load_workbook(source).worksheets[0].iter_rows()]

    names, read = read_back(source)
    export = Export(tmp_path, names)
    export.write(read)

    assert [row[: len(header)] for row in export.sheet()] == wanted


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    """P1. Red when such a cell becomes a formula, a number or another text in the workbook, or a live formula in the CSV,
    or when a number there is taken for one."""
    row: list[Cell] = [
        "=1+1",
        "+SUM(A1)",
        "-2+3+cmd|' /C calc'!A0",
        "@x",
        "\t=1",
        "\r=1",
        "＝1",
        "-5",
        "+49 (30) 123-4",
    ]
    export = Export(tmp_path, ["=header"] + ["h"] * 8)
    export.write([row])
    assert export.sheet()[0][0] == "=header"
    assert export.sheet()[1][:9] == row
    assert export.csv_rows()[0][0] == "'=header"
    assert export.csv_rows()[1][:9] == [*[f"'{cell}" for cell in row[:7]], "-5", "+49 (30) 123-4"]


def test_text_that_looks_like_a_formula_stays_text_when_somebody_edits_it(tmp_path: Path) -> None:
    """Excel keeps a cell for text by its quote prefix. Red when such a cell has none, or a phone number has one."""
    export = Export(tmp_path, ["=header", "h", "h"])
    export.write([["=1+1", "+49 30 1", "x & =1"], ["plain", " =1", '"'], ["=1+1 & <b>", "\x01", "-A1"]])
    sheet = openpyxl.load_workbook(export.xlsx).worksheets[0]
    assert [[bool(cell.quotePrefix) for cell in row[:3]] for row in sheet.iter_rows()] == [
        [True, False, False],
        [True, False, False],
        [False, True, False],
        [True, False, True],
    ]


def test_what_is_no_number_to_a_sheet_is_text(tmp_path: Path) -> None:
    """NaN, infinities, and whole numbers that a cell would round."""
    export = Export(tmp_path, ["a", "b", "c"])
    export.write([[float("nan"), float("-inf"), 2**53 + 1], ["12345678901234567890", "007", 2**53]])
    assert export.sheet()[1][:3] == ["nan", "-inf", "9007199254740993"]
    assert export.sheet()[2][:3] == ["12345678901234567890", "007", 2**53]
    assert export.csv_rows()[1][:3] == ["nan", "'-inf", "9007199254740993"]


def test_a_cell_too_long_for_a_workbook_is_cut_visibly_and_whole_in_the_csv(tmp_path: Path) -> None:
    """Red when a cell is cut without a mark, or the CSV is cut as well."""
    exact, long, wide = "x" * MAX_CELL_CHARS, "y" * (MAX_CELL_CHARS + 1), "𝄞" * 20_000
    export = Export(tmp_path, ["a", "b", "c"])
    summary = export.write([[exact, long, wide]])
    found = export.sheet()[1]
    assert found[0] == exact
    assert found[1].endswith("…[cut: 32,768 characters, a cell holds 32,767; the CSV has them all]")
    assert [len(cell.encode("utf-16-le")) // 2 <= MAX_CELL_CHARS for cell in found[:3]] == [True] * 3
    assert summary["cells_cut"] == 2
    assert export.csv_rows()[1][:3] == [exact, long, wide]


def test_control_characters_survive(tmp_path: Path) -> None:
    """Red when what XML cannot hold is dropped, or breaks the workbook."""
    text = "a\x01b\x1fc\td\ne\rf & <g> _x0001_ \u200b"
    export = Export(tmp_path, ["a"])
    export.write([[text]])
    assert export.sheet()[1][0] == text
    assert export.csv_rows()[1][0] == text


def test_more_rows_than_a_sheet_holds_go_on_in_another(tmp_path: Path) -> None:
    """Red when rows past a sheet's end are lost, or the second sheet has no header."""
    export = Export(tmp_path, ["n"], max_rows=4)
    summary = export.write([[n] for n in range(1, 8)], status="failed")
    assert (
        summary["sheets"]
        == export.sheet_names()
        == [
            "Leads",
            "Leads (2)",
            "Leads (3)",
            "Failed rows",
            "Failed rows (2)",
            "Failed rows (3)",
            "Summary",
        ]
    )
    assert [[row[0] for row in export.sheet(n)] for n in range(3)] == [["n", 1, 2, 3], ["n", 4, 5, 6], ["n", 7]]
    assert len(export.csv_rows()) == 8
    assert [row[0] for row in export.sheet(5)] == ["Row", 7]


def test_failed_and_skipped_rows_stand_on_their_own_sheet_with_the_reason(tmp_path: Path) -> None:
    """Red when a row is missing from the main sheet, a delivered one stands among the failed, or a reason is lost."""
    export = Export(tmp_path, ["Name", "Size"])
    export.add(["Acme", 3])
    export.add([], research=None, line=None, status="skipped", reason="empty_row")
    export.add(["Beta"], research=None, line="Hello", status="degraded", reason="no_evidence")
    export.add(["Gamma", 5], research=None, line=None, status="failed", reason="gave up")
    export.add(["Delta", 6], research=None, line=None, status="skipped", reason="not_selected")
    export.add(["Eta", 7], research=None, line=None, status="pending")
    assert export.close()["rows_failed"] == 2
    assert export.sheet() == [
        ["Name", "Size", "sif_research", "sif_personalized"],
        ["Acme", 3, RESEARCH, LINE],
        [None] * 4,
        ["Beta", None, None, "Hello"],
        ["Gamma", 5, None, None],
        ["Delta", 6, None, None],
        ["Eta", 7, None, None],
    ]
    assert export.sheet("Failed rows") == [
        ["Row", "Status", "Reason", "Name", "Size"],
        [2, "skipped", "empty_row", None, None],
        [4, "failed", "gave up", "Gamma", 5],
    ]


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ("Leads", "Leads"),
        ("a/b[c]*?:\\", "a b c"),
        ("x" * 40, "x" * 31),
        ("''", "Rows"),
        ("failed rows", "failed rows"),
        ("SUMMARY", "SUMMARY"),
        ("History", "History (2)"),
        ("'quoted'", "quoted"),
        ("x" * 30 + "'tail", "x" * 30),
        ("𝄞" * 16, "𝄞" * 15),
        ("a\x01b", "a b"),
    ],
)
def test_sheet_names_obey_excel(tmp_path: Path, wanted: str, named: str) -> None:
    export = Export(tmp_path, ["n"], sheet_name=wanted)
    export.write([[1]], status="failed")
    names = export.sheet_names()
    assert names[0] == named
    assert len({name.casefold() for name in names}) == 3


def test_dates_before_excel_begins_are_text(tmp_path: Path) -> None:
    export = Export(tmp_path, ["d"])
    export.write([[date(1899, 12, 31)], [date(1900, 1, 1)], [date(1900, 2, 28)], [date(1900, 3, 1)]])
    assert [row[0] for row in export.sheet()[1:]] == [
        "1899-12-31",
        datetime(1900, 1, 1),  # noqa: DTZ001 - sheets know no zones
        datetime(1900, 2, 28),  # noqa: DTZ001 - sheets know no zones
        datetime(1900, 3, 1),  # noqa: DTZ001 - sheets know no zones
    ]


def test_columns_are_lettered_as_in_excel() -> None:
    assert [column_letters(n) for n in (0, 25, 26, 701, 702, 16383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


def test_a_time_of_day_and_a_duration_keep_their_formats(tmp_path: Path) -> None:
    export = Export(tmp_path, ["t", "d"])
    export.write([[time(4, 5, 6), timedelta(hours=30)]])
    assert export.sheet()[1][:2] == [time(4, 5, 6), timedelta(hours=30)]
