"""Which product a row is offered: the first rule that holds, else what the model inferred; always with the reason why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.enrich.domain.products.catalogue import Catalogue, Rule
from services.enrich.domain.products.conditions import ConditionTest, ConditionTrace
from services.enrich.domain.products.row_facts import RowFacts


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
            (place, rule, tuple(ConditionTest(condition) for condition in rule.conditions))
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

    def _by_rule(self, place: int, rule: Rule, tests: Sequence[ConditionTest], row: RowFacts) -> Choice | None:
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
