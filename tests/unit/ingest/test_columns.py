"""Names and types of columns."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.columns import column_type, distinct_names, type_of_text


def test_duplicate_and_empty_headers_get_names_of_their_own() -> None:
    assert distinct_names(["Name", "", "Name", " E-mail\n address ", "Name"], width=6) == [
        "Name",
        "Column 2",
        "Name (2)",
        "E-mail address",
        "Name (3)",
        "Column 6",
    ]


def test_a_made_up_name_gives_way_to_a_real_one() -> None:
    assert distinct_names(["Name", "Name", "Name (2)", "", "Column 4"], width=5) == [
        "Name",
        "Name (3)",
        "Name (2)",
        "Column 4 (2)",
        "Column 4",
    ]


@given(headers=st.lists(st.sampled_from(["", " ", "Name", "Name (2)", "Column 1", "Column 2", "x"]), max_size=8))
def test_names_are_always_distinct_and_a_single_header_keeps_its_own(headers: list[str]) -> None:
    names = distinct_names(headers, width=len(headers) + 1)
    assert len(set(names)) == len(headers) + 1
    assert all(names)
    for index, header in enumerate(headers):
        if header.strip() and headers.count(header) == 1:
            assert names[index] == header


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ana@acme.example", "email"),
        ("42", "integer"),
        ("-7", "integer"),
        ("00123", "number"),
        ("1,234.50", "number"),
        ("3,5", "number"),
        ("2024-02-03", "date"),
        ("3.2.2024", "date"),
        ("2024-02-03T04:05:06Z", "datetime"),
        ("acme.example", "url"),
        ("https://acme.example/a b", "text"),
        ("+49 (0)30 1234-567", "phone"),
        ("Yes", "boolean"),
        ("Acme Ltd", "text"),
    ],
)
def test_text_is_recognised_by_its_shape(text: str, kind: str) -> None:
    assert type_of_text(text) == kind


def test_a_column_has_the_type_that_nine_of_ten_filled_cells_share() -> None:
    assert column_type([None, 1, 2.5, 3]) == "number"
    assert column_type([date(2024, 1, 1), None]) == "date"
    assert column_type([datetime(2024, 1, 1, 2)]) == "datetime"  # noqa: DTZ001 - sheets know no zones
    assert column_type(["a@b.example"] * 9 + ["n/a"]) == "email"
    assert column_type(["a@b.example"] * 8 + ["n/a"] * 2) == "text"
    assert column_type([True, 1, date(2024, 1, 1)]) == "mixed"
    assert column_type([None, None]) == "empty"
