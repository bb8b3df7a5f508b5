"""A workspace is deleted while its jobs run: they are cancelled, its rows and files go, and nothing comes back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from libs.common import erasing as engine
from libs.common import tombstones
from libs.common.belonging import count_left
from libs.common.clock import utc_now
from libs.common.contracts.gateway import WorkspaceDeleted
from libs.common.contracts.ingest import JobCancelled, WorkspaceErased
from libs.common.erasing import SETTLED, Erasing, erase_workspaces
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.ingest.belongings import BELONGINGS
from services.ingest.use_cases.delete_workspace import erasing_of
from tests.integration.ingest.jobs.steps import Ingest, answer

KEPT = {"deleted_workspaces"}


async def erase(ingest: Ingest, *, times: int = 1) -> None:
    erasing, now = erasing_of(ingest.open_uow, ingest.storage), utc_now() + SETTLED + timedelta(seconds=1)
    for _ in range(times):
        await erase_workspaces(erasing, open_uow=ingest.open_uow, now=now)


async def left(ingest: Ingest) -> set[str]:
    async with ingest.open_uow() as uow:
        return set(await count_left(uow.conn, BELONGINGS, workspace_id=ingest.workspace_id))


async def test_a_running_job_ends_with_what_it_has_earned_and_then_goes(ingest: Ingest) -> None:
    """Red when billing never hears the end of a job whose workspace is deleted: its credits would be held for ever."""
    job_id = await ingest.queued((2, 1))
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    await ingest.deliver(WorkspaceDeleted(workspace_id=ingest.workspace_id))
    await erase(ingest, times=3)
    (ended,) = [event for event in await ingest.said(JobCancelled) if event.job_id == job_id]
    assert ended.credits_total == 2
    assert await left(ingest) == KEPT
    assert await ingest.storage.folders("jobs") == [] or str(job_id) not in await ingest.storage.folders("jobs")


async def test_files_go_with_the_rows(ingest: Ingest) -> None:
    """Red when an upload's objects stay in storage."""
    upload_id = await ingest.upload((3,))
    assert str(upload_id) in await ingest.storage.folders("uploads")
    await ingest.deliver(WorkspaceDeleted(workspace_id=ingest.workspace_id))
    await erase(ingest)
    assert str(upload_id) not in await ingest.storage.folders("uploads")


async def test_a_job_of_the_same_second_brings_nothing_back(ingest: Ingest) -> None:
    """Red when what a request that was let in before has made is not found by the next look, or is never cancelled."""
    await ingest.queued((2, 1))
    await ingest.deliver(WorkspaceDeleted(workspace_id=ingest.workspace_id))
    await erase(ingest, times=2)
    assert await ingest.open_uow.deleted.has(ingest.workspace_id)
    late = await ingest.create(await ingest.upload((1,)))
    async with ingest.open_uow() as uow:
        long_ago = sa.text("UPDATE ingest.deleted_workspaces SET looked_at = now() - interval '2 hours'")
        await uow.conn.execute(long_ago)
    await erase(ingest, times=3)
    assert late.id in [event.job_id for event in await ingest.said(JobCancelled)]
    assert await left(ingest) == KEPT


async def test_a_run_that_dies_in_the_middle_is_gone_on_with(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when what was erased is not counted, or the rest is forgotten."""
    monkeypatch.setattr(engine, "_ROWS_AT_ONCE", 2)
    await ingest.queued((2, 2, 2, 1))
    await ingest.deliver(WorkspaceDeleted(workspace_id=ingest.workspace_id))
    await erase(ingest)
    real, calls = engine.erase_some, 0

    async def dying(*given: object, **named: object) -> int:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise RuntimeError
        return await real(*given, **named)  # pyright: ignore[reportArgumentType] - handed on as it is

    monkeypatch.setattr(engine, "erase_some", dying)
    with pytest.raises(RuntimeError):
        await erase(ingest)
    monkeypatch.setattr(engine, "erase_some", real)
    await erase(ingest, times=2)
    assert await left(ingest) == KEPT
    (told,) = [one for one in await ingest.said(WorkspaceErased) if one.workspace_id == ingest.workspace_id]
    assert (told.erased["chunks"], told.erased["upload_chunks"], told.erased["jobs"]) == (4, 4, 1)


async def test_another_workspace_loses_nothing(ingest: Ingest) -> None:
    """Red when a rule reaches too far."""
    job_id = await ingest.queued((2, 1))
    other = Ingest(ingest.open_uow, ingest.storage)
    await other.upload((2,))
    await other.deliver(WorkspaceDeleted(workspace_id=other.workspace_id))
    await erase(other, times=2)
    assert await left(other) == KEPT
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    assert len(await ingest.result_rows(job_id)) == 2


async def test_neither_one_that_fails_nor_many_that_wait_keep_another_from_being_erased(ingest: Ingest) -> None:
    """Red when an error ends the round, or when those that were deleted first and cannot go on fill every round."""
    waiting, mine, told = [new_id() for _ in range(25)], new_id(), list[UUID]()
    async with ingest.open_uow() as uow:
        for workspace_id in [*waiting, mine]:
            await tombstones.bury(uow.conn, uow.deleted_workspaces, workspace_id)

    async def prepare(workspace_id: UUID, now: datetime) -> bool:
        del now
        if workspace_id == waiting[0]:
            raise OSError("storage is away")
        return workspace_id == mine

    async def nothing(workspace_id: UUID) -> int:
        del workspace_id
        return 0

    async def tell(uow: UnitOfWork, workspace_id: UUID, erased: Mapping[str, int]) -> None:
        del uow, erased
        told.append(workspace_id)

    erasing, now = Erasing(BELONGINGS, prepare=prepare, also=nothing, done=tell), utc_now() + SETTLED * 2
    raised = 0
    for _ in range(5):
        try:
            await erase_workspaces(erasing, open_uow=ingest.open_uow, now=now)
        except OSError:
            raised += 1
    assert told == [mine]
    assert raised > 0, "the clock hears of it"
