"""Columns somebody asks for beside the two that every sheet gets, in plain words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from libs.common.errors import Invalid

ColumnKind = Literal["text", "number", "boolean", "date", "list"]
MAX_COLUMNS = 10
MAX_NAME_CHARS = 60
MAX_DESCRIPTION_CHARS = 500
OWN_PREFIX = "sif_"
"""Names that begin like this are ours: the sheet's own new columns, and what they are flattened into."""


@dataclass(frozen=True)
class ExtraColumnAsked:
    """A column with a plain description of what to find out, and the type of its answers."""

    name: str
    description: str
    kind: ColumnKind = "text"


def check_extra_columns(columns: Sequence[ExtraColumnAsked], *, taken: Iterable[str]) -> None:
    """Raises Invalid `extra_columns_invalid` for too many, and for a name or a description that cannot be.

    `taken` are the names and headers of the sheet's columns; case and blanks around do not tell two names apart.
    """
    if len(columns) > MAX_COLUMNS:
        raise _invalid(f"{len(columns)} extra columns are asked for: {MAX_COLUMNS} at most")
    known = {_folded(name) for name in taken}
    for column in columns:
        name = _folded(column.name)
        if not name or len(column.name) > MAX_NAME_CHARS or not column.name.isprintable():
            raise _invalid(f"{column.name!r} is no name for a column: 1 to {MAX_NAME_CHARS} characters on one line")
        if name.startswith(OWN_PREFIX):
            raise _invalid(f"{column.name!r} begins like our own columns: choose a name that does not begin with sif_")
        if name in known:
            raise _invalid(f"there is a column {column.name!r} already: choose another name")
        if not column.description.strip() or len(column.description) > MAX_DESCRIPTION_CHARS:
            raise _invalid(f"{column.name!r} needs a description of 1 to {MAX_DESCRIPTION_CHARS} characters")
        known.add(name)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _invalid(message: str) -> Invalid:
    return Invalid(message, code="extra_columns_invalid")
