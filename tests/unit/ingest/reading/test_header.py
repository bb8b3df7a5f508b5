"""Where the header is when nobody said: below titles, or nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.header_row import NO_HEADER, find_header
from services.ingest.reading.refusals import Refused
from tests.unit.ingest.reading.steps import Reader, workbook

TITLED = [["Leads export"], [], ["Made", "2026-01-01"], ["Name", "E-Mail", "City", "Size", "Note"]]
DATA = [["Ann", "ann@acme.example", "Bonn", "5", "a"], ["Bob", "bob@beta.example", "Ulm", "6", "x"]]


def test_titles_above_the_header_are_stepped_over_and_counted(read: Reader) -> None:
    """Red when the title becomes the only header, or nobody is told that rows were left out."""
    text = "\n".join(",".join(cell or "" for cell in row) for row in TITLED + DATA)
    for content in (text.encode(), workbook(("Leads", TITLED + DATA))):
        result = read(content)
        assert result.names == ["Name", "E-Mail", "City", "Size", "Note"]
        assert (result.found["header_row"], result.found["skipped_rows"]) == (4, 2)
        assert [row[0] for row in result.rows] == ["Ann", "Bob"]


def test_without_a_header_no_lead_is_taken_for_one(read: Reader) -> None:
    """P1. Red when the first lead is lost as a header."""
    result = read(b"\nann@acme.example,Ann\nbob@beta.example,Bob\n")
    assert (result.found["header_row"], result.names) == (NO_HEADER, ["Column 1", "Column 2"])
    assert result.rows == [[], ["ann@acme.example", "Ann"], ["bob@beta.example", "Bob"]], "rows keep their numbers"
    assert result.found["mapping"]["email"] == 0


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        ([["Name", None], ["Acme", "Bonn"]], 1),
        ([["Leads"], ["Name", "City"], ["Acme", "Bonn"], ["Beta", "Ulm"]], 2),
        ([["Leads", None], [None, None], ["Name", "City"], ["Acme", "Bonn"], ["Beta", "Ulm"]], 3),
        ([["E-Mail"], ["ann@acme.example"]], 1),
        ([["ann@acme.example"], ["bob@beta.example"]], NO_HEADER),
        ([["https://acme.example", "Acme"], ["www.beta.example", "Beta"]], NO_HEADER),
        ([["+49 89 1234567", "Ann"], ["+49 89 7654321", "Bob"]], NO_HEADER),
        ([["Year", 2021, 2022, 2023], ["Acme", 1, 2, 3]], 1),
        ([["Contact (e.g. ann@acme.example)", "Company"], ["x", "y"]], 1),
        ([], NO_HEADER),
        ([[None], []], NO_HEADER),
    ],
)
def test_the_header_is_the_first_row_that_looks_like_one(rows: list[list[Any]], number: int) -> None:
    assert find_header(rows) == number


@given(st.lists(st.lists(st.none() | st.text(max_size=3) | st.integers(), max_size=5), max_size=30))
def test_any_beginning_has_an_answer_and_it_is_a_row_with_something_in_it(rows: list[list[Any]]) -> None:
    number = find_header(rows)
    assert number == NO_HEADER or any(cell is not None for cell in rows[number - 1])


def test_the_header_may_be_told(read: Reader) -> None:
    content = b"Name,City\nAcme,Bonn\nBeta,Ulm\n"
    told = read(content, header_row=2)
    assert (told.names, told.rows, told.found["skipped_rows"]) == (["Acme", "Bonn"], [["Beta", "Ulm"]], 1)
    none = read(content, header_row=0)
    assert (none.names, len(none.rows), none.header) == (["Column 1", "Column 2"], 3, [None, None])
    blank = read(b"Name\n\nAcme\n", header_row=2)
    assert (blank.names, blank.rows) == (["Column 1"], [["Acme"]])
    with pytest.raises(Refused) as refused:
        read(content, header_row=4)
    assert refused.value.code == "option_invalid"
