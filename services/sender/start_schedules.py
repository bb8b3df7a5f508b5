"""The clock of starts: campaigns with long lists are taken in to their end, whoever pressed Start and whatever died since."""

import time
from collections.abc import Sequence

from libs.common.schedules import Schedule
from libs.common.uow import OpenUow
from services.sender.domain.writing import Writer
from services.sender.repositories.workspaces import database_now
from services.sender.use_cases.continue_starts import continue_start

_RUN_S = 300
"""So long a run goes on; the next follows at once."""


def start_schedules(open_uow: OpenUow, writer: Writer) -> Sequence[Schedule]:
    """On one replica at a time, so that taking in lists slows nothing but the starts of others."""

    async def continue_starts() -> None:
        stops_at = time.monotonic() + _RUN_S
        while time.monotonic() < stops_at:
            if not await continue_start(open_uow, writer=writer, clock=database_now):
                return

    return [Schedule("continue_starts", 2, continue_starts, timeout_s=2 * _RUN_S)]
