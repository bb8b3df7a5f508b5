"""Which rule of a catalogue decides for a row, and what is said of it."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.enrich.domain.folding import Phrase, folded
from services.enrich.domain.lead import read_lead
from services.enrich.domain.products.catalogue import Catalogue, Condition, Field, Operator, Product, Rule
from services.enrich.domain.products.company_size import number_in
from services.enrich.domain.products.product_rules import Inferred, Products
from services.enrich.domain.products.row_facts import RowFacts

MAPPING = {"company": "Firma", "industry": "Branche", "title": "Job", "country": "Land"}
CELLS = {
    "Firma": "Petrava Schmierstoffe GmbH",
    "Branche": "Lubricants",
    "Job": "Head of Purchasing",
    "Land": "Österreich",
    "Mitarbeiter": "51-200",
    "Notes": "Asked for base oils",
}
FOUND = ("Petrava blends gear oils for wind turbines.",)
ADDITIVES = Product("additives", "Additive packages", pitch="packages for gear oils")
DRUMS = Product("drums", "Steel drums", pitch="drums that come back")


def facts(cells: dict[str, str] | None = None, found: tuple[str, ...] = FOUND) -> RowFacts:
    return RowFacts.of(read_lead(1, cells or CELLS, MAPPING), MAPPING, found)


def rule(*conditions: Condition, **about: Any) -> Rule:
    named: dict[str, Any] = {"id": "r", "name": "A rule", "product": "additives", **about}
    return Rule(conditions=conditions, **named)


def tried(*rules: Rule, row: RowFacts | None = None, inferred: Inferred | None = None) -> Any:
    return Products(Catalogue((ADDITIVES, DRUMS), rules), version=3).choose(row or facts(), inferred)


@pytest.mark.parametrize(
    ("condition", "holds", "why"),
    [
        (Condition("industry", "is_any", ("lubricants",)), True, "industry is ‘Lubricants’"),
        (Condition("industry", "is_any", ("lubric",)), False, "industry is ‘Lubricants’, not ‘lubric’"),
        (Condition("industry", "is_any", ("lubric*",)), True, "industry is ‘Lubricants’ (‘lubric*’)"),
        (Condition("industry", "contains_any", ("food", "LUBRICANTS")), True, "industry is ‘Lubricants’"),
        (Condition("industry", "matches_none", ("food",)), True, "industry is ‘Lubricants’, not ‘food’"),
        (Condition("industry", "matches_none", ("lubricants",)), False, "industry is ‘Lubricants’"),
        (Condition("industry", "is_empty"), False, "industry is ‘Lubricants’"),
        (Condition("city", "is_empty"), True, "the row says no city"),
        (Condition("city", "contains_any", ("Kassel",)), False, "the row says no city"),
        (Condition("city", "matches_none", ("Kassel",)), True, "the row says no city"),
        (Condition("country", "is_any", ("osterreich",)), True, "country is ‘Österreich’ (‘osterreich’)"),
        (Condition("title", "contains_any", ("purchasing",)), True, "title is ‘Head of Purchasing’"),
        (Condition("title", "contains_any", ("purchase",)), False, "title is ‘Head of Purchasing’, not ‘purchase’"),
        (
            Condition("title", "is_any", ("head of", "purchasing")),
            False,
            "title is ‘Head of Purchasing’, not ‘head of’ or ‘purchasing’",
        ),
        (Condition("keywords", "contains_any", ("gear oils",)), True, "‘gear oils’ is mentioned"),
        (Condition("keywords", "contains_any", ("base oils",)), True, "‘base oils’ is mentioned"),
        (Condition("keywords", "contains_any", ("*schmierstoff*",)), True, "‘*schmierstoff*’ is mentioned"),
        (Condition("keywords", "contains_any", ("schmierstoff",)), False, "nothing mentions ‘schmierstoff’"),
        (Condition("keywords", "matches_none", ("coolant",)), True, "nothing mentions ‘coolant’"),
        (
            Condition("column", "contains_any", ("base oils",), column="notes"),
            True,
            "‘notes’ is ‘Asked for base oils’",
        ),
        (Condition("column", "is_any", ("österreich",), column="Land"), True, "‘Land’ is ‘Österreich’"),
        (Condition("column", "is_empty", column="Fax"), True, "the row says no ‘Fax’"),
        (Condition("company_size", "between", at_least=51, at_most=200), True, "company size is 125.5 (‘51-200’)"),
        (
            Condition("company_size", "between", at_least=500),
            False,
            "company size is 125.5 (‘51-200’), not at least 500",
        ),
        (Condition("company_size", "between", at_most=100), False, "company size is 125.5 (‘51-200’), not at most 100"),
        (Condition("city", "between", at_least=1), False, "the row says no city"),
        (Condition("title", "between", at_least=1), False, "title is ‘Head of Purchasing’, no number"),
    ],
)
def test_a_condition_holds_for_what_the_row_says_and_says_so(condition: Condition, holds: bool, why: str) -> None:
    """Red when an operator, a field or the words of the trace differ from what is written here."""
    (trace,) = Products(Catalogue((ADDITIVES,), (rule(condition),)), version=1).trace(facts())
    assert (trace.holds, trace.conditions[0].holds) == (holds, holds)
    assert trace.conditions[0].why == why


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        *(
            ("51-200", 125.5),
            ("1,001 – 5,000", 3000.5),
            ("5000+", 5000),
            ("1.200", 1200),
            ("1’200", 1200),
            ("12.5", 12.5),
        ),
        *(("about 3k", 3000), ("1-2k", 1500), ("11 to 50", 30.5), ("-5", -5), ("none", None), ("", None)),
        *(("10,000+ employees", 10000), ("2 500", 2500), ("40", 40)),
    ],
)
def test_a_number_is_read_as_people_write_it(cell: str, number: float | None) -> None:
    """Red when a thousands separator becomes a decimal, or a range is read as its first number."""
    assert number_in(cell) == number


@pytest.mark.parametrize(
    "sentence",
    ["The plant has 320 employees.", "Mit 320 Mitarbeitern ist sie", "emploie 320 salariés", "con 320 empleados"],
)
def test_the_size_is_found_in_a_statement_where_no_column_has_it(sentence: str) -> None:
    """Red when a company's size is known from research and a rule on it does not see it."""
    row = facts({"Firma": "Petrava"}, found=("Founded in 1990.", sentence))
    choice = tried(rule(Condition("company_size", "between", at_least=300, at_most=400)), row=row)
    assert choice is not None
    assert "company size is 320" in choice.why


def test_the_first_enabled_rule_that_holds_decides_and_all_of_its_conditions_have_to() -> None:
    """Red when a disabled rule decides, one condition is enough, or a later rule comes first."""
    lubricants = Condition("industry", "is_any", ("lubricants",))
    elsewhere = Condition("country", "is_any", ("Norway",))
    choice = tried(
        rule(lubricants, id="1", name="Off", enabled=False, product="drums"),
        rule(lubricants, elsewhere, id="2", name="Norway", product="drums"),
        rule(
            lubricants, Condition("title", "contains_any", ("purchasing",)), id="3", name="Buyers", pitch="a trial drum"
        ),
        rule(id="4", name="Everybody else", product="drums"),
    )
    assert (choice.product, choice.name, choice.pitch) == ("additives", "Additive packages", "a trial drum")
    assert (choice.chosen_by, choice.rule, choice.catalogue_version) == ("rule", "Buyers", 3)
    assert choice.why == "Rule 3 ‘Buyers’: industry is ‘Lubricants’ and title is ‘Head of Purchasing’"


def test_a_rule_without_conditions_is_for_everybody() -> None:
    """Red when a catch-all at the end catches nothing."""
    choice = tried(rule(name="Everybody", product="drums"))
    assert (choice.product, choice.pitch) == ("drums", "drums that come back")
    assert choice.why == "Rule 1 ‘Everybody’: it applies to every row"


def test_without_a_rule_the_inferred_product_is_taken_if_there_is_such_a_product() -> None:
    """Red when inference beats a rule, or a product that the model made up is offered."""
    inferred = Inferred("drums", ("s1",), "ships in steel drums")
    no_rule = rule(Condition("industry", "is_any", ("food",)))
    choice = tried(no_rule, inferred=inferred)
    assert (choice.product, choice.chosen_by, choice.rule, choice.source_ids) == ("drums", "inference", None, ("s1",))
    assert choice.why == "No rule matched; inferred from what was found: ‘ships in steel drums’"
    assert tried(no_rule, inferred=Inferred("gold", ("s1",), "sells gold")) is None
    assert tried(no_rule) is None
    assert tried(rule(), inferred=inferred).product == "additives"


def test_a_phrase_does_not_reach_from_one_cell_into_the_next() -> None:
    """Red when the end of one cell and the beginning of another are read as words beside each other."""
    row = facts({"Firma": "Northern Base", "Branche": "Oils"}, found=())
    assert tried(rule(Condition("keywords", "contains_any", ("base oils",))), row=row) is None


_WORD = st.text(alphabet="abcäöß", min_size=1, max_size=3)
_TEXT = st.lists(st.tuples(_WORD, st.sampled_from([" ", ", ", "-", "  ", "/"])), max_size=6)


def _plain(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


@given(text=_TEXT, needle=st.lists(_WORD, min_size=1, max_size=2), upper=st.booleans())
def test_words_are_found_as_a_reader_would_find_them(
    text: list[tuple[str, str]], needle: list[str], upper: bool
) -> None:
    """Red when whole words are found in others, or case, accents or punctuation hide them."""
    written = "".join(word + between for word, between in text)
    words, wanted = [_plain(word) for word, _ in text], [_plain(word) for word in needle]
    expected = any(words[at : at + len(wanted)] == wanted for at in range(len(words)))
    phrase = Phrase.of(" ".join(needle))
    shown = folded(written.upper() if upper else written)
    assert phrase.stands_in(shown) == expected
    assert phrase.is_all_of(shown) == (words == wanted)


@st.composite
def _conditions(draw: st.DrawFn) -> Condition:
    fields: list[Field] = ["industry", "title", "country"]
    operators: list[Operator] = ["contains_any", "is_any", "matches_none", "is_empty"]
    field, operator = draw(st.sampled_from(fields)), draw(st.sampled_from(operators))
    values = () if operator == "is_empty" else tuple(draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=2)))
    return Condition(field, operator, values)


_RULES = st.lists(st.tuples(st.lists(_conditions(), max_size=3), st.booleans()), max_size=6)
_CELL = st.lists(st.sampled_from("abc"), max_size=2).map(" ".join)


@given(rules=_RULES, industry=_CELL, title=_CELL, country=_CELL)
def test_the_choice_is_that_of_a_model_that_fits_on_a_screen(
    rules: list[tuple[list[Condition], bool]], industry: str, title: str, country: str
) -> None:
    """Red when the order, AND, an operator or `enabled` is not what the model says."""
    said = {"industry": industry.split(), "title": title.split(), "country": country.split()}

    def holds(condition: Condition) -> bool:
        words, values = said[condition.field], condition.values
        match condition.operator:
            case "contains_any":
                return any(value in words for value in values)
            case "is_any":
                return any(words == [value] for value in values)
            case "matches_none":
                return not any(value in words for value in values)
            case _:
                return not words

    expected = next((place for place, (asked, on) in enumerate(rules, 1) if on and all(map(holds, asked))), None)
    made = tuple(rule(*asked, id=f"r{nth}", name=f"N{nth}", enabled=on) for nth, (asked, on) in enumerate(rules, 1))
    row = facts({"Firma": "X", "Branche": industry, "Job": title, "Land": country}, found=())
    products = Products(Catalogue((ADDITIVES,), made), version=1)
    choice = products.choose(row)
    assert (choice and choice.rule) == (expected and f"N{expected}")
    traced = next((one.place for one in products.trace(row) if one.holds and one.rule.enabled), None)
    assert traced == expected
