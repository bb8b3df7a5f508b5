"""Watches the children: says when one dies, with its last words, and starts it again, but not for ever."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from types import TracebackType

from deploy.local.processes import Process

MOST_DEATHS = 6
WITHIN_SECONDS = 120.0
LOOK_EVERY_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 15.0


def restart_wait(deaths: Sequence[float], *, now: float) -> float | None:
    """Seconds to wait before the next start: 1, 2, 4, … None when it died too often lately to try again."""
    recent = sum(1 for death in deaths if now - death <= WITHIN_SECONDS)
    if recent > MOST_DEATHS:
        return None
    return min(2.0 ** max(recent - 1, 0), LONGEST_WAIT_SECONDS)


class Supervisor:
    """Restarts what dies for as long as it is open. Servers come first, since the services stand on them."""

    def __init__(
        self, services: Sequence[Process], *, say: Callable[[str], None], servers: Sequence[Process] = ()
    ) -> None:
        self._watched = [*servers, *services]
        self._say = say
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Supervisor:
        self._tasks = [asyncio.create_task(self._watch(process)) for process in self._watched]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _watch(self, process: Process) -> None:
        deaths: list[float] = []
        while True:
            await process.ended_within(float("inf"))
            if not process.wanted:
                await asyncio.sleep(LOOK_EVERY_SECONDS)
                continue
            deaths.append(time.monotonic())
            wait = restart_wait(deaths, now=deaths[-1])
            what = f"{process.name} ended with code {process.returncode}; its log {process.log} closes with:"
            said = f"{what}\n{process.last_lines(5)}\n"
            if wait is None:
                self._say(f"{said}It has ended {len(deaths)} times and is not started again.")
                return
            self._say(f"{said}It is started again in {wait:.0f} s.")
            await asyncio.sleep(wait)
            # Whoever ended it on purpose may have started it again meanwhile.
            if process.wanted and not process.running:
                process.start()
