"""P1 from end to end: any table, read, stored and merged with any outcome, is the same table with its new columns."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import orjson
import python_calamine
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.escape import escape, unescape

from libs.common.storage import Storage
from services.ingest.domain.extra_cells import extra_cell
from services.ingest.domain.flat_research import FLAT_COLUMNS, flat_cells
from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.domain.sheet_summary import SheetFacts
from services.ingest.export.csv_text import csv_text
from services.ingest.export.merge import SheetPlan, write_exports
from services.ingest.reading.child import read_in_process
from services.ingest.reading.segmenter import Segment
from services.ingest.repositories.results import StoredResult
from services.ingest.segment_reading import stream_rows
from services.ingest.segments import Cell, ChunkRef, cell_from_json

Table = list[list[Cell]]

FACTS = SheetFacts(
    filename="=leads.csv",
    job_id=UUID(int=7),
    made_at=datetime(2026, 11, 27, 12, tzinfo=UTC),
    is_partial=False,
    credits_held=10,
    credits_charged=8,
    credits_per_row=1,
    price_version=3,
    sandboxed=False,
)
EXTRAS = {"Sells": "list", "Sites": "number", "Hiring?": "boolean", "Founded": "date", "=Words": "text"}

# Neither what XML cannot hold, nor what makes a text file binary.
HOSTILE = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t", exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=25,
) | st.sampled_from(
    [
        "=1+1",
        "+SUM(A1)",
        "-2+3+cmd|' /C calc'!A0",
        "@x",
        "＝1",
        " \u200b=1",
        "00123",
        "12345678901234567890",
        "+49 30 1234",
        "-5",
        "TRUE",
        "1e5",
        "'quoted",
        " blanks ",
        "a\nb",
        'say "hi", then; go|on',
        "_x0041_",
        "<b>&amp;</b>",
        "𝄞 e\u0301 \u202e",
        "NaN",
        "#N/A",
    ]
)
MOMENTS = st.datetimes(min_value=datetime(1900, 3, 1), max_value=datetime(9999, 12, 30)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)
TYPED: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    HOSTILE,
    st.integers(-(2**53), 2**53),
    # openpyxl writes no more than 16 digits.
    st.floats(-1e9, 1e9).map(lambda number: round(number, 6)),
    st.booleans(),
    MOMENTS,
    st.times().map(lambda at: at.replace(microsecond=0)),
)


def research(company: list[str], url: str, confidence: float) -> dict[str, Any]:
    return {
        "person": [],
        "company": [{"id": "c1", "text": text, "source_ids": [], "snippet": ""} for text in company],
        "signals": [],
        "sources": [{"id": "s1", "url": url, "kind": "news"}],
        "confidence": confidence,
        "as_of": "2026-11-27T12:00:00+00:00",
        "sandboxed": False,
    }


RESEARCH = st.builds(research, st.lists(HOSTILE, max_size=2), HOSTILE, st.floats(0, 1))
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "Sells": st.lists(HOSTILE, max_size=3).map(lambda value: {"value": value}),
        "Sites": (st.integers(0, 10**9) | HOSTILE).map(lambda value: {"value": value}),
        "Hiring?": st.booleans().map(lambda value: {"value": value}),
        "Founded": (st.dates(date(1950, 1, 1)).map(str) | HOSTILE).map(lambda value: {"value": value}),
        "=Words": (HOSTILE | st.none()).map(lambda value: {"value": value}),
    },
)


@dataclass(frozen=True)
class Outcome:
    """What a row comes out as."""

    status: str
    research: dict[str, Any] | None
    line: str | None
    reason: str | None
    extra: dict[str, Any]


OUTCOMES = st.one_of(
    st.builds(Outcome, st.just("enriched"), RESEARCH, HOSTILE, st.none(), ANSWERS),
    st.builds(Outcome, st.just("degraded"), st.none(), HOSTILE, HOSTILE, ANSWERS),
    st.builds(Outcome, st.sampled_from(["failed", "skipped"]), st.none(), st.none(), HOSTILE, st.just({})),
    st.builds(Outcome, st.just("pending"), st.none(), st.none(), st.none(), st.just({})),
)


@st.composite
def tables(draw: st.DrawFn, cells: st.SearchStrategy[Cell]) -> tuple[list[str], Table]:
    """A header, in which names may come twice, and ragged rows. The first and the last cell bound the table."""
    names = st.sampled_from(["Name", "name", "Name", "=Sum", "sif_research", "Straße, 1", "Land"])
    header = ["First", *draw(st.lists(names, max_size=3)), "Last"]
    rows = draw(st.lists(st.lists(cells, max_size=len(header) - 1), min_size=1, max_size=6))
    return header, [["row", *row] for row in rows]


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]], delimiter: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return text.getvalue().encode()


def as_xlsx(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """By openpyxl, kept from taking text for formulas."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Summary")

    def cell(value: Any) -> Any:
        made = WriteOnlyCell(sheet, value=escaped(value) if isinstance(value, str) else value)
        if isinstance(value, str):
            made.data_type = "s"
        return made

    for row in [header, *rows]:
        sheet.append([cell(value) for value in row])
    book.save(file := io.BytesIO())
    return file.getvalue()


def escaped(text: str) -> str:
    """As a cell's text is written: openpyxl leaves what looks like an escape to be read as one (ECMA-376, ST_Xstring)."""
    return escape(re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text))


async def uploaded(storage: Storage, content: bytes, **options: Any) -> tuple[list[Cell], str | None, list[ChunkRef]]:
    """Read as the service reads, and stored as it stores."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        *segments, found = read_in_process(
            Path(file.name), max_text_chars=10**7, options=ReadingOptions(header_row=1, **options)
        )
    refs: list[ChunkRef] = []
    for number, segment in enumerate(segments):
        assert isinstance(segment, Segment)
        await storage.put(key := f"segments/{number}", segment.data)
        for place in segment.chunks:
            where = place.first_row_no, place.row_count, key, place.byte_offset, place.byte_length
            refs.append(ChunkRef(place.chunk_no, *where))
    assert isinstance(found, dict)
    columns: Any = found["columns"]
    sheet: Any = found.get("sheet")
    return [cell_from_json(column["header"]) for column in columns], sheet, refs


async def merged(content: bytes, outcomes: Sequence[Outcome], *, flat: bool, **options: Any) -> Merged:
    """The way of a sheet through the service, with the real child that writes."""
    with tempfile.TemporaryDirectory() as folder:
        storage = Storage.from_url(f"file://{folder}")
        header, name, refs = await uploaded(storage, content, **options)
        read = [row.cells async for row in stream_rows(storage, refs)]

        async def results() -> AsyncIterator[StoredResult]:
            for row_no, found in enumerate(outcomes[: len(read)], 1):
                yield StoredResult(row_no, found.status, found.research, found.line, found.reason, extra=found.extra)

        await write_exports(
            storage=storage,
            plan=SheetPlan(header, FACTS, name=name, extras=EXTRAS, flat=flat),
            refs=refs,
            outcomes=results(),
            rows_total=len(read),
            keys={"xlsx": "result.xlsx", "csv": "result.csv"},
            memory_bytes=1024**3,
        )
        return Merged(header, read, await storage.get("result.xlsx"), await storage.get("result.csv"))


@dataclass(frozen=True)
class Merged:
    """What was read, and what came of it."""

    header: list[Cell]
    read: Table
    xlsx: bytes
    csv: bytes

    def expected(self, outcomes: Sequence[Outcome], *, flat: bool) -> Table:
        """The sheet as it should be."""
        new = ["sif_research", *(FLAT_COLUMNS if flat else ()), "sif_personalized", *EXTRAS]
        rows: Table = [[*self.header, *new]]
        for cells, found in zip(self.read, outcomes, strict=False):
            research = None if found.research is None else orjson.dumps(found.research).decode()
            flats = flat_cells(status=found.status, reason=found.reason, research=found.research) if flat else []
            extras = [extra_cell(found.extra.get(name), kind=kind) for name, kind in EXTRAS.items()]
            blanks = [None] * (len(self.header) - len(cells))
            rows.append([*cells, *blanks, research, *flats, found.line, *extras])
        return rows

    def by_openpyxl(self) -> Table:
        sheet = openpyxl.load_workbook(io.BytesIO(self.xlsx)).worksheets[0]
        return [[comparable(unescaped(cell)) for cell in row] for row in sheet.iter_rows()]

    def by_calamine(self) -> Table:
        rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(self.xlsx)).get_sheet_by_index(0).to_python()
        return [[comparable(None if cell == "" else cell) for cell in row] for row in rows]

    def by_csv(self) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.csv.decode(), newline="")))


def unescaped(cell: Any) -> Any:
    assert cell.data_type != "f", "a text has become a formula"
    return unescape(cell.value) if isinstance(cell.value, str) else cell.value


def comparable(cell: Any) -> Any:
    """Readers differ in what they call a day, a time and a whole number; text, truth and blanks they all tell apart."""
    if isinstance(cell, datetime):
        return ("moment", cell.replace(microsecond=0))
    if isinstance(cell, date):
        return ("moment", datetime(cell.year, cell.month, cell.day))  # noqa: DTZ001 - sheets know no zones
    if isinstance(cell, time):
        return ("span", timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second))
    if isinstance(cell, timedelta):
        return ("span", cell)
    if isinstance(cell, bool) or cell is None or isinstance(cell, str):
        return (type(cell).__name__, cell)
    return ("number", float(cell))


def check(made: Merged, outcomes: Sequence[Outcome], *, flat: bool) -> None:
    expected = made.expected(outcomes, flat=flat)
    in_workbook = [[comparable(cell) for cell in row] for row in expected]
    assert made.by_openpyxl() == in_workbook
    assert made.by_calamine() == in_workbook
    assert made.by_csv() == [[csv_text(cell) for cell in row] for row in expected]


# Each example starts a process: making a small one of a failing one would take minutes.
PROFILE = settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
OUTCOMES_OF_ALL = st.lists(OUTCOMES, min_size=6, max_size=6)


@settings(PROFILE)
@given(
    table=tables(HOSTILE),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    outcomes=OUTCOMES_OF_ALL,
    flat=st.booleans(),
)
def test_any_csv_comes_back_as_the_same_table(
    table: tuple[list[str], Table], delimiter: str, outcomes: list[Outcome], flat: bool
) -> None:
    """Red when a cell, a row, their order, a header or an outcome is lost or changed anywhere on the way."""
    header, rows = table
    content = as_csv(header, rows, delimiter)
    made = asyncio.run(merged(content, outcomes, flat=flat, delimiter=delimiter, quotechar='"', encoding="utf-8"))
    assert made.header == header
    assert [trimmed(row) for row in made.read] == [trimmed(row) for row in rows]
    check(made, outcomes, flat=flat)


@settings(PROFILE)
@given(table=tables(TYPED), outcomes=OUTCOMES_OF_ALL, flat=st.booleans())
def test_any_workbook_comes_back_as_the_same_table_with_its_types(
    table: tuple[list[str], Table], outcomes: list[Outcome], flat: bool
) -> None:
    """Red when besides a type is lost: a date as a number, a long number as another one, a text as a formula."""
    header, rows = table
    made = asyncio.run(merged(as_xlsx(header, rows), outcomes, flat=flat))
    assert made.header == header
    read = [[comparable(cell) for cell in trimmed(row)] for row in made.read]
    assert read == [[comparable(cell) for cell in trimmed(row)] for row in rows]
    check(made, outcomes, flat=flat)


def trimmed(row: Sequence[Cell]) -> list[Cell]:
    """Without blank cells at its end: whether a ragged row has them nobody can see."""
    cells = [None if cell == "" else cell for cell in row]
    while cells and cells[-1] is None:
        cells.pop()
    return cells
