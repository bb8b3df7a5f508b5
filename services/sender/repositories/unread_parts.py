"""Parts of lists that could not be taken in, as they lie among the dead letters."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.tables import COMMON, erasures

_LETTERS = COMMON.dead_letters
_QUEUE = "sender.import_recipients"
_EMPTY = b"{}"


@dataclass(frozen=True)
class UnreadPart:
    """A letter, and what was said of why it died."""

    id: UUID
    body: bytes
    first_error: str
    last_error: str


async def where_somebody_is_erased(conn: AsyncConnection) -> Sequence[UUID]:
    """The workspaces that have such letters, and have erased somebody ever."""
    asked = exists().where(erasures.c.workspace_id == _LETTERS.c.tenant_id)
    query = select(_LETTERS.c.tenant_id).where(_LETTERS.c.queue == _QUEUE, _LETTERS.c.body != _EMPTY, asked)
    return [found for found in (await conn.execute(query.distinct())).scalars() if found is not None]


async def of_workspace(conn: AsyncConnection, workspace_id: UUID) -> Sequence[UUID]:
    """Its letters, settled ones as well."""
    query = select(_LETTERS.c.id).where(
        _LETTERS.c.queue == _QUEUE, _LETTERS.c.tenant_id == workspace_id, _LETTERS.c.body != _EMPTY
    )
    return list((await conn.execute(query.order_by(_LETTERS.c.id))).scalars())


async def load(conn: AsyncConnection, letter_id: UUID) -> UnreadPart | None:
    """One of them, and nobody else's until the end of this transaction."""
    columns = [_LETTERS.c[name] for name in UnreadPart.__dataclass_fields__]
    row = (await conn.execute(select(*columns).where(_LETTERS.c.id == letter_id).with_for_update())).one_or_none()
    return None if row is None else UnreadPart(*row)


async def rewrite(conn: AsyncConnection, part: UnreadPart) -> None:
    """Keep this in its place."""
    words = {"body": part.body, "first_error": part.first_error, "last_error": part.last_error}
    await conn.execute(update(_LETTERS).where(_LETTERS.c.id == part.id).values(**words))
