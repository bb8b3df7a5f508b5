"""The clock edge of ingest: what runs from time to time; the dispatcher and the progress, which run all the time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from libs.common.clock import utc_now
from libs.common.erasing import erase_schedule
from libs.common.errors import Transient
from libs.common.logs import get_logger
from libs.common.platform import Platform
from libs.common.schedules import Schedule
from services.ingest.repositories import enrich_replicas
from services.ingest.resources import Resources
from services.ingest.use_cases.ask_hold_again import ask_hold_again
from services.ingest.use_cases.ask_raise_again import ask_raise_again
from services.ingest.use_cases.ask_sourcing_hold_again import ask_sourcing_hold_again
from services.ingest.use_cases.begin_job import begin_waiting_jobs
from services.ingest.use_cases.delete_job import clear_deleted_jobs, delete_orphaned_sheets, delete_outlived_jobs
from services.ingest.use_cases.delete_upload import delete_orphaned_files, delete_unused_uploads
from services.ingest.use_cases.delete_workspace import erasing_of
from services.ingest.use_cases.dispatch_chunks import dispatch_chunks
from services.ingest.use_cases.erase_lead import erase_leads
from services.ingest.use_cases.join_parts import join_left_parts
from services.ingest.use_cases.park_jobs import resume_parked_jobs
from services.ingest.use_cases.publish_plain_lists import publish_plain_lists
from services.ingest.use_cases.publish_recipients import publish_unfinished_lists
from services.ingest.use_cases.push_owed_progress import push_owed_progress
from services.ingest.use_cases.rescue_chunks import rescue_chunks
from services.ingest.use_cases.turn_job import DISPATCH

log = get_logger()

POLL_S = 1.0


def schedules(platform: Platform, resources: Resources) -> Sequence[Schedule]:
    """Everything periodic, one runner per cluster."""
    open_uow = platform.open_uow

    async def ask_again() -> None:
        async with open_uow() as uow:
            await ask_hold_again(uow, now=utc_now())
            await ask_raise_again(uow, now=utc_now())

    async def ask_again_for_leads() -> None:
        async with open_uow() as uow:
            await ask_sourcing_hold_again(uow, now=utc_now())

    async def begin_waiting() -> None:
        await begin_waiting_jobs(open_uow=open_uow, now=utc_now())

    async def resume_parked() -> None:
        async with open_uow() as uow:
            await resume_parked_jobs(uow, workspace_id=None, now=utc_now())

    async def rescue() -> None:
        await rescue_chunks(open_uow=open_uow, queues=platform.bus, now=utc_now())

    async def publish_lists() -> None:
        await publish_unfinished_lists(open_uow=open_uow, storage=resources.storage)

    async def publish_plain() -> None:
        await publish_plain_lists(open_uow=open_uow, storage=resources.storage)

    async def forget_replicas() -> None:
        async with open_uow() as uow:
            await enrich_replicas.forget_gone(uow.conn)

    async def join_parts() -> None:
        await join_left_parts(open_uow=open_uow, storage=resources.storage)

    async def delete_unused() -> None:
        days = resources.settings.unused_upload_days
        await delete_unused_uploads(unused_days=days, now=utc_now(), open_uow=open_uow, storage=resources.storage)

    async def delete_orphans() -> None:
        await delete_orphaned_files(now=utc_now(), open_uow=open_uow, storage=resources.storage)

    async def clear_deleted() -> None:
        await clear_deleted_jobs(open_uow=open_uow, storage=resources.storage)

    async def delete_outlived() -> None:
        days = resources.settings.job_retention_days
        await delete_outlived_jobs(retention_days=days, now=utc_now(), open_uow=open_uow)

    async def delete_orphaned_results() -> None:
        await delete_orphaned_sheets(now=utc_now(), open_uow=open_uow, storage=resources.storage)

    async def erase() -> None:
        await erase_leads(now=utc_now(), open_uow=open_uow, storage=resources.storage)

    return (
        Schedule("erase_leads", 5, erase, timeout_s=1800),
        Schedule("ask_hold_again", 30, ask_again),
        Schedule("ask_sourcing_hold_again", 30, ask_again_for_leads),
        Schedule("begin_waiting_jobs", 2, begin_waiting, timeout_s=600),
        Schedule("resume_parked_jobs", 10, resume_parked),
        Schedule("rescue_chunks", 5, rescue),
        Schedule("publish_unfinished_lists", 30, publish_lists, timeout_s=600),
        Schedule("publish_plain_lists", 2, publish_plain, timeout_s=600),
        Schedule("forget_gone_replicas", 3600, forget_replicas),
        Schedule("join_left_parts", 10, join_parts, timeout_s=600),
        erase_schedule(erasing_of(open_uow, resources.storage), open_uow=open_uow),
        Schedule("delete_unused_uploads", 600, delete_unused, timeout_s=600),
        Schedule("clear_deleted_jobs", 5, clear_deleted, timeout_s=600),
        Schedule("delete_outlived_jobs", 3600, delete_outlived, timeout_s=600),
        Schedule("delete_orphaned_sheets", 3600, delete_orphaned_results, timeout_s=600),
        Schedule("delete_orphaned_uploads", 3600, delete_orphans, timeout_s=600),
    )


def dispatcher(platform: Platform, resources: Resources) -> Callable[[], Awaitable[None]]:
    """Dispatches whatever there is room for: woken by NOTIFY, with polling behind it, until the service stops."""

    async def dispatch() -> None:
        async with platform.listener.wait_for(DISPATCH) as woken:
            while not platform.stopping.is_set():
                woken.clear()
                if not await _round(platform, resources):
                    await _heard(woken)

    return dispatch


async def _round(platform: Platform, resources: Resources) -> int:
    try:
        return await dispatch_chunks(open_uow=platform.open_uow, storage=resources.storage, publisher=platform.bus)
    except Transient as error:
        log.warning("dispatch.stumbled", error=str(error))
        return 0


def progress_pusher(platform: Platform) -> Callable[[], Awaitable[None]]:
    """Pushes owed progress every second until the service stops. No schedule, whose turns would cost more than the look."""

    async def push() -> None:
        while not platform.stopping.is_set():
            try:
                await push_owed_progress(open_uow=platform.open_uow, now=utc_now())
            except Transient as error:
                log.warning("progress.stumbled", error=str(error))
            await _heard(platform.stopping)

    return push


async def _heard(event: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(POLL_S):
            await event.wait()
    except TimeoutError:
        return
