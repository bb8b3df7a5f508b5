"""A person's own words on how to write the line: which fields they name, and what those are of this row."""

import re
from collections.abc import Mapping

from services.enrich.domain.lead import Lead

_FIELD = re.compile(r"\{([^{}]*)\}")
_VALUE_CHARS = 300
_NOT_TOLD = frozenset({"email", "phone", "linkedin"})
"""Roles whose values no model is told."""


def fields_of(wishes: str, lead: Lead, *, mapping: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    """The value of every field that the wishes name: of a role, of a column by its name, or of `others`; empty when unknown."""
    values = {_folded(name): value for name, value in lead.cells.items()}
    values |= {_folded(name): value for name, value in others.items()}
    for role, column in mapping.items():
        if role not in _NOT_TOLD:
            values[_folded(column)] = values[_folded(role)] = lead.roles.get(role, "")
    values |= {"first_name": lead.first_name, "full_name": lead.person, "company": lead.company}
    return {name: values.get(_folded(name), "")[:_VALUE_CHARS] for name in _FIELD.findall(wishes)}


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
