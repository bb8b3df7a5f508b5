"""Pages: one more row is read than is shown, to know whether there are others."""

from collections.abc import Sequence
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Query

Cursor = Annotated[UUID | None, Query(description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200)]
Item = TypeVar("Item")


def cut(found: Sequence[Item], limit: int) -> tuple[Sequence[Item], bool]:
    """The page, and whether there is another."""
    return found[:limit], len(found) > limit
