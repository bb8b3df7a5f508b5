"""How a job is to be researched: its mapping, checked and by name, and the hash that names the whole."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from libs.common.errors import Invalid
from services.ingest.domain.header_words import ROLES


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
    """Role → name of its column. Names are distinct in a sheet."""
    return {role: names[index] for role, index in sorted(mapping.items())}


def spec_hash(spec: Mapping[str, object]) -> str:
    """The first 16 hex digits of SHA-256 over the spec's canonical JSON. Names the spec in enrich's checkpoints."""
    canonical = json.dumps(spec, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
