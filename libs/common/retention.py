"""How long the bus edge remembers: outbox rows 24 h after their confirm, inbox rows 30 days."""

from collections.abc import Sequence
from datetime import timedelta

from libs.common import inbox, outbox
from libs.common.clock import utc_now
from libs.common.schedules import Schedule
from libs.common.uow import UnitOfWorkFactory

KEEP_OUTBOX = timedelta(hours=24)
KEEP_INBOX = timedelta(days=30)


def retention_schedules(open_uow: UnitOfWorkFactory) -> Sequence[Schedule]:
    """The sweepers of the common tables."""

    async def sweep_outbox() -> None:
        async with open_uow() as uow:
            await outbox.sweep(uow.conn, open_uow.tables.outbox, older_than=utc_now() - KEEP_OUTBOX)

    async def sweep_inbox() -> None:
        async with open_uow() as uow:
            await inbox.sweep(uow.conn, open_uow.tables.inbox, older_than=utc_now() - KEEP_INBOX)

    return (Schedule("sweep_outbox", 600, sweep_outbox), Schedule("sweep_inbox", 3600, sweep_inbox))
