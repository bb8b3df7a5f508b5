"""A person's own words on how to write the line: which fields they name, and what those are of this row."""

import re
from collections.abc import Mapping

from libs.common.contracts.lines import PRIVATE_ROLES
from services.enrich.domain.lead import Lead
from services.enrich.domain.texts import normalised

_FIELD = re.compile(r"\{([^{}]*)\}")
_VALUE_CHARS = 300


def fields_of(wishes: str, lead: Lead, *, mapping: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    """The value of every field that the wishes name: of a role, of a column by its name, or of `others`; empty when unknown."""
    named = _FIELD.findall(wishes)
    if not named:
        return {}
    values = {normalised(name): value for name, value in lead.cells.items()}
    values |= {normalised(name): value for name, value in others.items()}
    for role, column in mapping.items():
        if role not in PRIVATE_ROLES:
            values[normalised(column)] = values[normalised(role)] = lead.roles.get(role, "")
    values |= {"first_name": lead.first_name, "full_name": lead.person, "company": lead.company}
    return {name: values.get(normalised(name), "")[:_VALUE_CHARS] for name in named}
