"""Workbooks: cells with their types, sheets, and what only one of the libraries can open."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from tests.unit.ingest.reading.steps import Reader, workbook


def test_cells_of_a_workbook_keep_their_types(read: Reader) -> None:
    """P1. Red when a leading zero, a date or a number becomes something else."""
    row: list[Any] = [
        "00123",
        42,
        1.5,
        True,
        date(2024, 2, 3),
        datetime(2024, 2, 3, 4, 5, 6),  # noqa: DTZ001 - sheets know no zones
        time(4, 5, 6),
        timedelta(hours=30),
        None,
        "end",
    ]
    result = read(workbook(("Leads", [["h"] * 10, row])))
    assert result.rows == [row]
    assert [type(cell) for cell in result.rows[0]] == [type(cell) for cell in row]
    assert (result.found["kind"], result.found["sheet"]) == ("xlsx", "Leads")


def test_the_first_visible_sheet_with_rows_is_taken(read: Reader) -> None:
    book = workbook(
        ("Secret", [["Name"], ["hidden"]]),
        ("Empty", []),
        ("Title", [["only a header"]]),
        ("Leads", [["Name"], ["Acme"]]),
        hidden=("Secret",),
    )
    result = read(book)
    assert result.found["sheet"] == "Leads"
    assert result.rows == [["Acme"]]


def test_empty_columns_and_rows_before_a_table_are_part_of_the_sheet(read: Reader) -> None:
    result = read(workbook(("Leads", [[], [None, "Name", "City"], [None, "Acme", "Bonn"]])))
    assert result.header == [None, "Name", "City"]
    assert result.rows == [[None, "Acme", "Bonn"]]
    assert result.found["header_row"] == 2
