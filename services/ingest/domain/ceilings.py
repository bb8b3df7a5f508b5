"""The spend ceiling: a job never has more under way than what is held for it can pay, and a person may let it spend more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.common.errors import Conflict, Invalid
from services.ingest.domain.jobs import TERMINAL, Job, JobState
from services.ingest.domain.spending import INSUFFICIENT
from services.ingest.domain.turns import resume

CEILING = "ceiling"
"""The reason of a job that is parked because nothing it may still spend pays for a row."""
RAISABLE = frozenset({JobState.QUEUED, JobState.PROCESSING, JobState.PAUSED, JobState.PARKED})
"""A hold is placed for it, and it has not ended: it may be let spend more."""


def credits_asked(job: Job) -> int:
    """What is to be held for a job: what it may cost, but no more than its ceiling; whole rows where it takes less."""
    most = job.credits_needed if job.ceiling_credits is None else min(job.credits_needed, job.ceiling_credits)
    return most // job.credits_per_row * job.credits_per_row if job.affordable and job.credits_per_row else most


def check_hold(job: Job, *, credits_held: int) -> None:
    """Raises Conflict `hold_differs` for another sum than was asked for; an affordable job takes whole rows of it."""
    asked = credits_asked(job)
    fewer = job.affordable and 0 < credits_held < asked and credits_held % job.credits_per_row == 0
    if credits_held != asked and not fewer:
        msg = f"job {job.id} asked for {asked} credits, {credits_held} are held"
        raise Conflict(msg, code="hold_differs")


def check_ceiling(*, ceiling_credits: int | None, credits_per_row: int) -> None:
    """Raises Invalid `ceiling_too_low` for a ceiling that pays for no row."""
    if ceiling_credits is not None and ceiling_credits < credits_per_row:
        msg = f"a ceiling of {ceiling_credits} credits pays for no row: one costs {credits_per_row}"
        raise Invalid(msg, code="ceiling_too_low")


def is_limited(job: Job) -> bool:
    """Whether not every row that a job wants is paid for."""
    return job.credits_held < job.credits_needed


def is_raise_open(job: Job) -> bool:
    """Whether billing has been asked for more, and has not answered."""
    return job.ceiling_credits is not None and credits_asked(job) > job.credits_held


def is_at_ceiling(job: Job) -> bool:
    """Parked until a person lets it spend more."""
    return job.state is JobState.PARKED and job.reason == CEILING


def raise_ceiling(job: Job, *, ceiling_credits: int) -> Job | None:
    """The job with a higher ceiling, in the next round of asking; None when just that is being asked for already.

    Raises Conflict `job_not_running` before its hold and after its end, `ceiling_not_higher` when it would get no more.
    """
    if job.state not in RAISABLE:
        msg = f"job {job.id} is {job.state.value}: the ceiling of a job that is at work, paused or parked can be raised"
        raise Conflict(msg, code="job_not_running", extra={"state": job.state.value})
    if is_raise_open(job) and job.ceiling_credits == ceiling_credits:
        return None
    raised = replace(job, ceiling_credits=ceiling_credits, ceiling_round=job.ceiling_round + 1, version=job.version + 1)
    if credits_asked(raised) <= job.credits_held:
        msg = (
            f"{job.credits_held} credits are held for job {job.id}, which can spend {job.credits_needed} at most:"
            f" a ceiling of {ceiling_credits} gives it no more"
        )
        raise Conflict(msg, code="ceiling_not_higher", extra={"held": job.credits_held, "needed": job.credits_needed})
    return raised


def lower_ceiling(job: Job, *, ceiling_credits: int, charged_under_way: int) -> Job:
    """The job with a lower ceiling, in a round of its own: what it may not spend any more is not held for it.

    No lower than what is spent and under way. Raises Conflict `job_not_running`, `raise_open` while billing has been asked
    for more, `ceiling_not_lower` when all of it is spent or under way.
    """
    if job.state not in RAISABLE:
        msg = (
            f"job {job.id} is {job.state.value}: the ceiling of a job that is at work, paused or parked can be lowered"
        )
        raise Conflict(msg, code="job_not_running", extra={"state": job.state.value})
    if is_raise_open(job):
        msg = f"job {job.id} is asking for more credits: wait for the answer, then lower its ceiling"
        raise Conflict(msg, code="raise_open")
    wanted = ceiling_credits
    if job.affordable and job.credits_per_row:
        wanted = wanted // job.credits_per_row * job.credits_per_row
    in_use = job.credits_total + charged_under_way * job.credits_per_row
    lowest = max(wanted, in_use)
    if lowest >= job.credits_held:
        msg = f"{job.credits_held} credits are held for job {job.id}, and {in_use} are spent or under way"
        raise Conflict(msg, code="ceiling_not_lower", extra={"held": job.credits_held, "in_use": in_use})
    round_no = job.ceiling_round + 1
    return replace(
        job,
        ceiling_credits=lowest,
        credits_held=lowest,
        ceiling_round=round_no,
        lowered_round=round_no,
        version=job.version + 1,
    )


def hold_more(job: Job, *, round_no: int, credits_held: int, now: datetime) -> list[Job]:
    """More is held: the turns of a job that may spend it; one that was parked for it goes on.

    An answer to a round before the ceiling was lowered tells of what is not held any more.
    """
    if job.state in TERMINAL or credits_held <= job.credits_held or round_no < job.lowered_round:
        return []
    # A later round may have been declined before this one was heard of: what is held may be spent.
    ceiling = None if job.ceiling_credits is None else max(job.ceiling_credits, credits_held)
    richer = replace(job, credits_held=credits_held, ceiling_credits=ceiling, version=job.version + 1)
    resumed = resume(richer, now=now) if is_at_ceiling(richer) else None
    return [richer] if resumed is None else [richer, resumed]


def keep_ceiling(job: Job, *, round_no: int, available: int, reason: str = INSUFFICIENT) -> list[Job]:
    """The raise cannot be paid: the ceiling is what is held. None of it concerns a later round that is being asked for."""
    if round_no != job.ceiling_round or not is_raise_open(job):
        return []
    return [
        replace(
            job,
            ceiling_credits=job.credits_held,
            credits_available=available,
            credits_bound=reason,
            version=job.version + 1,
        ),
    ]


@dataclass(frozen=True)
class Portion:
    """The rows of a chunk that a job can pay for; `rest` are those it cannot, and become a chunk of their own."""

    rows: tuple[int, ...]
    rest: tuple[int, ...]
    charged: int


def affordable_portion(row_nos: Sequence[int], *, free: frozenset[int], rows_left: int) -> Portion:
    """The longest beginning of a chunk with at most `rows_left` rows that are charged."""
    charged = 0
    for place, row_no in enumerate(row_nos):
        costs = row_no not in free
        if costs and charged >= rows_left:
            return Portion(tuple(row_nos[:place]), tuple(row_nos[place:]), charged)
        charged += costs
    return Portion(tuple(row_nos), (), charged)


def rows_left(job: Job, *, charged_under_way: int) -> int:
    """How many more rows a job can pay for, when all that are under way are charged. Needs a price above 0."""
    return (job.credits_held - job.credits_total) // job.credits_per_row - charged_under_way
