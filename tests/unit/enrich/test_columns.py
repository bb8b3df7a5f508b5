"""Answers to extra columns: of their type, with evidence a program finds, or unknown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.enrich.domain.columns import Column, ColumnKind, answers_form, check_answers
from services.enrich.domain.evidence import texts_of, values_of
from services.enrich.domain.research import UnreadableAnswer
from services.enrich.domain.sources import Source

TEXT = (
    "Halden Lubricants was founded in 1974 and has 1,240 employees. It supplies hydraulic oil, gear oil and greases to"
    " shipyards. The new hall opened on 14 September 2026. Turnover rose to 2.5 million euros. We are hiring a planner."
    " Write to office@haldenlube.example."
)
SOURCE = Source("s1", "website", "https://haldenlube.example/", "Halden", TEXT)
OTHER = Source("s2", "news", "https://paper.example/", "Paper", "Nothing of the kind is said here.")
TEXTS = texts_of([SOURCE, OTHER])


def checked(kind: ColumnKind, value: object, snippet: str, source_ids: tuple[str, ...] = ("s1",)) -> object:
    column = Column("x1", "Column", "What is asked", kind)
    answer = {"extra": {"x1": {"value": value, "source_ids": list(source_ids), "snippet": snippet}}}
    found = check_answers(answer, [column], TEXTS)
    return found["Column"].value if found else None


@pytest.mark.parametrize(
    ("kind", "value", "snippet", "kept"),
    [
        ("number", 1240, "has 1,240 employees", 1240),
        ("number", 1240.0, "has 1,240 employees", 1240),
        ("number", 2_500_000, "rose to 2.5 million euros", 2_500_000),
        ("number", 2.5, "rose to 2.5 million euros", None),
        ("number", 1300, "has 1,240 employees", None),
        ("number", "1240", "has 1,240 employees", None),
        ("number", True, "has 1,240 employees", None),
        ("boolean", True, "We are hiring a planner", True),
        ("boolean", False, "We are hiring a planner", False),
        ("boolean", "yes", "We are hiring a planner", None),
        ("date", "1974", "founded in 1974 and has", "1974"),
        ("date", "1975", "founded in 1974 and has", None),
        ("date", "2026-09-14", "opened on 14 September 2026", "2026-09-14"),
        ("date", "2026-09-15", "opened on 14 September 2026", None),
        ("date", "last autumn", "opened on 14 September 2026", None),
        ("list", ["hydraulic oil", "gear oil", "paint"], "supplies hydraulic oil, gear oil", ["hydraulic oil", "gear oil"]),
        ("list", ["paint"], "supplies hydraulic oil, gear oil", None),
        ("list", [], "supplies hydraulic oil, gear oil", None),
        ("text", "Oils and greases for shipyards", "greases to shipyards. The", "Oils and greases for shipyards"),
        ("text", "It has 9 halls", "The new hall opened", None),
        ("text", "Write to evil@elsewhere.example", "The new hall opened", None),
        ("text", "At office@haldenlube.example", "Write to office@haldenlube.example", "At office@haldenlube.example"),
        ("text", "", "The new hall opened", None),
        ("text", None, "The new hall opened", None),
    ],
)  # fmt: skip
def test_an_answer_is_kept_only_as_far_as_its_evidence_goes(
    kind: ColumnKind, value: object, snippet: str, kept: object
) -> None:
    """Red when an answer of the wrong type, or one that its snippet does not state, gets into a sheet."""
    assert checked(kind, value, snippet) == kept


@pytest.mark.parametrize(
    ("snippet", "source_ids"),
    [
        ("has 1,240 people on board", ("s1",)),
        ("has 1,240 employees", ("s2",)),
        ("has 1,240 employees", ("s9",)),
        ("", ()),
    ],
)
def test_without_a_snippet_that_stands_in_its_source_an_answer_is_unknown(
    snippet: str, source_ids: tuple[str, ...]
) -> None:
    """Red when the evidence is not looked for."""
    assert checked("number", 1240, snippet, source_ids) is None


@pytest.mark.parametrize("entry", [None, [], {}, {"value": 1}, {"value": 1, "source_ids": "s1", "snippet": "a b c"}])
def test_one_answer_without_form_leaves_the_others_alone(entry: Any) -> None:
    columns = [Column("x1", "A", "", "number"), Column("x2", "B", "", "boolean")]
    other = {"value": True, "source_ids": ["s1"], "snippet": "We are hiring a planner"}
    assert set(check_answers({"extra": {"x1": entry, "x2": other}}, columns, TEXTS)) == {"B"}


def test_an_answer_without_the_part_of_the_columns_is_no_answer() -> None:
    """Red when a model that forgets the columns is believed: it would not be asked again."""
    with pytest.raises(UnreadableAnswer):
        check_answers({"company": []}, [Column("x1", "A", "", "number")], TEXTS)
    assert check_answers({"company": []}, [], TEXTS) == {}


def test_the_form_asks_for_every_column_in_its_type_and_leaves_nothing_else() -> None:
    form = answers_form([Column("x1", "A", "how many", "number"), Column("x2", "B", "which", "list")])
    assert form["required"] == ["x1", "x2"]
    assert form["additionalProperties"] is False
    assert form["properties"]["x1"]["properties"]["value"] == {"type": ["number", "null"], "description": "A: how many"}
    assert form["properties"]["x2"]["properties"]["value"]["type"] == "array"


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(), st.lists(st.text())))
def test_whatever_a_model_says_is_of_the_columns_type_or_unknown(value: object) -> None:
    """Red when a value of another type passes: the sheet's column would hold it."""
    types = {"number": (int, float), "boolean": bool, "date": str, "list": list, "text": str}
    for kind in ("text", "number", "boolean", "date", "list"):
        found = checked(kind, value, "founded in 1974 and has 1,240 employees")
        assert found is None or isinstance(found, types[kind])
        assert kind == "boolean" or not isinstance(found, bool)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("9,000 tonnes", {9000.0, 9.0}),
        ("1 200 Mitarbeiter", {1200.0}),
        ("in 1987, 240 people", {1987.0, 240.0}),
        ("in 2024 300 people", {2024.0, 300.0}),
        ("3,5 Prozent", {3.5}),
        ("1.234,5 Tonnen", {1234.5}),
        ("250k followers", {250_000.0}),
        ("2.5 million", {2_500_000.0}),
        ("12 Mio. Euro", {12_000_000.0}),
        ("none", set[float]()),
    ],
)
def test_figures_are_read_as_people_write_them(text: str, values: set[float]) -> None:
    assert values_of(text) == values
