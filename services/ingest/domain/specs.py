"""How a job's rows go over the wire: unambiguous column names, a mapping by name, and the hash that names the whole."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from libs.common.errors import Invalid

ROLES = (
    "email",
    "first_name",
    "last_name",
    "full_name",
    "company",
    "website",
    "title",
    "country",
    "state",
    "city",
    "phone",
    "linkedin",
    "industry",
)
WIRE_CELL_CHARS = 2000
"""Longer cells are cut for the wire only; the sheet keeps them whole."""


def wire_names(names: Sequence[str]) -> list[str]:
    """A name for each column that no other column has: a sheet may have two columns `Name`, or one without a name."""
    taken = set(names)
    seen: set[str] = set()
    answer: list[str] = []
    for position, name in enumerate(names, start=1):
        unique = name or f"column {position}"
        number = 2
        while unique in seen or (unique != name and unique in taken):
            unique = f"{name or f'column {position}'} ({number})"
            number += 1
        seen.add(unique)
        answer.append(unique)
    return answer


def check_mapping(mapping: Mapping[str, int], *, columns: int) -> None:
    """Raises Invalid for a role nobody knows or a column the sheet does not have."""
    for role, index in mapping.items():
        if role not in ROLES:
            msg = f"{role!r} is no role; known are {', '.join(ROLES)}"
            raise Invalid(msg, code="mapping_invalid")
        if not 0 <= index < columns:
            msg = f"{role} is mapped to column {index}, but the sheet has columns 0 to {columns - 1}"
            raise Invalid(msg, code="mapping_invalid")


def mapping_by_name(mapping: Mapping[str, int], names: Sequence[str]) -> dict[str, str]:
    """Role → wire name of its column."""
    return {role: names[index] for role, index in sorted(mapping.items())}


def spec_hash(spec: Mapping[str, object]) -> str:
    """The first 16 hex digits of SHA-256 over the spec's canonical JSON. Names the spec in enrich's checkpoints."""
    canonical = json.dumps(spec, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def wire_cells(names: Sequence[str], cells: Sequence[object]) -> dict[str, str]:
    """The cells of one row by name, as text, without the empty ones."""
    texts = (("" if cell is None else str(cell))[:WIRE_CELL_CHARS] for cell in cells)
    return {name: text for name, text in zip(names, texts, strict=False) if text}
