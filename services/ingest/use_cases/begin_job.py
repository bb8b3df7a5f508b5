"""A job that has its credits begins: which of its rows are done, which are known already, and the chunks of the rest."""

from dataclasses import replace
from datetime import datetime, timedelta

from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest.domain.ceilings import credits_asked
from services.ingest.domain.jobs import Job, JobKind, JobState, Tally
from services.ingest.domain.quotes import Choice
from services.ingest.domain.turns import finish_if_answered, start
from services.ingest.repositories import chunks, coverage, jobs, laying_out
from services.ingest.use_cases.park_jobs import known_providers, parked
from services.ingest.use_cases.turn_job import by_compare_and_swap, save_turns

log = get_logger()

WAIT_FOR_CHECK = timedelta(seconds=60)
"""So long a job waits for its sheet to be checked. Then it begins with the duplicates that are known."""


async def begin_or_wait(uow: UnitOfWork, was: Job, queued: Job, *, now: datetime) -> bool:
    """`queued → processing` with its chunks; it stays `queued` while its sheet is being checked for what it is to skip.

    Writes nothing and answers False when the job's version is not that of `was` any more.
    """
    if not await _is_ready(uow, queued, now=now):
        return await save_turns(uow, was, [queued]) if queued.version != was.version else True
    covered, known = await _covered(uow, queued)
    begun = start(covered, chunks_total=await chunks.count(uow.conn, queued.id), now=now, known=known)
    assert begun is not None, "a queued job can start"
    providers = await known_providers(uow, now=now)
    then = finish_if_answered(begun, now=now) or parked(begun, providers, now=now)
    turned = [queued] if queued.version != was.version else []
    return await save_turns(uow, was, [*turned, begun, *then])


async def begin_waiting_jobs(*, open_uow: OpenUow, now: datetime) -> None:
    """Let the queued jobs begin whose sheets have been checked, or that have waited long enough.

    Each in a transaction of its own: a small job does not wait for a large one, nor any for one that cannot begin. Raises
    the first failure when all have had their turn.
    """
    failures: list[Exception] = []
    async with open_uow.alone() as conn:
        waiting = await jobs.in_state(conn, JobState.QUEUED)
    if not waiting:
        return
    async with open_uow() as uow:
        ready = [job for job in waiting if await _is_ready(uow, job, now=now)]
    for job in sorted(ready, key=lambda job: job.rows_total):
        try:
            await _begin_waiting(job, open_uow=open_uow, now=now)
        except Exception as error:
            log.warning("job.not_begun", job_id=str(job.id), error=f"{type(error).__name__}: {error}")
            failures.append(error)
    if failures:
        raise failures[0]


async def _begin_waiting(waiting: Job, *, open_uow: OpenUow, now: datetime) -> None:
    async with open_uow() as uow:

        async def attempt() -> bool:
            job = await jobs.load(uow.conn, waiting.id, workspace_id=waiting.workspace_id, in_turn=True)
            return job.state is not JobState.QUEUED or await begin_or_wait(uow, job, job, now=now)

        await by_compare_and_swap(uow, attempt, job_id=waiting.id)


async def _is_ready(uow: UnitOfWork, job: Job, *, now: datetime) -> bool:
    if job.kind is JobKind.RETRY or not _choice(job).needs_findings or now - job.state_changed_at >= WAIT_FOR_CHECK:
        return True
    return await coverage.is_checked(uow.conn, job.upload_id)


async def _covered(uow: UnitOfWork, job: Job) -> tuple[Job, Tally]:
    """The job with the rows it covers and what they may cost, and the outcomes known by then; its chunks are laid out.

    The chunks of a retry were chosen when it was made.
    """
    if job.kind is JobKind.RETRY:
        return job, Tally()
    up_to = job.rows_total
    await coverage.take_time(uow.conn)
    await coverage.copy_tried(uow.conn, job, up_to=up_to)
    await coverage.skip(uow.conn, job, _choice(job), up_to=up_to)
    if job.affordable and job.credits_held < credits_asked(job):
        rows = job.credits_held // job.credits_per_row
        up_to = await coverage.last_affordable(uow.conn, job, rows=rows, up_to=up_to)
        await coverage.forget_beyond(uow.conn, job, up_to=up_to)
        job = replace(job, first_rows=up_to, rows_total=up_to)
    known = await coverage.known_outcomes(uow.conn, job)
    free = await coverage.free_without_outcome(uow.conn, job, up_to=up_to)
    await laying_out.lay_out(uow.conn, job, up_to=up_to)
    return replace(job, credits_needed=(up_to - known.rows - free) * job.credits_per_row), known


def _choice(job: Job) -> Choice:
    return Choice(job.first_rows, job.skip_duplicates, job.skip_known)
