"""Try a catalogue on a row that somebody gives: which rule decides, and why each of the others does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.enrich.domain.folding import folded
from services.enrich.domain.lead import read_lead
from services.enrich.domain.products.catalogue import FIELDS, Catalogue
from services.enrich.domain.products.product_rules import Choice, Products, RuleTrace
from services.enrich.domain.products.row_facts import RowFacts
from services.enrich.use_cases.change_catalogue import check_catalogue

_ROLES = {folded(role): role for role in FIELDS if role not in {"keywords", "company_size", "column"}}


@dataclass(frozen=True)
class TriedRow:
    """`found` are sentences such as research brings. Without a mapping, columns play the role they are named after."""

    cells: Mapping[str, str]
    mapping: Mapping[str, str] | None = None
    found: Sequence[str] = ()


def trace_row(row: TriedRow, catalogue: Catalogue, *, version: int) -> tuple[Choice | None, list[RuleTrace]]:
    """What would be offered to this row, and every rule tried on it. Raises Invalid for a draft that cannot be saved."""
    check_catalogue(catalogue)
    mapping = _by_name(row.cells) if row.mapping is None else row.mapping
    facts = RowFacts.of(read_lead(1, row.cells, mapping), mapping, row.found)
    products = Products(catalogue, version=version)
    return products.choose(facts), products.trace(facts)


def _by_name(cells: Mapping[str, str]) -> dict[str, str]:
    return {role: column for column in cells if (role := _ROLES.get(folded(column))) is not None}
