"""What a catalogue may say, how it is changed, and what it looks like as a sheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import AppError, Conflict, Invalid, NotFound
from services.enrich.domain.products import catalogue_edits as edits
from services.enrich.domain.products.catalogue import (
    MAX_PRODUCTS,
    MAX_RULES,
    OPERATORS,
    Catalogue,
    Condition,
    Product,
    Rule,
    faults_of,
)
from services.enrich.domain.products.catalogue_csv import from_csv, to_csv
from services.enrich.domain.products.catalogue_json import from_json, to_json
from services.enrich.schemas.catalogue import CatalogueModel

GEAR = Product("gear", "Gear additives", pitch="packages for gear oils")
DRUMS = Product("drums", "Drums")


def ruled(*conditions: Condition, product: str = "gear", name: str = "A rule", id: str = "r") -> Rule:  # noqa: A002
    return Rule(id=id, name=name, product=product, conditions=conditions)


@pytest.mark.parametrize(
    ("condition", "field", "words"),
    [
        (Condition("column", "is_any", ("x",)), "column", "which column"),
        (Condition("title", "is_any", ("x",), column="Job"), "column", "only where the field is 'column'"),
        (Condition("title", "is_any"), "values", "at least one value"),
        (Condition("title", "is_any", ("x",) * 51), "values", "at most 50"),
        (Condition("title", "is_any", ("x" * 101,)), "values", "at most 100"),
        (Condition("title", "is_any", ("a|b",)), "values", "write two values"),
        (Condition("title", "is_any", ("*",)), "values", "it would match nothing"),
        (Condition("title", "is_any", ("x",), at_least=1), "at_least", "belong to the operator 'between'"),
        (Condition("title", "is_empty", ("x",)), "values", "takes no values"),
        (Condition("keywords", "is_empty"), "operator", "choose a field"),
        (Condition("keywords", "is_any", ("x",)), "operator", "use 'contains_any'"),
        (Condition("keywords", "between", at_least=1), "operator", "keywords are no number"),
        (Condition("company_size", "contains_any", ("50",)), "operator", "use 'between'"),
        (Condition("title", "between"), "at_least", "give at_least"),
        (Condition("title", "between", ("1",), at_least=1), "values", "no values"),
        (Condition("title", "between", at_least=2, at_most=1), "at_least", "nothing is at least 2 and at most 1"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_refused_where_it_stands(
    condition: Condition, field: str, words: str
) -> None:
    """Red when a condition that never or always holds is saved, or the fault points elsewhere."""
    good = ruled(Condition("title", "is_any", ("buyer",)), id="good")
    (fault,) = faults_of(Catalogue((GEAR,), (good, ruled(condition))))
    assert fault.path == ("rules", 1, "conditions", 0, field)
    assert words in fault.what


def test_a_catalogue_names_each_thing_once_and_only_what_there_is() -> None:
    """Red when ids may repeat, names may lack, or a rule may offer what nobody sells."""
    found = faults_of(
        Catalogue(
            (GEAR, Product("gear", " ")),
            (ruled(id="a", product="gold", name=" "), ruled(*[Condition("city", "is_empty")] * 11, id="a")),
        )
    )
    assert [one.path for one in found] == [
        ("products", 1, "id"),
        ("products", 1, "name"),
        ("rules", 0, "name"),
        ("rules", 0, "product"),
        ("rules", 1, "id"),
        ("rules", 1, "conditions"),
    ]


def test_a_catalogue_has_its_limits() -> None:
    """Red when one workspace can make every row slow."""
    products = tuple(Product(f"p{nth}", "P") for nth in range(MAX_PRODUCTS + 1))
    rules = tuple(ruled(id=f"r{nth}", product="p0") for nth in range(MAX_RULES + 1))
    assert [one.path for one in faults_of(Catalogue(products, rules))] == [("products",), ("rules",)]
    assert not faults_of(Catalogue(products[1:], tuple(ruled(id=rule.id, product="p1") for rule in rules[1:])))


def test_each_edit_changes_what_it_says_and_nothing_else() -> None:
    """Red when an edit loses what it does not name, or its words are not what it did."""
    start = Catalogue((GEAR,), ())
    more = edits.add_product(start, DRUMS)
    assert (more.catalogue.products, more.change) == ((GEAR, DRUMS), "Product ‘Drums’ added")
    one = edits.add_rule(more.catalogue, ruled(name="Wind makers", id=""))
    two = edits.add_rule(one.catalogue, ruled(name="Wind makers", id=""), place=1)
    assert [rule.id for rule in two.catalogue.rules] == ["wind-makers-2", "wind-makers"]
    swapped = edits.reorder_rules(two.catalogue, ["wind-makers", "wind-makers-2"])
    assert [rule.id for rule in swapped.catalogue.rules] == ["wind-makers", "wind-makers-2"]
    changed = edits.change_rule(swapped.catalogue, "wind-makers", {"enabled": False, "product": "drums"})
    assert changed.change == "Rule ‘Wind makers’ changed: enabled, product"
    assert changed.catalogue.rules[0] == Rule("wind-makers", "Wind makers", "drums", enabled=False)
    assert changed.catalogue.rules[1] == swapped.catalogue.rules[1]
    fewer = edits.remove_rule(changed.catalogue, "wind-makers")
    assert [rule.id for rule in fewer.catalogue.rules] == ["wind-makers-2"]
    renamed = edits.change_product(fewer.catalogue, "drums", {"name": "Steel drums"})
    assert renamed.catalogue.products == (GEAR, Product("drums", "Steel drums"))
    assert edits.remove_product(renamed.catalogue, "drums").catalogue.products == (GEAR,)


def test_an_edit_of_what_is_not_there_is_refused_by_name() -> None:
    """Red when a slip changes nothing in silence, or takes a product from under its rules."""
    present = Catalogue((GEAR,), (ruled(id="a"),))
    refused: list[tuple[str, type[AppError]]] = []
    for edit in (
        lambda: edits.add_product(present, GEAR),
        lambda: edits.change_product(present, "gold", {}),
        lambda: edits.remove_product(present, "gear"),
        lambda: edits.remove_product(present, "gold"),
        lambda: edits.add_rule(present, ruled(id="a")),
        lambda: edits.change_rule(present, "b", {}),
        lambda: edits.remove_rule(present, "b"),
        lambda: edits.reorder_rules(present, ["a", "a"]),
        lambda: edits.reorder_rules(present, []),
    ):
        with pytest.raises(AppError) as error:
            edit()
        refused.append((error.value.code, type(error.value)))
    assert refused == [
        ("product_exists", Conflict),
        ("unknown_product", NotFound),
        ("product_in_use", Conflict),
        ("unknown_product", NotFound),
        ("rule_exists", Conflict),
        ("unknown_rule", NotFound),
        ("unknown_rule", NotFound),
        ("rules_differ", Invalid),
        ("rules_differ", Invalid),
    ]


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        ("rule,pitch\na,b\n", "'product' has to be there; not known are: 'pitch'"),
        ("product,product\na,b\n", "each once"),
        ("product,rule_name,enabled\ngear,A,perhaps\n", "line 2, enabled: 'perhaps' is neither yes nor no"),
        (
            "product,product_name,rule_name\ngear,Gear,A\ngear,Other,B\n",
            "line 3, product_name: product 'gear' has another name",
        ),
        (
            "product,rule_name,if_1_field,if_1_operator,if_1_values\ngear,A,title,between,many\n",
            "line 2, if_1_values: 'many' is no range",
        ),
        ("product\ngear,too,many\n", "line 2: there are more cells than columns"),
    ],
)
def test_a_sheet_that_cannot_be_read_says_on_which_line(sheet: str, words: str) -> None:
    """Red when a slip in a sheet is dropped in silence, or somebody has to look for it."""
    with pytest.raises(Invalid) as error:
        from_csv(sheet)
    assert error.value.code == "catalogue_invalid"
    assert words in error.value.message


def test_a_sheet_from_a_german_excel_is_read_as_well() -> None:
    """Red when semicolons or a byte order mark make a good sheet unreadable."""
    read = from_csv("\ufeffproduct;product_name;rule_name;enabled;if_1_field;if_1_operator;if_1_values\r\n"
                    "gear;Getriebeöle;Erste;no;title;contains_any;Einkauf | Purchasing\r\n\r\ngear;;Zweite;;;;\r\n")  # fmt: skip
    catalogue = CatalogueModel.model_validate(read.content).told()
    assert catalogue.products == (Product("gear", "Getriebeöle"),)
    assert catalogue.rules == (
        Rule("", "Erste", "gear", (Condition("title", "contains_any", ("Einkauf", "Purchasing")),), enabled=False),
        Rule("", "Zweite", "gear"),
    )
    assert read.lines == {("products", 0): 2, ("rules", 0): 2, ("rules", 1): 4}


def test_a_cell_that_a_spreadsheet_would_run_is_written_as_text() -> None:
    """Red when opening an export runs what somebody wrote into a pitch."""
    sheet = to_csv(Catalogue((Product("p", "P", pitch='=HYPERLINK("http://x.example")'),)))
    assert '"\'=HYPERLINK(""http://x.example"")"' in sheet
    assert from_csv(sheet).content["products"][0]["pitch"] == '=HYPERLINK("http://x.example")'


_WORDS = st.text(alphabet="abcÄ, ;\"'=-\n", max_size=8).map(str.strip).filter(lambda text: not text.startswith("'"))
_NAMES = st.text(alphabet="abcÄ ,;", min_size=1, max_size=8).map(str.strip).filter(bool)
_VALUES = st.lists(st.sampled_from(["lube", "base oil", "*öl*", "a,b", 'say "x"']), min_size=1, max_size=3).map(tuple)


@st.composite
def _condition(draw: st.DrawFn) -> Condition:
    operator = draw(st.sampled_from(OPERATORS))
    if operator == "between":
        low = draw(st.integers(-9, 9) | st.sampled_from([0.5, 1250.75]))
        return Condition("company_size", operator, at_least=float(low), at_most=draw(st.sampled_from([None, 1e6])))
    values = () if operator == "is_empty" else draw(_VALUES)
    if draw(st.booleans()):
        return Condition("column", operator, values, column=draw(_NAMES))
    return Condition("title", operator, values)


@st.composite
def _catalogue(draw: st.DrawFn) -> Catalogue:
    ids = draw(st.lists(st.sampled_from(["gear", "drums", "wind-2"]), unique=True, min_size=1))
    products = tuple(Product(one, draw(_NAMES), draw(_WORDS), draw(_WORDS), draw(_WORDS)) for one in ids)
    count = draw(st.integers(0, 3))
    rules = tuple(
        Rule(
            f"r{nth}",
            draw(_NAMES),
            draw(st.sampled_from(ids)),
            tuple(draw(st.lists(_condition(), max_size=3))),
            draw(_WORDS),
            draw(st.booleans()),
        )
        for nth in range(count)
    )
    return Catalogue(products, rules)


@given(_catalogue())
def test_a_catalogue_comes_back_from_its_sheet_and_from_json_as_it_was(catalogue: Catalogue) -> None:
    """Red when export and import lose or change a word. A sheet lists products in the order in which rules offer them."""
    assert from_json(to_json(catalogue)) == catalogue
    assert CatalogueModel.model_validate(to_json(catalogue)).told() == catalogue
    back = CatalogueModel.model_validate(from_csv(to_csv(catalogue)).content).told()
    assert back.rules == catalogue.rules
    assert sorted(back.products, key=lambda one: one.id) == sorted(catalogue.products, key=lambda one: one.id)
