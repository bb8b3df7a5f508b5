"""Many values as one parameter: a statement takes at most 32,767."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, cast, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine


def array(values: Sequence[object], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """The values as an array of Postgres."""
    return cast(literal(list(values), ARRAY(kind)), ARRAY(kind))


def one_of(column: ColumnElement[UUID], ids: Sequence[UUID]) -> ColumnElement[bool]:
    """Whether the column is one of the ids."""
    return column == any_(array(ids, Uuid()))
