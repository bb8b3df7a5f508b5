"""The clock of people who were erased."""

from libs.common.clock import utc_now
from libs.common.schedules import Schedule
from libs.common.uow import OpenUow
from services.gateway.use_cases.sweep_told import sweep_told


def sweep_schedule(open_uow: OpenUow, *, secret: str) -> Schedule:
    """Forgets what was on its way when they were erased."""

    async def sweep() -> None:
        await sweep_told(open_uow, secret=secret, now=utc_now())

    return Schedule("sweep_told", 300, sweep)
