"""What runs beside requests and messages: the relay, the clock and the service's own tasks."""

import asyncio
from collections.abc import Awaitable, Callable

from libs.common.logs import get_logger
from libs.common.messaging.relay import Relay
from libs.common.platform import Parts, Platform
from libs.common.retention import retention_schedules
from libs.common.schedules import ScheduleRunner

log = get_logger()

_RESTART_DELAY_S = 1
_LAST_PUBLISH_S = 2


class Background:
    """The relay, the clock and the service's own tasks. One that falls over is started again, visibly."""

    def __init__(self, platform: Platform, parts: Parts) -> None:
        service = platform.settings.service
        relay = Relay(service=service, open_uow=platform.open_uow, bus=platform.bus, listener=platform.listener)
        schedules = [*parts.schedules, *retention_schedules(platform.open_uow)]
        runner = ScheduleRunner(service=service, schedules=schedules, open_uow=platform.open_uow)
        self._work: list[Callable[[], Awaitable[None]]] = [runner.run, *parts.tasks]
        self._relay = relay
        self._tasks: list[asyncio.Task[None]] = []
        self._relaying: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._relaying = asyncio.create_task(_keep_running(self._relay.run))
        self._tasks = [asyncio.create_task(_keep_running(work)) for work in self._work]

    async def stop(self) -> None:
        """The relay goes last, so that what the others have said on their way out is published."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._relaying is not None:
            self._relay.stop()
            await asyncio.wait([self._relaying], timeout=_LAST_PUBLISH_S)
            self._relaying.cancel()
            await asyncio.gather(self._relaying, return_exceptions=True)


async def _keep_running(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception as error:
            log.exception("task.fell_over", task=getattr(work, "__qualname__", str(work)), error=str(error))
        else:
            return
        await asyncio.sleep(_RESTART_DELAY_S)
