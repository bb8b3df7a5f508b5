"""A line leaves only when a program has found nothing wrong with it."""

from __future__ import annotations

import pytest

from services.enrich.domain.lead import Lead, read_lead
from services.enrich.domain.lines.line import CHECKS, Draft, Rules, check_line, plain_line, read_draft
from services.enrich.domain.lines.wording import WORDINGS
from services.enrich.domain.research import Statement, UnreadableAnswer

MAPPING = {"company": "c", "website": "w", "first_name": "f", "last_name": "l", "title": "t"}
RULES = Rules(max_words=30, language="en", offer="Drum Watch")
STATEMENTS = [
    Statement(
        "g1", "signals", "Halden opened a second line in Fredrikstad.", ("s1",), "opened a second line in Fredrikstad"
    ),
    Statement("c1", "company", "It has 140 employees.", ("s2",), "has 140 employees"),
]
GOOD = "Ingrid, I read that Halden opened a second line in Fredrikstad – what comes next?"


def lead(**cells: str) -> Lead:
    given = {"c": "Halden", "w": "haldenlube.example", "f": "Ingrid", "l": "Solheim", "t": "Head of Sales"} | cells
    return read_lead(1, given, MAPPING)


def problems(text: str, *ids: str, row: Lead | None = None, rules: Rules = RULES) -> list[str]:
    return check_line(Draft(text, ids or ("g1",)), row or lead(), STATEMENTS, rules)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "Hi Ingrid, congratulations on the second line in Fredrikstad!",
        "Dear Ms Solheim, the second line in Fredrikstad caught my eye.",
        "I read about Halden's second line in Fredrikstad. How is it going?",
        "Congratulations, a second line is a big step. Would Drum Watch be of use at Halden?",
    ],
)
def test_a_line_that_says_only_what_is_backed_passes(text: str) -> None:
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("word " * 31, "31 words"),
        ("Alex, I read that Halden opened a second line.", "addresses Alex; the right name is Ingrid"),
        ("Hello Bob, I read that Halden opened a second line.", "addresses Bob"),
        ("Bob2, I read that Halden opened a second line.", "addresses Bob2"),
        ("Ingrid, see https://evil.example/x about the second line.", "not the company's: https://evil.example/x"),
        ("Ingrid, see evil.com about the second line.", "evil.com"),
        ("Ingrid, write to me@evil.example about the line.", "me@evil.example"),
        ("Ingrid, I like your {product}.", "placeholder"),
        ("Hi [First Name], a second line!", "placeholder"),
        ("Ingrid, I read that Halden raised 40 million euros.", "mentions 40"),
        ("Ingrid, I read that Halden moved to Lisbon.", "mentions Lisbon"),
    ],
)
def test_a_line_is_refused_with_a_reason_the_model_can_act_on(text: str, why: str) -> None:
    """Red when a check of the line is taken out."""
    assert any(why in problem for problem in problems(text)), problems(text)


def test_a_line_must_rest_on_statements_that_exist() -> None:
    assert any("names none" in problem for problem in check_line(Draft(GOOD, ()), lead(), STATEMENTS, RULES))
    assert any("names g7" in problem for problem in problems(GOOD, "g7"))


def test_a_number_of_a_statement_that_is_not_cited_is_not_backed() -> None:
    text = "Ingrid, I read that Halden has 140 employees."
    assert problems(text, "c1") == []
    assert any("140" in problem for problem in problems(text, "g1"))


def test_an_address_of_the_row_may_be_said() -> None:
    assert problems("Ingrid, I read on haldenlube.example about the second line.") == []


def test_without_a_first_name_nobody_is_addressed() -> None:
    row = lead(f="", l="")
    assert any("address nobody" in problem for problem in problems("Ingrid, a second line!", row=row))


@pytest.mark.parametrize("language", [*WORDINGS, "xx", "de-AT", ""])
def test_the_plain_line_passes_every_check_but_that_it_claims_nothing(language: str) -> None:
    """Red when a plain line would be refused: in a language, without a name, without a company."""
    but_evidence = {name: check for name, check in CHECKS.items() if name != "evidence"}
    for row in (lead(), lead(f="", l=""), lead(c="")):
        for words in (10, 30):
            line = plain_line(row, language, max_words=words)
            rules = Rules(words, language)
            assert check_line(Draft(line, ("g1",)), row, STATEMENTS, rules, checks=but_evidence) == []


def test_the_plain_line_avoids_what_is_forbidden() -> None:
    """Red when the plain line names a company whose name is a forbidden word."""
    assert "Halden" in plain_line(lead(), "en")
    assert "Halden" not in plain_line(lead(), "en", forbidden=["halden"])


def test_braces_in_a_company_name_do_not_break_the_plain_line() -> None:
    assert "{0} & {x}" in plain_line(lead(c="{0} & {x}"), "en")


@pytest.mark.parametrize("answer", [None, "x", {}, {"line": "x"}, {"line": 1, "statement_ids": []}])
def test_an_answer_of_another_form_is_no_answer(answer: object) -> None:
    with pytest.raises(UnreadableAnswer):
        read_draft(answer)
