"""Dead letters: messages nobody could handle, in a table where a person can see, replay and discard them."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import Conflict, NotFound
from libs.common.messaging.bus import Bus
from libs.common.messaging.delivery import ATTEMPTS_HEADER
from libs.common.uow import UnitOfWorkFactory

_SWEEP_ROWS = 5000

REPLAY_WITHIN = timedelta(days=30)
"""As long as inbox rows are kept: an older message could be handled twice."""


@dataclass(frozen=True)
class DeadLetter:
    """One filed message. `resolution` is `replayed`, `discarded` or None while it is open."""

    id: UUID
    queue: str
    message_key: str
    type: str | None
    tenant_id: UUID | None
    correlation_id: UUID | None
    cause: str
    attempts: int
    first_error: str
    last_error: str
    occurred_at: datetime | None
    died_at: datetime
    resolution: str | None
    size_bytes: int


def _columns(table: Table) -> list[ColumnElement[Any]]:
    names = [f.name for f in fields(DeadLetter) if f.name != "size_bytes"]
    return [*(table.c[name] for name in names), func.length(table.c.body).label("size_bytes")]


async def list_open(conn: AsyncConnection, table: Table, *, limit: int = 100) -> list[DeadLetter]:
    """The dead letters nobody has dealt with, newest first."""
    rows = await conn.execute(
        select(*_columns(table)).where(table.c.resolved_at.is_(None)).order_by(table.c.died_at.desc()).limit(limit)
    )
    return [DeadLetter(*row) for row in rows]


async def count_open(conn: AsyncConnection, table: Table) -> int:
    """How many dead letters nobody has dealt with."""
    row = await conn.execute(select(func.count()).select_from(table).where(table.c.resolved_at.is_(None)))
    return row.scalar_one()


async def load(conn: AsyncConnection, table: Table, dead_letter_id: UUID) -> tuple[DeadLetter, bytes]:
    """One dead letter and the bytes of its message. Raises NotFound."""
    row = (await conn.execute(select(*_columns(table), table.c.body).where(table.c.id == dead_letter_id))).first()
    if row is None:
        msg = f"there is no dead letter {dead_letter_id}"
        raise NotFound(msg, code="dead_letter_not_found")
    values = tuple(row)
    return DeadLetter(*values[:-1]), values[-1]


async def _close(conn: AsyncConnection, table: Table, letter: DeadLetter, *, resolution: str) -> bool:
    """False when it has been closed meanwhile, or has died again, which opened it again."""
    done = await conn.execute(
        update(table)
        .where(table.c.id == letter.id, table.c.resolved_at.is_(None), table.c.died_at == letter.died_at)
        .values(resolution=resolution, resolved_at=func.now())
    )
    return done.rowcount == 1


def _check_open(letter: DeadLetter) -> None:
    if letter.resolution is not None:
        msg = f"dead letter {letter.id} is {letter.resolution} already"
        raise Conflict(msg, code="dead_letter_closed")


async def discard(conn: AsyncConnection, table: Table, dead_letter_id: UUID) -> DeadLetter:
    """Close a dead letter for good. Raises NotFound; Conflict when it is closed already or has just died again."""
    letter, _body = await load(conn, table, dead_letter_id)
    _check_open(letter)
    if not await _close(conn, table, letter, resolution="discarded"):
        msg = f"dead letter {dead_letter_id} has just changed: look at it again"
        raise Conflict(msg, code="dead_letter_changed")
    return letter


async def replay(open_uow: UnitOfWorkFactory, bus: Bus, dead_letter_id: UUID, *, now: datetime) -> DeadLetter:
    """Give a dead letter back to its queue with its attempts at zero.

    The copy is confirmed before the row is closed: a crash in between replays twice, which the handlers bear. Where the
    copy dies again at once, the row stays open. Raises NotFound; Conflict when it is closed already or older than the
    inbox remembers.
    """
    async with open_uow() as uow:
        letter, body = await load(uow.conn, open_uow.tables.dead_letters, dead_letter_id)
    _check_open(letter)
    if now - (letter.occurred_at or letter.died_at) > REPLAY_WITHIN:
        msg = f"dead letter {dead_letter_id} is older than {REPLAY_WITHIN.days} days: it could be handled twice. Discard it."
        raise Conflict(msg, code="dead_letter_too_old")
    await bus.publish_to_queue(letter.queue, body, message_id=letter.message_key, headers={ATTEMPTS_HEADER: 0})
    async with open_uow() as uow:
        await _close(uow.conn, open_uow.tables.dead_letters, letter, resolution="replayed")
    return letter


async def sweep(conn: AsyncConnection, table: Table, *, older_than: datetime) -> int:
    """Delete a batch of letters settled before an instant; answers how many. 0: nothing is left. Open ones stay."""
    old = select(table.c.id).where(table.c.resolved_at < older_than).limit(_SWEEP_ROWS)
    done = await conn.execute(table.delete().where(table.c.id.in_(old)))
    return done.rowcount
