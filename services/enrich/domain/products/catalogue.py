"""A workspace's catalogue: what it sells, and the rules that say which of it to offer to whom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from services.enrich.domain.folding import Phrase

Operator = Literal["contains_any", "is_any", "matches_none", "between", "is_empty"]
Field = Literal[
    "keywords",
    "industry",
    "title",
    "country",
    "state",
    "city",
    "company_size",
    "company",
    "website",
    "email",
    "first_name",
    "last_name",
    "full_name",
    "phone",
    "linkedin",
    "column",
]
"""`keywords` is everything the row says and everything that was found; `column` is one column of the sheet, by name."""
OPERATORS: tuple[Operator, ...] = get_args(Operator)
FIELDS: tuple[Field, ...] = get_args(Field)

MAX_PRODUCTS = 200
MAX_RULES = 1_000
MAX_CONDITIONS = 10
MAX_VALUES = 50
MAX_VALUE_CHARS = 100
VALUE_BREAK = "|"
"""Between values where they are written in one cell: no value may hold it."""


@dataclass(frozen=True, slots=True)
class Product:
    """Something the workspace sells. `pitch` is what a line offers; `offer_when` tells the model whom it is for."""

    id: str
    name: str
    pitch: str = ""
    description: str = ""
    offer_when: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of a row. `column` names it where `field` is `column`; `at_least` and `at_most` are of `between`, inclusive."""

    field: Field
    operator: Operator
    values: tuple[str, ...] = ()
    column: str = ""
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Offer `product` when every condition holds; one without any holds for every row. `pitch` replaces the product's."""

    id: str
    name: str
    product: str
    conditions: tuple[Condition, ...] = ()
    pitch: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The first enabled rule that holds decides."""

    products: tuple[Product, ...] = ()
    rules: tuple[Rule, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.products

    def product(self, product_id: str) -> Product | None:
        """The product of that id."""
        return next((one for one in self.products if one.id == product_id), None)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a catalogue and where: `path` leads there (`("rules", 3, "product")`)."""

    path: tuple[str | int, ...]
    what: str


def faults_of(catalogue: Catalogue) -> list[Fault]:
    """Everything that keeps a catalogue from being used, in its order; empty for a good one."""
    return [*_of_products(catalogue.products), *_of_rules(catalogue)]


def _of_products(products: Sequence[Product]) -> Iterator[Fault]:
    if len(products) > MAX_PRODUCTS:
        yield Fault(("products",), f"there are {len(products)} products: at most {MAX_PRODUCTS} are allowed")
    seen: set[str] = set()
    for place, product in enumerate(products):
        if product.id in seen:
            yield Fault(("products", place, "id"), f"there is another product {product.id!r}: give it an id of its own")
        if not product.name.strip():
            yield Fault(("products", place, "name"), "a product needs a name: it stands in the sheet")
        seen.add(product.id)


def _of_rules(catalogue: Catalogue) -> Iterator[Fault]:
    if len(catalogue.rules) > MAX_RULES:
        yield Fault(("rules",), f"there are {len(catalogue.rules)} rules: at most {MAX_RULES} are allowed")
    products = {product.id for product in catalogue.products}
    seen: set[str] = set()
    for place, rule in enumerate(catalogue.rules):
        here = ("rules", place)
        if rule.id in seen:
            yield Fault((*here, "id"), f"there is another rule {rule.id!r}: give it an id of its own")
        seen.add(rule.id)
        if not rule.name.strip():
            yield Fault((*here, "name"), "a rule needs a name: it is what a row's choice is explained by")
        if rule.product not in products:
            yield Fault((*here, "product"), f"there is no product {rule.product!r}: add it, or name another")
        if len(rule.conditions) > MAX_CONDITIONS:
            yield Fault(
                (*here, "conditions"),
                f"there are {len(rule.conditions)} conditions: at most {MAX_CONDITIONS} are allowed",
            )
        for nth, condition in enumerate(rule.conditions):
            for field, what in _of_condition(condition):
                yield Fault((*here, "conditions", nth, field), what)


def _of_condition(condition: Condition) -> Iterator[tuple[str, str]]:
    if condition.field == "column" and not condition.column.strip():
        yield "column", "say which column of the sheet is meant"
    if condition.field != "column" and condition.column:
        yield "column", f"a column is named only where the field is 'column', not {condition.field!r}"
    if condition.operator == "between":
        yield from _of_range(condition)
        return
    if condition.at_least is not None or condition.at_most is not None:
        yield "at_least", "at_least and at_most belong to the operator 'between'"
    if condition.operator == "is_empty":
        if condition.field == "keywords":
            yield "operator", "a row is never without any word: choose a field"
        if condition.values:
            yield "values", "'is_empty' takes no values"
        return
    if condition.field == "company_size":
        yield "operator", "company_size is a number: use 'between' or 'is_empty'"
    if condition.operator == "is_any" and condition.field == "keywords":
        yield "operator", "keywords are many words: use 'contains_any' or 'matches_none'"
    yield from _of_values(condition.values)


def _of_range(condition: Condition) -> Iterator[tuple[str, str]]:
    low, high = condition.at_least, condition.at_most
    if condition.field == "keywords":
        yield "operator", "keywords are no number: use 'contains_any' or 'matches_none'"
    if condition.values:
        yield "values", "'between' takes at_least and at_most, no values"
    if low is None and high is None:
        yield "at_least", "give at_least, at_most or both"
    if low is not None and high is not None and low > high:
        yield "at_least", f"nothing is at least {low:g} and at most {high:g}"


def _of_values(values: Sequence[str]) -> Iterator[tuple[str, str]]:
    if not values:
        yield "values", "give at least one value"
    if len(values) > MAX_VALUES:
        yield "values", f"there are {len(values)} values: at most {MAX_VALUES} are allowed"
    for value in values:
        if len(value) > MAX_VALUE_CHARS:
            yield "values", f"{value[:20]!r}… has {len(value)} characters: at most {MAX_VALUE_CHARS} are allowed"
        elif VALUE_BREAK in value:
            yield "values", f"{value!r} holds a {VALUE_BREAK}: write two values"
        elif not Phrase.of(value).needle.strip():
            yield "values", f"{value!r} has no letter and no digit: it would match nothing"
