"""Works on sourcings all the time, a few at once: woken by NOTIFY, with polling behind it, until the service stops."""

import asyncio
from collections.abc import Awaitable, Callable

from libs.common.errors import Transient
from libs.common.logs import get_logger
from libs.common.platform import Platform
from services.ingest.resources import Resources
from services.ingest.use_cases.step_sourcing import step_sourcing
from services.ingest.use_cases.turn_sourcing import SOURCING

log = get_logger()

AT_ONCE = 3
POLL_S = 1.0


def sourcer(platform: Platform, resources: Resources) -> Callable[[], Awaitable[None]]:
    """The task of one process. Each of its hands does one step at a time of whichever sourcing has waited longest."""
    looking = asyncio.Lock()

    async def work() -> None:
        async with platform.listener.wait_for(SOURCING) as woken:
            while not platform.stopping.is_set():
                woken.clear()
                if not await _step(platform, resources):
                    # One idle hand waits for the next look, the others for it: all of them would find nothing three times.
                    async with looking:
                        await _heard(woken)

    async def keep_sourcing() -> None:
        async with asyncio.TaskGroup() as hands:
            for number in range(AT_ONCE):
                hands.create_task(work(), name=f"sourcer {number}")

    return keep_sourcing


async def _step(platform: Platform, resources: Resources) -> bool:
    try:
        return await step_sourcing(open_uow=platform.open_uow, apollo=resources.apollo, storage=resources.storage)
    except Transient as error:
        log.warning("sourcer.stumbled", error=str(error))
        return False


async def _heard(woken: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(POLL_S):
            await woken.wait()
    except TimeoutError:
        return
