"""Let the caller wait a moment for billing's answer."""

import asyncio
from collections.abc import Callable

from libs.common.listener import Listener
from libs.common.uow import OpenUow
from services.ingest.domain.ceilings import is_raise_open
from services.ingest.domain.jobs import TERMINAL, Job, JobState
from services.ingest.repositories import jobs
from services.ingest.use_cases.turn_job import HOLD_ANSWERED

WAIT_S = 5.0
_POLL_S = 0.5


async def wait_for_hold(
    job: Job, *, open_uow: OpenUow, listener: Listener, wait_s: float = WAIT_S, poll_s: float = _POLL_S
) -> Job:
    """Wait until the job is not `reserving` any more, at most `wait_s`; holds no connection meanwhile."""
    return await _wait(job, _is_reserving, open_uow=open_uow, listener=listener, wait_s=wait_s, poll_s=poll_s)


async def wait_for_raise(
    job: Job, *, open_uow: OpenUow, listener: Listener, wait_s: float = WAIT_S, poll_s: float = _POLL_S
) -> Job:
    """Wait until the raise has been answered, or the job has ended, at most `wait_s`."""
    return await _wait(job, _is_raising, open_uow=open_uow, listener=listener, wait_s=wait_s, poll_s=poll_s)


def _is_reserving(job: Job) -> bool:
    return job.state is JobState.RESERVING


def _is_raising(job: Job) -> bool:
    return is_raise_open(job) and job.state not in TERMINAL


async def _wait(
    job: Job, waits: Callable[[Job], bool], *, open_uow: OpenUow, listener: Listener, wait_s: float, poll_s: float
) -> Job:
    if not waits(job):
        return job
    deadline = asyncio.get_running_loop().time() + wait_s
    async with listener.wait_for(HOLD_ANSWERED) as answered:
        while True:
            answered.clear()
            async with open_uow() as uow:
                job = await jobs.load(uow.conn, job.id, workspace_id=job.workspace_id)
            left = deadline - asyncio.get_running_loop().time()
            if not waits(job) or left <= 0:
                return job
            await _heard(answered, min(left, poll_s))


async def _heard(event: asyncio.Event, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return
