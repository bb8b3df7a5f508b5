"""How long the bus edge remembers: outbox rows 24 h after their confirm, inbox rows 30 days."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import inbox, outbox
from libs.common.clock import utc_now
from libs.common.schedules import Schedule
from libs.common.uow import UnitOfWorkFactory

KEEP_OUTBOX = timedelta(hours=24)
KEEP_INBOX = timedelta(days=30)


def retention_schedules(open_uow: UnitOfWorkFactory) -> Sequence[Schedule]:
    """The sweepers of the common tables."""

    async def sweep_outbox() -> None:
        await _until_nothing_is_left(open_uow, outbox.sweep, open_uow.tables.outbox, keep=KEEP_OUTBOX)

    async def sweep_inbox() -> None:
        await _until_nothing_is_left(open_uow, inbox.sweep, open_uow.tables.inbox, keep=KEEP_INBOX)

    return (Schedule("sweep_outbox", 600, sweep_outbox), Schedule("sweep_inbox", 3600, sweep_inbox))


class _Sweep(Protocol):
    async def __call__(self, conn: AsyncConnection, table: Table, /, *, older_than: datetime) -> int: ...


async def _until_nothing_is_left(open_uow: UnitOfWorkFactory, sweep: _Sweep, table: Table, *, keep: timedelta) -> None:
    older_than, left = utc_now() - keep, 1
    while left:
        async with open_uow() as uow:
            left = await sweep(uow.conn, table, older_than=older_than)
