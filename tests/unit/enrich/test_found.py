"""The parts of a row's research joined: numbered anew, each page once, the person's out of what others share."""

from __future__ import annotations

from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from services.enrich.domain.columns import Answer
from services.enrich.domain.found import Found, cited, confidence, join
from services.enrich.domain.lead import read_lead
from services.enrich.domain.products.product_rules import Inferred
from services.enrich.domain.research import Category, Statement
from services.enrich.domain.sources import Source

LEAD = read_lead(1, {"c": "Halden", "n": "Ingrid Solheim"}, {"company": "c", "full_name": "n"})
SITE = Source("s1", "website", "https://halden.example/", "Halden", "")
PAPER = Source("s2", "news", "https://paper.example/1?utm_source=x", "Paper", "")
SAME_PAPER = Source("s1", "search", "http://www.paper.example/1/", "Paper", "")


def statement(category: Category, snippet: str, *source_ids: str, **more: object) -> Statement:
    made = Statement("?", category, f"{snippet}.", source_ids, snippet)
    return replace(made, **more)


def test_a_page_that_both_parts_cite_is_one_source_and_ids_are_unique() -> None:
    company = Found([SITE, PAPER], [statement("company", "it blends oil", "s1", "s2")], offered=1)
    person = Found([SAME_PAPER], [statement("person", "she opened it", "s1")], offered=1)
    joined = join(company, person, LEAD)
    assert [(one.id, one.url) for one in joined.sources] == [("s1", SITE.url), ("s2", PAPER.url)]
    assert [(one.id, one.source_ids) for one in joined.statements] == [("p1", ("s2",)), ("c1", ("s1", "s2"))]


def test_what_the_companys_part_says_of_the_person_is_left_to_the_persons() -> None:
    """Red when a colleague's row is told about this row's person, or this row twice."""
    company = Found([SITE], [statement("company", "Ingrid Solheim joined Halden", "s1")], offered=1)
    assert company.without_person(LEAD).statements == []
    assert join(company, Found(), LEAD).statements == []
    stranger = read_lead(1, {"c": "Halden", "n": "Henrik Dahl"}, {"company": "c", "full_name": "n"})
    assert len(join(company, Found(), stranger).statements) == 1


def test_of_the_signals_of_both_parts_the_strongest_stay_and_each_snippet_once() -> None:
    weak = [statement("signals", f"weak signal {nth}", "s1", strength=1) for nth in range(5)]
    strong = statement("signals", "strong signal", "s1", strength=3, date="2026-09-14")
    joined = join(Found([SITE], [*weak, strong], offered=6), Found([SITE], [strong], offered=1), LEAD)
    assert [one.snippet for one in joined.statements] == ["strong signal", *(f"weak signal {nth}" for nth in range(4))]
    assert [one.id for one in joined.statements] == ["g1", "g2", "g3", "g4", "g5"]


def test_the_companys_answer_goes_before_the_persons_and_its_source_is_listed() -> None:
    ours = Answer(240, ("s1",), "240 people")
    company = Found([SITE, PAPER], answers={"Staff": ours}, inferred=Inferred("additive", ("s2",), "it blends oil"))
    person = Found(
        [SAME_PAPER], answers={"Staff": replace(ours, value=9), "Buys": Answer(True, ("s1",), "she buys it")}
    )
    joined = join(company, person, LEAD)
    assert joined.answers["Staff"].value == 240
    assert joined.answers["Buys"].source_ids == ("s2",)
    assert joined.inferred is not None
    assert joined.inferred.source_ids == ("s2",)
    assert [one.id for one in joined.sources] == ["s1", "s2"]


def test_of_what_was_turned_away_ten_are_told_each_once() -> None:
    turned_away = [(f"https://x.example/{nth}", "is a namesake") for nth in range(8)]
    joined = join(Found(rejected=turned_away), Found(rejected=[*turned_away, ("https://y.example", "a")] * 3), LEAD)
    assert len(joined.rejected) == 9
    assert (
        len(join(Found(rejected=turned_away * 2), Found(rejected=[("u", str(n)) for n in range(9)]), LEAD).rejected)
        == 10
    )


def test_confidence_follows_the_evidence_of_both_parts() -> None:
    """The table of the formula. Red when one of its terms is left out."""
    company, paper = statement("company", "it blends oil", "s1"), statement("company", "it opened a line", "s2")
    person = statement("person", "she opened it", "s2")
    signal = statement("signals", "opened in May", "s2", date="2026-05-02")
    table = [
        (Found(), 0.0),
        (Found([PAPER], [paper], offered=1), 0.45),
        (Found([PAPER], [paper], offered=2), 0.35),
        (Found([SITE], [company], offered=1), 0.65),
        (Found([SITE, PAPER], [company, paper], offered=2), 0.8),
        (Found([SITE, PAPER], [company, person], offered=2), 0.95),
        (Found([SITE, PAPER], [company, person, signal], offered=3), 1.0),
    ]
    assert [confidence(found) for found, _ in table] == [expected for _, expected in table]


@given(
    st.lists(st.sampled_from(["person", "company", "signals"]), max_size=20),
    st.lists(st.sampled_from(["s1", "s2"]), min_size=1, max_size=2, unique=True),
)
def test_what_is_stored_is_read_back_and_every_cited_source_is_there(
    categories: list[Category], source_ids: list[str]
) -> None:
    """Red when a stage forgets something, or a joined row cites what it does not list."""
    statements = [statement(one, f"snippet number {nth}", *source_ids) for nth, one in enumerate(categories)]
    part = cited([SITE, PAPER], Found([], statements, [("u", "why")], offered=len(statements), read=2))
    assert Found.from_json(orjson.loads(orjson.dumps(part))) == replace(
        part, sources=list(part.sources), statements=list(part.statements)
    )
    joined = join(part, part, LEAD)
    assert {one for kept in joined.statements for one in kept.source_ids} <= {one.id for one in joined.sources}
