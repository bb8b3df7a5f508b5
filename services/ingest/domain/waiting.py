"""What a job waits for, in words: a person who looks at a job that stands still is told why, and until when."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.ingest.domain.jobs import Job, JobState
from services.ingest.domain.timeline import cause_of, provider_name
from services.ingest.domain.window import ProviderWait, Replica, live, window_rows


@dataclass(frozen=True)
class Waiting:
    """`reason` is a stable code, `message` a sentence. `resumes_at` is when it goes on by itself, as far as that is known."""

    reason: str
    message: str
    provider: str | None = None
    resumes_at: datetime | None = None


@dataclass(frozen=True)
class Work:
    """The chunks of one job: how many are under way, and when the first of the others is due."""

    under_way: int = 0
    next_due: datetime | None = None


@dataclass(frozen=True)
class Surroundings:
    """What enrich says of itself, the rows that are under way of all jobs, and which keys workspaces bring themselves."""

    replicas: Sequence[Replica]
    rows_under_way: int
    own_keys: Mapping[UUID, Collection[str]] = field(default_factory=dict[UUID, Collection[str]])

    def is_full(self, now: datetime) -> bool:
        """Whether nothing more may go out at present."""
        return self.rows_under_way >= window_rows(self.replicas, now=now)


def waiting_of(job: Job, *, work: Work, around: Surroundings, now: datetime) -> Waiting | None:
    """What keeps a job from going on; None while it goes on, and after its end."""
    if job.state is not JobState.PROCESSING:
        return standing_still(job)
    if not live(around.replicas, now=now):
        return Waiting("no_workers", "no enrich worker is alive: rows wait until one is")
    limited = minute_limit(
        around.replicas, workspace_id=job.workspace_id, now=now, own=around.own_keys.get(job.workspace_id, ())
    )
    if limited is not None or work.under_way:
        return limited
    if work.next_due is not None and work.next_due > now:
        seconds = (work.next_due - now).total_seconds()
        return Waiting(
            "handed_back", f"its rows were handed back, and go out again in {seconds:.0f} s", None, work.next_due
        )
    if work.next_due is not None and around.is_full(now):
        return Waiting("queue", f"waits for its turn: {around.rows_under_way} rows of other jobs are under way")
    return None


def standing_still(job: Job) -> Waiting | None:
    """What a job waits for that is not at work: that says its state."""
    match job.state:
        case JobState.RESERVING:
            return Waiting("credits", "waits for its credits to be reserved")
        case JobState.PAUSED:
            return Waiting("paused_by_user", "paused: resume it to go on")
        case JobState.MERGING if not job.is_answered:
            return Waiting("merging", "rows that nobody got to are being skipped: then the sheet is written")
        case JobState.MERGING:
            return Waiting("merging", "every row has its outcome: the sheet is being written")
        case JobState.PARKED:
            return _parked(job)
        case _:
            return None


def _parked(job: Job) -> Waiting:
    reason = job.reason or "parked"
    cause = cause_of(reason)
    if cause is None:
        message = (
            "what it may spend is spent: raise its ceiling, take what there is, or cancel it"
            if reason == "ceiling"
            else "parked"
        )
        return Waiting(reason, message, resumes_at=job.resume_at)
    until = "" if job.resume_at is None else f", resumes at {job.resume_at:%Y-%m-%d %H:%M} UTC"
    return Waiting(reason, f"{cause[1]}{until}", cause[0], job.resume_at)


def minute_limit(
    replicas: Iterable[Replica], *, workspace_id: UUID, now: datetime, own: Collection[str] = ()
) -> Waiting | None:
    """The provider whose limit of the minute, or whose silence, holds up a workspace's rows the longest; None when none does.

    For a provider that it has its `own` key for, its account stands for the shared one.
    """
    waits = [wait for replica in live(replicas, now=now) for wait in replica.waits if wait.until > now]
    mine = [wait for wait in waits if _concerns(wait, workspace_id, has_own=wait.provider in own)]
    if not mine:
        return None
    last = max(mine, key=lambda wait: (wait.until, wait.account))
    return Waiting(last.reason, _resumes(last, now), last.provider, last.until)


def _concerns(wait: ProviderWait, workspace_id: UUID, *, has_own: bool) -> bool:
    """Whether it is a wait of the account that the workspace's calls go by. A shared account may make one workspace wait."""
    if has_own:
        return wait.workspace_id == workspace_id and wait.account != wait.provider
    return wait.workspace_id in (None, workspace_id) and wait.account == wait.provider


def _resumes(wait: ProviderWait, now: datetime) -> str:
    name, seconds = provider_name(wait.provider), (wait.until - now).total_seconds()
    match wait.reason:
        case "not_answering":
            return f"{name} does not answer, tried again in {seconds:.0f} s"
        case "kept_back":
            return (
                f"half of the day's {name} calls went to this workspace and others wait, tried again in {seconds:.0f} s"
            )
        case _:
            of = f" of {wait.limited_by}" if wait.limited_by else ""
            return f"{name} minute limit{of}, resumes in {seconds:.1f} s"
