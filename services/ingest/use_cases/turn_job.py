"""Turn a job from one state to the next: saved by compare-and-swap, logged, and announced in the same transaction."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from libs.common.contracts.envelope import Event
from libs.common.contracts.ingest import (
    JobCancelled,
    JobCompleted,
    JobCreated,
    JobFailed,
    JobMerging,
    JobParked,
    JobPaused,
    JobProgressed,
    JobResumed,
)
from libs.common.errors import Busy
from libs.common.uow import UnitOfWork
from services.ingest import metrics
from services.ingest.domain.ceilings import credits_asked
from services.ingest.domain.jobs import ENDED, Job, JobState
from services.ingest.domain.waiting import minute_limit, standing_still
from services.ingest.repositories import enrich_replicas, job_logs, jobs, own_keys, retries

TRIES = 25
HOLD_ANSWERED = "ingest_hold_answered"
"""NOTIFY channel: a job is not `reserving` any more."""
DISPATCH = "ingest_dispatch"
"""NOTIFY channel: there may be something to dispatch, or room for it."""

Decide = Callable[[Job], Sequence[Job]]
"""The turns a job takes, in order; none when there is nothing to do."""


async def turn_job(uow: UnitOfWork, job_id: UUID, *, workspace_id: UUID, decide: Decide, by: UUID | None = None) -> Job:
    """Load, decide, save by compare-and-swap; again when the version has moved meanwhile. Answers the job as it is then.

    It waits its turn among the answers to the job's chunks: without that a steady stream of them would always be first,
    and a person could neither pause nor cancel what goes on being charged. `by` is the person who turns it, where it is one.
    Raises NotFound; Busy when others keep moving it.
    """
    for _ in range(TRIES):
        job = await jobs.load(uow.conn, job_id, workspace_id=workspace_id, in_turn=True)
        turns = decide(job)
        if not turns:
            return job
        if await save_turns(uow, job, turns, by=by):
            return turns[-1]
    raise moving(job_id)


async def by_compare_and_swap(uow: UnitOfWork, attempt: Callable[[], Awaitable[bool]], *, job_id: UUID) -> None:
    """Run an attempt that writes more than the job until its compare-and-swap holds; a failed one leaves nothing behind."""
    for _ in range(TRIES):
        async with uow.conn.begin_nested() as savepoint:
            if await attempt():
                return
            await savepoint.rollback()
    raise moving(job_id)


def moving(job_id: UUID) -> Busy:
    """The refusal when a job's version keeps moving away."""
    return Busy(f"job {job_id} keeps moving: try again", code="job_busy", extra={"retry_after_s": 1})


async def save_turns(uow: UnitOfWork, was: Job, turns: Sequence[Job], *, by: UUID | None = None) -> bool:
    """Save the last of the turns where the version is still `was`; log and announce each. False: nothing was written.

    The first turn is that of the person, where one made it; the others follow from it.
    """
    if not await jobs.save(uow.conn, turns[-1], was=was.version):
        return False
    for before, job in zip((was, *turns), turns, strict=False):
        if _standing(job) != _standing(before):
            await job_logs.write(uow.conn, job, user_id=by if job is turns[0] else None)
            metrics.JOB_TURNS.labels(job.state.value).inc()
            publish_state(uow, job)
    if turns[-1].state is not was.state or turns[-1].progressed_at != was.progressed_at:
        await publish_progress(uow, turns[-1])
    if turns[-1].root_id is not None and turns[-1].state in ENDED:
        await retries.note_overlay(uow.conn, turns[-1].root_id)
    if was.state is JobState.RESERVING:
        uow.notify(HOLD_ANSWERED)
    uow.notify(DISPATCH)
    return True


def _standing(job: Job) -> tuple[object, ...]:
    """What others want to hear of. A job that is parked for something else is news, one that counts rows is not."""
    return job.state, job.reason, job.resume_at


def publish_state(uow: UnitOfWork, job: Job) -> None:
    """Say what state the job is in. Said again, it is the same event with the same version."""
    event = state_event(job)
    if event is not None:
        uow.publish(event, tenant_id=job.workspace_id, correlation_id=job.id)


def state_event(job: Job) -> Event | None:
    """The event of a job's present state; None for a state nobody else needs to hear of."""
    turned = {"job_id": job.id, "job_version": job.version, "reason": job.reason}
    ended = {
        **turned,
        "credits_total": job.credits_total,
        "rows_total": job.rows_total,
        "rows_enriched": job.tally.enriched,
        "rows_degraded": job.tally.degraded,
        "rows_failed": job.tally.failed,
    }
    match job.state:
        case JobState.RESERVING:
            return JobCreated(
                job_id=job.id,
                credits=credits_asked(job),
                price_version=job.price_version,
                credits_step=job.credits_per_row or None if job.affordable else None,
                credits_per_row=job.credits_per_row,
                user_id=job.user_id,
            )
        case JobState.PROCESSING:
            return JobResumed.model_validate(turned)
        case JobState.PAUSED:
            return JobPaused.model_validate(turned)
        case JobState.PARKED:
            return JobParked.model_validate({**turned, "resume_at": job.resume_at})
        case JobState.MERGING:
            return JobMerging(job_id=job.id)
        case JobState.COMPLETED:
            return JobCompleted.model_validate(ended)
        case JobState.FAILED:
            return JobFailed.model_validate(ended)
        case JobState.CANCELLED:
            return JobCancelled.model_validate(ended)
        case JobState.QUEUED | JobState.DECLINED:
            return None


async def publish_progress(uow: UnitOfWork, job: Job) -> None:
    """Push the counts to whoever looks, and what the job waits for."""
    waiting = standing_still(job)
    if job.state is JobState.PROCESSING and job.progressed_at is not None:
        replicas = await enrich_replicas.known(uow.conn)
        if any(replica.waits for replica in replicas):
            own = await own_keys.of(uow.conn, job.workspace_id)
            waiting = minute_limit(replicas, workspace_id=job.workspace_id, now=job.progressed_at, own=own)
    progress = progress_event(job, waiting=None if waiting is None else waiting.message)
    uow.publish(progress, tenant_id=job.workspace_id, correlation_id=job.id)


def progress_event(job: Job, *, waiting: str | None) -> JobProgressed:
    """The counts of a job for the eye."""
    return JobProgressed(
        job_id=job.id,
        job_version=job.version,
        state=job.state.value,
        rows_total=job.rows_total,
        rows_done=job.tally.rows,
        rows_degraded=job.tally.degraded,
        rows_failed=job.tally.failed,
        rows_per_second=job.pace.rows_per_second,
        eta_seconds=job.eta_seconds,
        rows_enriched=job.tally.enriched,
        rows_skipped=job.tally.skipped,
        credits_total=job.credits_total,
        waiting=waiting,
    )
