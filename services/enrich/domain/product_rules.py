"""Which product a row is offered: the first rule that holds, else what the model inferred; always with the reason why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.enrich.domain.catalogue import Catalogue, Condition, Rule
from services.enrich.domain.folding import Phrase
from services.enrich.domain.row_facts import RowFacts

_SHOWN_CHARS = 80
_SHOWN_VALUES = 5
_NAMES = {
    "company_size": "company size",
    "first_name": "first name",
    "last_name": "last name",
    "full_name": "full name",
}


@dataclass(frozen=True, slots=True)
class ConditionTrace:
    """Whether one condition holds, and what the row says."""

    holds: bool
    why: str


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """A rule tried on a row. `place` counts from 1, as people see it."""

    place: int
    rule: Rule
    holds: bool
    conditions: tuple[ConditionTrace, ...]


@dataclass(frozen=True, slots=True)
class Inferred:
    """The product a model names for a company, with the words of its sources; checked by program before it comes here."""

    product: str
    source_ids: tuple[str, ...]
    snippet: str


@dataclass(frozen=True, slots=True)
class Choice:
    """As the contract has it (`ProductChoice`): `product` is the id, `name` what people read."""

    product: str
    name: str
    pitch: str
    chosen_by: Literal["rule", "inference"]
    rule: str | None
    why: str
    source_ids: tuple[str, ...]
    snippet: str
    catalogue_version: int


class Products:
    """One version of a catalogue, ready to be asked for many rows. Version 0 is the workspace without one."""

    def __init__(self, catalogue: Catalogue, *, version: int) -> None:
        self.version = version
        self.catalogue = catalogue
        self._tests = [
            (place, rule, tuple(_Test(condition) for condition in rule.conditions))
            for place, rule in enumerate(catalogue.rules, start=1)
        ]

    @property
    def items(self) -> Sequence[dict[str, str]]:
        """What a model is told of the products; empty without a catalogue."""
        return [
            {"id": one.id, "name": one.name, "description": one.description, "offer_when": one.offer_when}
            for one in self.catalogue.products
        ]

    def choose(self, row: RowFacts, inferred: Inferred | None = None) -> Choice | None:
        """The product of the first enabled rule that holds; else the inferred one, if there is such a product; else none."""
        for place, rule, tests in self._tests:
            if rule.enabled and all(test.holds(row) for test in tests):
                return self._by_rule(place, rule, tests, row)
        return None if inferred is None else self._by_inference(inferred)

    def trace(self, row: RowFacts) -> list[RuleTrace]:
        """Every rule tried on a row, the disabled ones, too."""
        tried = [(place, rule, tuple(test.trace(row) for test in tests)) for place, rule, tests in self._tests]
        return [
            RuleTrace(place, rule, holds=all(one.holds for one in found), conditions=found)
            for place, rule, found in tried
        ]

    def _by_rule(self, place: int, rule: Rule, tests: Sequence["_Test"], row: RowFacts) -> Choice | None:
        product = self.catalogue.product(rule.product)
        assert product is not None, "a catalogue with a rule for an unknown product is never saved"
        because = " and ".join(test.trace(row).why for test in tests) or "it applies to every row"
        return Choice(
            product=product.id,
            name=product.name,
            pitch=rule.pitch or product.pitch,
            chosen_by="rule",
            rule=rule.name,
            why=f"Rule {place} ‘{rule.name}’: {because}",
            source_ids=(),
            snippet="",
            catalogue_version=self.version,
        )

    def _by_inference(self, inferred: Inferred) -> Choice | None:
        product = self.catalogue.product(inferred.product)
        if product is None:
            return None
        return Choice(
            product=product.id,
            name=product.name,
            pitch=product.pitch,
            chosen_by="inference",
            rule=None,
            why=f"No rule matched; inferred from what was found: ‘{inferred.snippet}’",
            source_ids=inferred.source_ids,
            snippet=inferred.snippet,
            catalogue_version=self.version,
        )


class _Test:
    """A condition made ready."""

    __slots__ = ("_condition", "_name", "_phrases")

    def __init__(self, condition: Condition) -> None:
        self._condition = condition
        self._phrases = tuple(map(Phrase.of, condition.values))
        self._name = f"‘{condition.column}’" if condition.column else _NAMES.get(condition.field, condition.field)

    def holds(self, row: RowFacts) -> bool:
        condition = self._condition
        match condition.operator:
            case "contains_any" | "matches_none" | "is_any":
                return (self._hit(row) is None) == (condition.operator == "matches_none")
            case "between":
                number = row.number(condition)
                return number is not None and _is_within(number, condition)
            case "is_empty":
                return not row.text(condition)

    def trace(self, row: RowFacts) -> ConditionTrace:
        """Whether it holds, said in words that fit after "Rule 3: "."""
        return ConditionTrace(self.holds(row), self._why(row))

    def _hit(self, row: RowFacts) -> Phrase | None:
        """The first value that the field has, in the order they are written."""
        words = row.words(self._condition)
        if self._condition.operator == "is_any":
            return next((phrase for phrase in self._phrases if phrase.is_all_of(words)), None)
        if self._condition.field != "keywords":
            return next((phrase for phrase in self._phrases if phrase.stands_in(words)), None)
        known = row.vocabulary
        for phrase in self._phrases:
            if (not phrase.first_word or phrase.first_word in known) and phrase.stands_in(words):
                return phrase
        return None

    def _why(self, row: RowFacts) -> str:
        condition, text = self._condition, _shown(row.text(self._condition))
        if condition.operator == "is_empty":
            return f"{self._name} is {text}" if text else f"the row says no {self._name}"
        if condition.operator == "between":
            return self._why_number(row.number(condition), text)
        hit = self._hit(row)
        if condition.field == "keywords":
            return f"‘{hit.written}’ is mentioned" if hit else f"nothing mentions {self._values}"
        if not text:
            return f"the row says no {self._name}"
        if hit is None:
            return f"{self._name} is {text}, not {self._values}"
        return (
            f"{self._name} is {text}"
            if hit.written.casefold() in text.casefold()
            else f"{self._name} is {text} (‘{hit.written}’)"
        )

    def _why_number(self, number: float | None, text: str) -> str:
        if number is None:
            return f"{self._name} is {text}, no number" if text else f"the row says no {self._name}"
        said = f"{self._name} is {number:g}" + ("" if text == f"‘{number:g}’" else f" ({text})")
        return said if _is_within(number, self._condition) else f"{said}, not {_range(self._condition)}"

    @property
    def _values(self) -> str:
        some = [f"‘{value}’" for value in self._condition.values[:_SHOWN_VALUES]]
        more = len(self._condition.values) - len(some)
        return " or ".join(some) + (f" or {more} more" if more else "")


def _is_within(number: float, condition: Condition) -> bool:
    low, high = condition.at_least, condition.at_most
    return (low is None or number >= low) and (high is None or number <= high)


def _range(condition: Condition) -> str:
    low, high = condition.at_least, condition.at_most
    if high is None:
        return f"at least {low:g}"
    return f"at most {high:g}" if low is None else f"between {low:g} and {high:g}"


def _shown(text: str) -> str:
    if not text:
        return ""
    return f"‘{text}’" if len(text) <= _SHOWN_CHARS else f"‘{text[:_SHOWN_CHARS]}…’"
