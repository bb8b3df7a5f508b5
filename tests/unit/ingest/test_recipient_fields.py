"""The other columns of a recipient's row: all of them, alike in every row, and no more than a message can carry."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.recipient_fields import MAX_FIELD_CHARS, MAX_FIELDS, columns_beside, fields_of, fitted


def test_every_row_has_the_same_names_also_where_it_ends_early() -> None:
    """Red when a short row lacks a field that a template names: its mail could not be made."""
    columns = columns_beside(["Email", "Team", "Size"], {0})
    assert fields_of(["a@b.example", " Ops "], columns) == {"Team": "Ops", "Size": ""}
    assert fields_of(["a@b.example", "Ops", "12", "x"], columns) == {"Team": "Ops", "Size": "12"}


def test_of_a_very_wide_sheet_the_first_columns_are_kept() -> None:
    """Red when a sheet of thousands of columns makes a message nobody can take."""
    names = [f"C{n}" for n in range(1000)]
    assert len(columns_beside(names, {0})) == MAX_FIELDS
    assert fields_of(["x" * 6000], [(0, "C0")]) == {"C0": "x" * MAX_FIELD_CHARS}


@given(
    st.lists(st.dictionaries(st.text(max_size=8), st.text(max_size=3000), max_size=6), min_size=1, max_size=8),
    st.integers(min_value=50, max_value=4000),
)
def test_a_part_is_never_more_than_its_bytes_and_cut_alike_again(rows: list[dict[str, str]], limit: int) -> None:
    """Red when a part with long cells exceeds what the bus takes, or is another when it is made again."""
    kept = fitted(rows, max_bytes=limit)
    assert len(kept) == len(rows)
    assert sum(len(orjson.dumps(row)) for row in kept) <= limit
    assert kept == fitted(rows, max_bytes=limit)
    for row, whole in zip(kept, rows, strict=True):
        assert all(whole[name].startswith(text) for name, text in row.items())


def test_what_fits_is_not_cut() -> None:
    """Red when everybody's cells are cut because somebody's might be long."""
    rows = [{"A": "x" * 3000}, {"A": "y"}]
    assert fitted(rows, max_bytes=10_000) == rows
