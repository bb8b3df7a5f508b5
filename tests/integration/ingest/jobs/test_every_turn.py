"""Every click in every state, for every kind of job: what becomes of it, or by which name it is refused. And twice."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import TERMINAL, Job, JobState
from services.ingest.repositories import families
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.delete_job import delete_job
from services.ingest.use_cases.finish_job import finish_job
from services.ingest.use_cases.pause_job import pause_job
from services.ingest.use_cases.rerun_job import rerun_job
from services.ingest.use_cases.resume_job import resume_job
from services.ingest.use_cases.retry_job import RetryRequest, retry_job
from tests.integration.ingest.jobs.steps import Ingest, answer, failed

Click = Callable[[UnitOfWork, UUID, UUID], Awaitable[Any]]


async def retry(uow: UnitOfWork, job_id: UUID, workspace_id: UUID) -> Job:
    return await retry_job(
        uow, job_id, RetryRequest(), workspace_id=workspace_id, user_id=job_id, idempotency_key=None, now=utc_now()
    )


def plain(use_case: Callable[..., Awaitable[Any]]) -> Click:
    return lambda uow, job_id, workspace_id: use_case(uow, job_id, workspace_id=workspace_id, now=utc_now())


async def finish(uow: UnitOfWork, job_id: UUID, workspace_id: UUID) -> Job:
    return await finish_job(uow, job_id, workspace_id=workspace_id, user_id=job_id, now=utc_now())


CLICKS: dict[str, Click] = {
    "finish": finish,
    "pause": plain(pause_job),
    "resume": plain(resume_job),
    "cancel": plain(cancel_job),
    "rerun": plain(rerun_job),
    "retry": retry,
    "delete": plain(delete_job),
}
OPEN = ("reserving", "queued", "processing", "paused", "parked", "merging")
ENDED = ("declined", "completed", "cancelled", "failed")

# state → what each click makes of a list; the job's half of its rows is answered, one row of the other half has failed.
NOT_YET = {
    "pause": "job_not_processing",
    "resume": "job_not_paused",
    "rerun": "job_not_under_way",
    "finish": "job_not_under_way",
}
LIST: dict[str, dict[str, str]] = {
    **{state: {**NOT_YET, "cancel": "cancelled", "retry": "job_running", "delete": "job_running"} for state in OPEN},
    **{state: {**NOT_YET, "cancel": "job_ended", "retry": "reserving", "delete": "gone"} for state in ENDED},
}
LIST["processing"] |= {"pause": "paused", "resume": "processing", "rerun": "processing"}
LIST["paused"] |= {"pause": "paused", "resume": "processing", "rerun": "processing"}
LIST["parked"] |= {"resume": "processing", "rerun": "processing"}
LIST["cancelled"] |= {"cancel": "cancelled"}
LIST["completed"] |= {"finish": "completed"}
for running in ("processing", "paused", "parked", "merging"):
    LIST[running] |= {"finish": "merging"}

# A retry stands in the way of another while it lives; asked of it, the list is retried; and it goes only with its list.
RETRY = {
    state: {**clicks, "retry": "retry_running" if state in OPEN else "reserving", "delete": "part_of_list"}
    for state, clicks in LIST.items()
}
TRIAL = {state: {**clicks, "retry": "not_a_list"} for state, clicks in LIST.items()}
for running in ("processing", "paused", "parked"):
    TRIAL[running] |= {"finish": "completed"}
TABLE = {"list": LIST, "retry": RETRY, "trial": TRIAL}


async def job_of(ingest: Ingest, kind: str) -> UUID:
    """Row 1 enriched, row 2 failed with its chunk, row 3 open."""
    job_id = await ingest.queued((1, 1, 1))
    await ingest.deliver(answer(job_id, 0, [1]))
    await ingest.deliver(failed(job_id, 1))
    if kind == "retry":
        await ingest.execute("UPDATE ingest.jobs SET state = 'completed' WHERE id = :id", id=job_id)
        async with ingest.open_uow() as uow:
            child = await retry(uow, job_id, ingest.workspace_id)
        await ingest.deliver(HoldPlaced(job_id=child.id, credits=child.credits_needed))
        return child.id
    await ingest.execute("UPDATE ingest.jobs SET kind = :kind WHERE id = :id", kind=kind, id=job_id)
    return job_id


class Undo(Exception):
    """Ends a transaction without a trace."""


async def click(ingest: Ingest, job_id: UUID, verb: str) -> tuple[str, str]:
    """What comes of a click, and of the second one right after it."""
    outcomes = list[str]()
    try:
        async with ingest.open_uow() as uow:
            for _ in range(2):
                outcomes.append(await once(uow, ingest, job_id, verb))
            raise Undo
    except Undo:
        return outcomes[0], outcomes[1]


async def once(uow: UnitOfWork, ingest: Ingest, job_id: UUID, verb: str) -> str:
    try:
        async with uow.conn.begin_nested():
            made = await CLICKS[verb](uow, job_id, ingest.workspace_id)
    except Conflict as refused:
        return refused.code
    return "gone" if made is None else made.state.value


@pytest.mark.parametrize("kind", list(TABLE))
@pytest.mark.parametrize("state", [state.value for state in JobState])
async def test_every_click_in_every_state(ingest: Ingest, kind: str, state: str) -> None:
    """DESIGN 5.1. The second click finds the first one's work: it changes nothing more. Red when a turn is taken from a
    state that does not have it, refused where it has, or taken twice."""
    job_id = await job_of(ingest, kind)
    await ingest.execute("UPDATE ingest.jobs SET state = :state, reason = NULL WHERE id = :id", state=state, id=job_id)
    version = (await ingest.job(job_id)).version
    for verb, expected in TABLE[kind][state].items():
        if kind == "retry" and verb == "retry" and state in OPEN:
            continue
        assert await click(ingest, job_id, verb) == (expected, expected), verb
    assert (await ingest.job(job_id)).version == version, "every click was undone"


def test_the_table_has_every_state_and_every_click() -> None:
    """Red when a state is added that nobody has thought of a click in."""
    for clicks_in in TABLE.values():
        assert set(clicks_in) == {state.value for state in JobState}
        assert all(set(clicks) == set(CLICKS) for clicks in clicks_in.values())
    assert {state.value for state in TERMINAL} == set(ENDED)


@pytest.mark.parametrize("state", OPEN)
async def test_a_live_retry_answers_for_its_list(ingest: Ingest, state: str) -> None:
    """The same request is the same click, another one is refused. Red when a second retry of the same rows is made."""
    child = await job_of(ingest, "retry")
    await ingest.execute("UPDATE ingest.jobs SET state = :state WHERE id = :id", state=state, id=child)
    async with ingest.open_uow() as uow:
        assert (await retry(uow, child, ingest.workspace_id)).id == child
        family = await families.members(uow.conn, (await ingest.job(child)).family_id)
    assert len(family) == 2
