"""Only what a program finds in its source stays in the research."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.enrich.domain.found import Found, confidence
from services.enrich.domain.research import (
    Claim,
    UnreadableAnswer,
    check_research,
    read_claims,
)
from services.enrich.domain.sources import Source

TEXT = "Halden  Lubricants opened a second\nblending line in Fredrikstad. It makes 9,000 tonnes a year."
SOURCE = Source("s1", "news", "https://paper.example/1", "Halden opens", TEXT, "Sep 14, 2026")
SITE = Source("s2", "website", "https://haldenlube.example/", "Halden", "We blend every litre beside the harbour.")
CLAIM = Claim("signals", "Halden opened a second line.", ("s1",), "opened a second blending line in Fredrikstad")


def test_a_snippet_is_found_whatever_its_case_and_spaces() -> None:
    claim = replace(CLAIM, snippet="HALDEN LUBRICANTS opened a second   blending line")
    (kept,) = check_research([claim], [SOURCE]).statements
    assert (kept.id, kept.source_ids) == ("g1", ("s1",))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"snippet": "opened a third blending line in Fredrikstad"}, "not in the source it names"),
        ({"source_ids": ("s9",)}, "a source that does not exist: s9"),
        ({"source_ids": ("s1", "s9")}, "a source that does not exist: s9"),
        ({"source_ids": ()}, "a source that does not exist: none"),
        ({"source_ids": ("s2",)}, "not in the source it names"),
        ({"snippet": "a"}, "too short"),
        ({"snippet": ""}, "too short"),
        ({"text": ""}, "empty statement"),
        ({"text": "Halden invested 40 million."}, "a number that its source does not: 40"),
    ],
)
def test_what_cannot_be_backed_is_dropped(change: dict[str, object], why: str) -> None:
    """Red when a check of the evidence is taken out."""
    checked = check_research([replace(CLAIM, **change)], [SOURCE, SITE])
    assert checked.statements == []
    assert why in checked.dropped[0]


def test_of_several_sources_only_those_that_hold_the_snippet_are_cited() -> None:
    (kept,) = check_research([replace(CLAIM, source_ids=("s2", "s1"))], [SOURCE, SITE]).statements
    assert kept.source_ids == ("s1",)


def test_confidence_grows_with_the_evidence_and_not_with_the_model() -> None:
    site = Claim("company", "They blend.", ("s2",), "We blend every litre")
    person = Claim("person", "She opened it.", ("s1",), "opened a second blending line")
    sources = [SOURCE, SITE]

    def of(*claims: Claim) -> float:
        return confidence(Found(sources, check_research(claims, sources).statements, offered=len(claims)))

    diluted = of(CLAIM, replace(CLAIM, snippet="was never said anywhere"))
    assert 0 < diluted < of(CLAIM) < of(CLAIM, site) < of(CLAIM, site, person) <= 1
    assert of() == 0


@given(snippet=st.text(max_size=80))
def test_nothing_is_kept_whose_words_are_not_in_the_source(snippet: str) -> None:
    for kept in check_research([replace(CLAIM, snippet=snippet)], [SOURCE]).statements:
        assert " ".join(kept.snippet.split()).casefold() in " ".join(TEXT.split()).casefold()


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"person": [], "company": []},
        {"person": {}, "company": [], "signals": []},
        {"person": ["x"], "company": [], "signals": []},
        {"person": [{"text": "x", "snippet": 3, "source_ids": []}], "company": [], "signals": []},
    ],
)
def test_an_answer_of_another_form_is_no_answer(answer: object) -> None:
    with pytest.raises(UnreadableAnswer):
        read_claims(answer)


def test_strength_and_date_are_kept_within_bounds() -> None:
    entry = {"text": "t", "snippet": "a b c", "source_ids": ["s1"], "strength": 99, "date": ""}
    (claim,) = read_claims({"person": [], "company": [], "signals": [entry]})
    assert (claim.strength, claim.date) == (3, None)
