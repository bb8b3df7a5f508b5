"""Let the caller wait a moment for billing's answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from libs.common.listener import Listener
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest.domain.ceilings import is_raise_open
from services.ingest.domain.jobs import TERMINAL, Job, JobState
from services.ingest.domain.sourcing import Sourcing, SourcingState
from services.ingest.repositories import jobs, sourcings
from services.ingest.use_cases.turn_job import HOLD_ANSWERED

WAIT_S = 5.0
_POLL_S = 0.5

Asked = TypeVar("Asked")
"""What asks for credits: a job or a sourcing."""


async def wait_for_hold(job: Job, *, open_uow: OpenUow, listener: Listener) -> Job:
    """Wait until the job is not `reserving` any more, at most WAIT_S seconds; holds no connection meanwhile."""

    def is_reserving(job: Job) -> bool:
        return job.state is JobState.RESERVING

    return await _wait(job, is_reserving, _again, open_uow=open_uow, listener=listener)


async def wait_for_raise(job: Job, *, open_uow: OpenUow, listener: Listener) -> Job:
    """Wait until the raise has been answered, or the job has ended, at most WAIT_S seconds; holds no connection meanwhile."""

    def is_raising(job: Job) -> bool:
        return is_raise_open(job) and job.state not in TERMINAL

    return await _wait(job, is_raising, _again, open_uow=open_uow, listener=listener)


async def wait_for_sourcing_hold(sourcing: Sourcing, *, open_uow: OpenUow, listener: Listener) -> Sourcing:
    """Wait until it is not `reserving` any more, at most WAIT_S seconds; holds no connection meanwhile."""

    def is_reserving(sourcing: Sourcing) -> bool:
        return sourcing.state is SourcingState.RESERVING

    async def again(uow: UnitOfWork, sourcing: Sourcing) -> Sourcing:
        return await sourcings.load(uow.conn, sourcing.id, workspace_id=sourcing.workspace_id)

    return await _wait(sourcing, is_reserving, again, open_uow=open_uow, listener=listener)


async def _again(uow: UnitOfWork, job: Job) -> Job:
    return await jobs.load(uow.conn, job.id, workspace_id=job.workspace_id)


async def _wait(
    asked: Asked,
    waits: Callable[[Asked], bool],
    again: Callable[[UnitOfWork, Asked], Awaitable[Asked]],
    *,
    open_uow: OpenUow,
    listener: Listener,
) -> Asked:
    if not waits(asked):
        return asked
    deadline = asyncio.get_running_loop().time() + WAIT_S
    async with listener.wait_for(HOLD_ANSWERED) as answered:
        while True:
            answered.clear()
            async with open_uow() as uow:
                asked = await again(uow, asked)
            left = deadline - asyncio.get_running_loop().time()
            if not waits(asked) or left <= 0:
                return asked
            await _heard(answered, min(left, _POLL_S))


async def _heard(event: asyncio.Event, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return
