"""Retry: the rows that did not come out once more, as a child that is laid over its list."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldDeclined, HoldPlaced
from libs.common.contracts.ingest import JobCreated, RecipientsPublished
from libs.common.errors import Conflict, NotFound
from libs.common.ids import new_id
from services.ingest.domain.jobs import Job, JobKind, JobState
from services.ingest.repositories import families
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.create_job import JobRequest, create_job
from services.ingest.use_cases.finish_job import finish_job
from services.ingest.use_cases.sheet_outcomes import outcomes_of
from tests.integration.ingest.jobs.steps import Ingest, answer, failed, result


async def retry(ingest: Ingest, job_id: UUID, *, key: str | None = None, **more: Any) -> Job:
    return await ingest.retry(job_id, **more, key=key)


async def cancel(ingest: Ingest, job_id: UUID) -> Job:
    async with ingest.open_uow() as uow:
        return await cancel_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())


async def ended_list(ingest: Ingest) -> UUID:
    """Row 2 degraded, row 3 failed, rows 4 and 5 given up with their chunk, row 6 skipped, row 7 enriched."""
    job_id = await ingest.queued((3, 2, 2))
    await ingest.deliver(answer(job_id, 0, [result(1), result(2, "degraded"), result(3, "failed")]))
    await ingest.deliver(failed(job_id, 1))
    await ingest.deliver(answer(job_id, 2, [result(6, "skipped"), result(7)]))
    await ingest.merge(job_id)
    assert (await ingest.job(job_id)).state is JobState.COMPLETED
    return job_id


async def begun(ingest: Ingest, child: Job) -> UUID:
    await ingest.deliver(HoldPlaced(job_id=child.id, credits=child.credits_needed))
    await ingest.dispatch()
    return child.id


async def sheet(ingest: Ingest, job_id: UUID) -> dict[int, tuple[str, str | None]]:
    return {one.row_no: (one.status, one.line) async for one in outcomes_of(job_id, open_uow=ingest.open_uow)}


async def test_a_retry_wants_just_the_rows_that_did_not_come_out(ingest: Ingest) -> None:
    """Red when it takes whole chunks, forgets given-up rows, or takes skipped ones along."""
    root = await ended_list(ingest)
    child = await retry(ingest, root)
    assert (child.kind, child.root_id, child.rows_total, child.credits_needed) == (JobKind.RETRY, root, 4, 4)
    asked = (await ingest.said(JobCreated))[-1]
    assert (asked.job_id, asked.credits) == (child.id, 4)
    await begun(ingest, child)
    sent = [chunk for chunk in ingest.broker.chunks if chunk.job_id == child.id]
    assert sorted(row.row_no for chunk in sent for row in chunk.rows) == [2, 3, 4, 5]
    assert sorted(chunk.chunk_no for chunk in sent) == [0, 1]
    assert (await ingest.job(child.id)).chunks_total == 2


async def test_without_degraded_rows_only_the_failed_ones_are_retried(ingest: Ingest) -> None:
    """Red when include_degraded is not looked at."""
    child = await retry(ingest, await ended_list(ingest), include_degraded=False)
    assert child.rows_total == 3


async def test_the_sheet_is_the_list_with_the_retry_laid_over_it(ingest: Ingest) -> None:
    """Also in the counts of the list, and the finished sheet is the retry's. Red when a worse outcome covers a better one."""
    root = await ended_list(ingest)
    child_id = await begun(ingest, await retry(ingest, root))
    await ingest.deliver(answer(child_id, 0, [result(2, "failed"), result(3, line="Anew")]))
    await ingest.deliver(failed(child_id, 1))
    await ingest.merge(child_id)
    assert (await ingest.job(child_id)).state is JobState.COMPLETED
    found = await sheet(ingest, root)
    assert {no: status for no, (status, _) in found.items()} == {
        1: "enriched", 2: "degraded", 3: "enriched", 4: "failed", 5: "failed", 6: "skipped", 7: "enriched"
    }  # fmt: skip
    assert found[3][1] == "Anew"
    overlay = (await ingest.job(root)).overlay
    assert overlay is not None
    assert (overlay.enriched, overlay.degraded, overlay.failed, overlay.skipped) == (3, 1, 2, 1)
    async with ingest.open_uow() as uow:
        assert await families.newest_merged(uow.conn, root) == child_id


async def test_what_a_cancelled_retry_delivered_is_not_done_again(ingest: Ingest) -> None:
    """Nor charged again. Red when only completed retries are laid over the list."""
    root = await ended_list(ingest)
    first = await begun(ingest, await retry(ingest, root))
    await ingest.deliver(answer(first, 0, [2, 3]))
    await cancel(ingest, first)
    assert (await retry(ingest, root)).rows_total == 2
    async with ingest.open_uow() as uow:
        assert await families.newest_merged(uow.conn, root) == root


async def test_two_clicks_make_one_retry(ingest: Ingest) -> None:
    """Eight at once. Red when the list is not locked: several children, or an error of the database."""
    root = await ended_list(ingest)
    made = await asyncio.gather(*(retry(ingest, root) for _ in range(8)))
    assert len({child.id for child in made}) == 1
    assert len([event for event in await ingest.said(JobCreated) if event.job_id == made[0].id]) == 1
    assert (await retry(ingest, made[0].id)).id == made[0].id, "of a retry its list is meant"


async def test_another_request_while_one_is_under_way_is_refused_by_name(ingest: Ingest) -> None:
    """Red when it is answered with a retry of other rows."""
    root = await ended_list(ingest)
    child = await retry(ingest, root)
    with pytest.raises(Conflict) as found:
        await retry(ingest, root, include_degraded=False)
    assert (found.value.code, found.value.extra) == ("retry_running", {"job_id": str(child.id)})


async def test_a_key_answers_with_its_retry_also_after_its_end(ingest: Ingest) -> None:
    """Red when the replayed key makes a second retry, or takes another body."""
    root = await ended_list(ingest)
    first = await retry(ingest, root, key="k")
    await cancel(ingest, first.id)
    again = await retry(ingest, root, key="k")
    assert (again.id, again.state) == (first.id, JobState.CANCELLED)
    with pytest.raises(Conflict) as found:
        await retry(ingest, root, key="k", include_degraded=False)
    assert found.value.code == "idempotency_key_reused"


async def test_a_declined_retry_stands_in_nobodys_way(ingest: Ingest) -> None:
    """Red when a decline is taken for a live retry."""
    root = await ended_list(ingest)
    first = await retry(ingest, root)
    await ingest.deliver(HoldDeclined(job_id=first.id, needed=4, available=0))
    assert (await retry(ingest, root)).id != first.id


async def test_what_cannot_be_retried_is_refused_by_name(ingest: Ingest) -> None:
    """Red when a list under way, one without failed rows, or somebody else's gets a retry."""
    running = await ingest.queued((1,))
    with pytest.raises(Conflict) as found:
        await retry(ingest, running)
    assert found.value.code == "job_running"
    await ingest.deliver(answer(running, 0, [1]))
    await ingest.merge(running)
    with pytest.raises(Conflict) as found:
        await retry(ingest, running)
    assert found.value.code == "nothing_to_retry"
    assert await children_of(ingest, running) == 0
    ingest.workspace_id = new_id()
    with pytest.raises(NotFound):
        await retry(ingest, running)


async def children_of(ingest: Ingest, root: UUID) -> int:
    async with ingest.open_uow() as uow:
        return len(await families.members(uow.conn, root)) - 1


async def test_the_database_refuses_a_second_live_retry(ingest: Ingest) -> None:
    """Whatever the code does. Red when the index is gone."""
    root = await ended_list(ingest)
    await cancel(ingest, (await retry(ingest, root)).id)
    await retry(ingest, root)
    with pytest.raises(Exception, match="ix_jobs_live_retry"):
        await ingest.execute("UPDATE ingest.jobs SET state = 'processing' WHERE root_id = :root", root=root)


async def test_a_retry_publishes_whom_nobody_has_published(ingest: Ingest) -> None:
    """No lead twice: row 2 was published with its plain line. Red when the child's list repeats it, or is left out."""
    root = await ended_list(ingest)
    first = await begun(ingest, await retry(ingest, root))
    await ingest.deliver(answer(first, 0, [2, 3]))
    await cancel(ingest, first)
    second = await begun(ingest, await retry(ingest, root))
    await ingest.deliver(answer(second, 1, [result(4), result(5, "failed")]))
    await ingest.merge(second)
    lists = {root: list[int](), first: list[int](), second: list[int]()}
    for part in await ingest.said(RecipientsPublished):
        lists[part.list_id] += [person.row_no for person in part.recipients]
    assert lists == {root: [1, 2, 7], first: [], second: [3, 4]}


@pytest.mark.parametrize("end", ["finish", "cancel"])
async def test_who_stopped_early_gets_the_rest_on_request(ingest: Ingest, end: str) -> None:
    """Red when rows that nobody got to cannot be ordered any more, are ordered unasked, or what is there is done again."""
    root = await ingest.queued((2, 2, 2))
    await ingest.deliver(answer(root, 0, [1, 2]))
    await ingest.deliver(answer(root, 1, [result(3)]))
    if end == "finish":
        async with ingest.open_uow() as uow:
            await finish_job(uow, root, workspace_id=ingest.workspace_id, user_id=ingest.user_id, now=utc_now())
        await ingest.merge(root)
    else:
        await cancel(ingest, root)
    with pytest.raises(Conflict) as found:
        await retry(ingest, root)
    assert found.value.code == "nothing_to_retry"
    child = await begun(ingest, await retry(ingest, root, include_not_reached=True))
    sent = [row.row_no for chunk in ingest.broker.chunks if chunk.job_id == child for row in chunk.rows]
    assert sorted(sent) == [4, 5, 6]
    await ingest.deliver(answer(child, 1, [result(4, "failed")]))
    await ingest.deliver(answer(child, 2, [5, 6]))
    await ingest.merge(child)
    shown = {no: status for no, (status, _) in (await sheet(ingest, root)).items()}
    assert shown == {1: "enriched", 2: "enriched", 3: "enriched", 4: "failed", 5: "enriched", 6: "enriched"}


async def test_a_key_that_somebody_is_using_for_another_job_is_refused_by_name(ingest: Ingest) -> None:
    """At the same moment: neither sees the other's. Red when the second one to write it gets an internal error."""
    root = await ended_list(ingest)
    upload_id = await ingest.upload((1,))
    async with ingest.open_uow() as first:
        await create_job(
            first,
            JobRequest(upload_id=upload_id),
            workspace_id=ingest.workspace_id,
            user_id=ingest.user_id,
            idempotency_key="k",
            now=utc_now(),
        )
        second = asyncio.create_task(retry(ingest, root, key="k"))
        await asyncio.wait([second], timeout=0.5)
        assert not second.done(), "it waits for the first one's end"
    with pytest.raises(Conflict) as found:
        await second
    assert found.value.code == "idempotency_key_reused"
