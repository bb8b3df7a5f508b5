"""Delete: gone for everybody at once, cleared away later whatever dies, remembered for billing as long as it may ask."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldDeclined, HoldPlaced, HoldQuestioned, HoldRaised, HoldRaiseDeclined
from libs.common.contracts.ingest import ChunkCompleted, JobCompleted
from libs.common.errors import Conflict, NotFound
from libs.common.ids import new_id
from libs.common.storage import StorageUnavailable
from services.ingest.domain.storage_keys import export_key, job_prefix
from services.ingest.repositories import families, merges
from services.ingest.use_cases import delete_job as deleting
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.delete_job import (
    clear_deleted_jobs,
    delete_job,
    delete_orphaned_sheets,
    delete_outlived_jobs,
)
from tests.integration.ingest.jobs.steps import Ingest, answer, failed, returned


async def delete(ingest: Ingest, job_id: UUID) -> None:
    async with ingest.open_uow() as uow:
        await delete_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())


async def clear(ingest: Ingest) -> int:
    return await clear_deleted_jobs(open_uow=ingest.open_uow, storage=ingest.storage)


async def ended_list(ingest: Ingest) -> UUID:
    """Two rows enriched, one given up; its sheet is written."""
    job_id = await ingest.queued((2, 1))
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    await ingest.deliver(failed(job_id, 1))
    await ingest.merge(job_id)
    return job_id


async def retried(ingest: Ingest, job_id: UUID) -> UUID:
    child = await ingest.retry(job_id)
    await ingest.deliver(HoldPlaced(job_id=child.id, credits=child.credits_needed))
    return child.id


async def rows_of(ingest: Ingest, table: str) -> list[Any]:
    async with ingest.open_uow() as uow:
        return list(await uow.conn.execute(text(f"SELECT * FROM ingest.{table}")))  # noqa: S608 - the test's own names


async def test_a_deleted_list_is_gone_with_its_retries_results_sheets_and_upload(ingest: Ingest) -> None:
    """Red when anything of it can still be read: rows, files, the file it was made from, its name or mapping."""
    root = await ended_list(ingest)
    child = await retried(ingest, root)
    await ingest.dispatch()
    await ingest.deliver(answer(child, 1, [3]))
    await ingest.merge(child)
    upload_id = (await ingest.job(root)).upload_id
    await delete(ingest, root)
    for job_id in (root, child):
        with pytest.raises(NotFound):
            await ingest.job(job_id)
    await clear(ingest)
    for table in ("results", "job_log", "exports", "uploads", "upload_chunks"):
        assert await rows_of(ingest, table) == [], table
    for job_id in (root, child):
        assert not await ingest.storage.exists(export_key(job_id, "csv"))
    assert await ingest.storage.folders("uploads") == []
    assert str(upload_id) not in str(await rows_of(ingest, "jobs"))
    for tombstone in await rows_of(ingest, "jobs"):
        assert (tombstone.filename, tombstone.mapping, tombstone.spec, tombstone.free_rows) == ("", {}, {}, [])
        assert (tombstone.user_id, tombstone.idempotency_key) == (UUID(int=0), None)
    assert await clear(ingest) == 0


async def test_billing_is_answered_for_a_deleted_job(ingest: Ingest) -> None:
    """Its hold must be able to close. Red when the tombstone forgets what its chunks earned, or says another total."""
    job_id = await ended_list(ingest)
    await delete(ingest, job_id)
    await clear(ingest)
    await ingest.execute("DELETE FROM ingest.outbox")
    await ingest.deliver(HoldQuestioned(job_id=job_id, round=1))
    (ended,) = await ingest.said(JobCompleted)
    earned = await ingest.said(ChunkCompleted)
    assert (ended.credits_total, [(chunk.chunk_no, chunk.credits) for chunk in earned]) == (2, [(0, 2)])


async def test_deleting_again_changes_nothing(ingest: Ingest) -> None:
    """Also eight at once. Red when the second click is an error, or moves the time of deletion."""
    job_id = await ended_list(ingest)
    await asyncio.gather(*(delete(ingest, job_id) for _ in range(8)))
    (before,) = await rows_of(ingest, "jobs")
    await delete(ingest, job_id)
    assert await rows_of(ingest, "jobs") == [before]
    with pytest.raises(NotFound):
        await delete(ingest, new_id())


async def test_what_may_not_be_deleted_is_refused_by_name(ingest: Ingest) -> None:
    """Red when a job under way loses its rows, a list those of its retry, or a sheet a part of it."""
    running = await ingest.queued((1,))
    with pytest.raises(Conflict) as found:
        await delete(ingest, running)
    assert found.value.code == "job_running"
    root = await ended_list(ingest)
    child = await retried(ingest, root)
    with pytest.raises(Conflict) as found:
        await delete(ingest, root)
    assert (found.value.code, found.value.extra) == ("retry_running", {"job_id": str(child)})
    with pytest.raises(Conflict) as found:
        await delete(ingest, child)
    assert found.value.code == "part_of_list"
    ingest.workspace_id = new_id()
    with pytest.raises(NotFound):
        await delete(ingest, root)


async def test_a_sweep_that_dies_is_gone_on_with(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Crash after the results, before the files. Red when the job is taken for cleared although its sheet lies there."""
    job_id = await ended_list(ingest)
    await delete(ingest, job_id)

    async def away(_: str) -> int:
        raise StorageUnavailable("storage is away")

    with monkeypatch.context() as patched:
        patched.setattr(ingest.storage, "delete_prefix", away)
        with pytest.raises(StorageUnavailable):
            await clear(ingest)
    assert await ingest.storage.exists(export_key(job_id, "csv"))
    assert await clear(ingest) == 1
    assert not await ingest.storage.exists(export_key(job_id, "csv"))


async def test_results_go_in_portions(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when a portion that is just full ends the work."""
    monkeypatch.setattr(deleting, "_ROWS_AT_ONCE", 2)
    await delete(ingest, await ended_list(ingest))
    await clear(ingest)
    assert await rows_of(ingest, "results") == []


async def test_an_upload_stays_while_another_job_uses_it(ingest: Ingest) -> None:
    """Red when the second list loses the rows under it."""
    upload_id = await ingest.upload((1,))
    first, second = [await ingest.create(upload_id) for _ in range(2)]
    for job in (first, second):
        async with ingest.open_uow() as uow:
            await cancel_job(uow, job.id, workspace_id=ingest.workspace_id, now=utc_now())
    await delete(ingest, first.id)
    await clear(ingest)
    assert len(await rows_of(ingest, "uploads")) == 1
    await delete(ingest, second.id)
    await clear(ingest)
    assert await rows_of(ingest, "uploads") == []


async def test_the_trials_of_an_upload_go_with_its_last_list_and_not_before(ingest: Ingest) -> None:
    """A deleted trial leaves its upload: the person goes on with it. Red when either takes too much or too little along."""
    upload_id = await ingest.upload((1,))
    trial, other, first = [await ingest.create(upload_id) for _ in range(3)]
    for job in (trial, other, first):
        async with ingest.open_uow() as uow:
            await cancel_job(uow, job.id, workspace_id=ingest.workspace_id, now=utc_now())
    for job in (trial, other):
        await ingest.execute("UPDATE ingest.jobs SET kind = 'trial' WHERE id = :id", id=job.id)
    await delete(ingest, trial.id)
    await clear(ingest)
    assert len(await rows_of(ingest, "uploads")) == 1
    await delete(ingest, first.id)
    with pytest.raises(NotFound):
        await ingest.job(other.id)
    await clear(ingest)
    assert await rows_of(ingest, "uploads") == []


async def test_a_key_of_a_deleted_job_is_free_again(ingest: Ingest) -> None:
    """Red when the tombstone answers for a new job, or stands in its way."""
    upload_id = await ingest.upload((1,))
    first = await ingest.create(upload_id, key="k")
    await ingest.create(upload_id)
    async with ingest.open_uow() as uow:
        await cancel_job(uow, first.id, workspace_id=ingest.workspace_id, now=utc_now())
    await delete(ingest, first.id)
    assert (await ingest.create(upload_id, key="k")).id != first.id


async def test_a_deleted_list_is_published_no_further(ingest: Ingest) -> None:
    """Red when its parts are tried for ever, without rows."""
    job_id = await ended_list(ingest)
    await ingest.execute("UPDATE ingest.jobs SET recipient_parts_published = 0")
    await delete(ingest, job_id)
    async with ingest.open_uow() as uow:
        assert await merges.next_part(uow.conn, job_id) is None
        assert await merges.unpublished(uow.conn, after=None, limit=10) == []
        assert await families.newest_merged(uow.conn, job_id) is None


async def test_retention_deletes_what_has_ended_long_ago(ingest: Ingest) -> None:
    """With 0 days nothing. Red when a list goes whose retry is young, or one that is under way."""
    old, young, root = [await ended_list(ingest) for _ in range(3)]
    running = await ingest.queued((1,))
    child = await retried(ingest, root)
    for job_id in (old, root):
        await ingest.execute(
            "UPDATE ingest.jobs SET finished_at = now() - interval '31 days' WHERE id = :id", id=job_id
        )
    assert await delete_outlived_jobs(retention_days=0, now=utc_now(), open_uow=ingest.open_uow) == 0
    assert await delete_outlived_jobs(retention_days=30, now=utc_now(), open_uow=ingest.open_uow) == 1
    with pytest.raises(NotFound):
        await ingest.job(old)
    for job_id in (young, root, child, running):
        await ingest.job(job_id)


async def test_tombstones_go_when_billing_asks_no_more(ingest: Ingest) -> None:
    """Red when they stay for ever, or go before the files do."""
    job_id = await ended_list(ingest)
    await delete(ingest, job_id)
    later = utc_now() + deleting.TOMBSTONE_AGE + timedelta(days=1)
    await delete_outlived_jobs(retention_days=0, now=later, open_uow=ingest.open_uow)
    assert len(await rows_of(ingest, "jobs")) == 1, "its files are there still"
    await clear(ingest)
    await delete_outlived_jobs(retention_days=0, now=utc_now(), open_uow=ingest.open_uow)
    assert len(await rows_of(ingest, "jobs")) == 1, "billing may ask"
    await delete_outlived_jobs(retention_days=0, now=later, open_uow=ingest.open_uow)
    assert await rows_of(ingest, "jobs") == []
    assert await rows_of(ingest, "chunks") == []


async def test_files_that_no_job_owns_are_swept(ingest: Ingest) -> None:
    """Written for a job after it was cleared. Red when they lie there for ever, or a living or a young job's go."""
    living = await ended_list(ingest)
    stray = new_id()
    await ingest.storage.put(f"{job_prefix(stray)}/result.csv", b"x")
    await ingest.storage.put("jobs/not-a-job/x", b"x")

    async def sweep(after: timedelta) -> int:
        return await delete_orphaned_sheets(now=utc_now() + after, open_uow=ingest.open_uow, storage=ingest.storage)

    assert await sweep(timedelta(hours=1)) == 0
    assert await sweep(timedelta(days=2)) == 1
    assert await ingest.storage.exists(export_key(living, "csv"))
    assert not await ingest.storage.exists(f"{job_prefix(stray)}/result.csv")


async def test_late_words_to_a_deleted_job_change_nothing_and_are_nobodys_work(ingest: Ingest) -> None:
    """Who cancels and deletes has rows in flight. Red when their answers, or billing's, become dead letters."""
    job_id = await ingest.queued((1, 1, 1))
    async with ingest.open_uow() as uow:
        await cancel_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())
    unheld = await ingest.create(await ingest.upload((1,)))
    async with ingest.open_uow() as uow:
        await cancel_job(uow, unheld.id, workspace_id=ingest.workspace_id, now=utc_now())
    for gone in (job_id, unheld.id):
        await delete(ingest, gone)
    await clear(ingest)
    before = await rows_of(ingest, "jobs")
    await ingest.deliver(answer(job_id, 0, [1]))
    await ingest.deliver(failed(job_id, 1))
    await ingest.deliver(returned(job_id, 2))
    await ingest.deliver(HoldPlaced(job_id=unheld.id, credits=1))
    await ingest.deliver(HoldDeclined(job_id=unheld.id, needed=1, available=0))
    await ingest.deliver(HoldRaised(job_id=job_id, round=1, credits=9))
    await ingest.deliver(HoldRaiseDeclined(job_id=job_id, round=1, needed=9, available=0))
    await ingest.merge(job_id)
    assert await rows_of(ingest, "jobs") == before
    with pytest.raises(NotFound):
        await ingest.deliver(answer(new_id(), 0, [1]))
