"""How long the edges remember: outbox rows 24 h after their confirm, inbox rows 30 days, settled dead letters and requests by
their idempotency keys as long."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import inbox, outbox, repeats
from libs.common.clock import utc_now
from libs.common.messaging import dead_letters
from libs.common.schedules import Schedule
from libs.common.uow import UnitOfWorkFactory

KEEP_OUTBOX = timedelta(hours=24)
KEEP_INBOX = timedelta(days=30)
KEEP_SETTLED = timedelta(days=30)
"""Dead letters that were replayed or discarded. Open ones stay until somebody has dealt with them."""
KEEP_REPEATED = timedelta(days=30)


def retention_schedules(open_uow: UnitOfWorkFactory) -> Sequence[Schedule]:
    """The sweepers of the common tables."""

    async def sweep_outbox() -> None:
        await _until_nothing_is_left(open_uow, outbox.sweep, open_uow.tables.outbox, keep=KEEP_OUTBOX)

    async def sweep_inbox() -> None:
        await _until_nothing_is_left(open_uow, inbox.sweep, open_uow.tables.inbox, keep=KEEP_INBOX)

    async def sweep_dead_letters() -> None:
        await _until_nothing_is_left(open_uow, dead_letters.sweep, open_uow.tables.dead_letters, keep=KEEP_SETTLED)

    schedules = [
        Schedule("sweep_outbox", 600, sweep_outbox),
        Schedule("sweep_inbox", 3600, sweep_inbox),
        Schedule("sweep_dead_letters", 3600, sweep_dead_letters),
    ]
    if (repeated := open_uow.tables.repeated_requests) is not None:

        async def sweep_repeated_requests() -> None:
            await _until_nothing_is_left(open_uow, repeats.sweep, repeated, keep=KEEP_REPEATED)

        schedules.append(Schedule("sweep_repeated_requests", 3600, sweep_repeated_requests))
    return schedules


class _Sweep(Protocol):
    async def __call__(self, conn: AsyncConnection, table: Table, /, *, older_than: datetime) -> int: ...


async def _until_nothing_is_left(open_uow: UnitOfWorkFactory, sweep: _Sweep, table: Table, *, keep: timedelta) -> None:
    older_than, left = utc_now() - keep, 1
    while left:
        async with open_uow() as uow:
            left = await sweep(uow.conn, table, older_than=older_than)
