"""The gateway's clock: the history of live events is short."""

from collections.abc import Sequence
from datetime import timedelta

from libs.common.clock import utc_now
from libs.common.schedules import Schedule
from libs.common.uow import OpenUow
from services.gateway import repository

KEEP_HISTORY = timedelta(hours=24)


def schedules(open_uow: OpenUow) -> Sequence[Schedule]:
    """What runs by itself."""

    async def forget_history() -> None:
        async with open_uow() as uow:
            await repository.forget_live_events(uow.conn, older_than=utc_now() - KEEP_HISTORY)

    return [Schedule("forget_history", 3600, forget_history)]
