"""Services whose clock stands still, for tests that do by hand what a schedule would do; and days that do not end meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator, Sequence
from unittest.mock import patch

from fastapi import FastAPI

from libs.common import background
from libs.common.clock import utc_now
from libs.common.schedules import Schedule
from libs.common.uow import UnitOfWorkFactory


class _Stopped:
    """Takes the place of the runner of schedules, and runs none."""

    def __init__(self, *, service: str, schedules: Sequence[Schedule], open_uow: UnitOfWorkFactory) -> None:
        del service, schedules, open_uow

    async def run(self) -> None:
        await asyncio.Event().wait()


@contextlib.contextmanager
def clocks_stopped() -> Generator[None]:
    """Services that start until the block ends run none of their schedules."""
    with patch.object(background, "ScheduleRunner", _Stopped):
        yield


@contextlib.asynccontextmanager
async def started_without_a_clock(app: FastAPI) -> AsyncGenerator[None]:
    """A service that runs none of its schedules until the block ends. With a clock it would now and then be first at what a
    test is about to do, and take away what the test looks at. Its queues, its relay and its own tasks run."""
    async with contextlib.AsyncExitStack() as stack:
        with clocks_stopped():
            await stack.enter_async_context(app.router.lifespan_context(app))
        yield


def where_it_is_noon() -> str:
    """A time zone whose midnight is hours away: no day, and no month, begins anew while something runs."""
    return f"Etc/GMT{utc_now().hour - 12:+}"
