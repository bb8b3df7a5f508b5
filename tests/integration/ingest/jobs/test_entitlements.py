"""What a plan allows of lists: how many rows in one, and how many at once."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from libs.common.contracts.billing import EntitlementsChanged, HoldDeclined, HoldPlaced, HoldRaiseDeclined
from libs.common.contracts.ingest import JobCreated
from libs.common.errors import AppError, Conflict, Forbidden
from services.ingest.domain.jobs import JobState
from services.ingest.repositories import entitlements
from services.ingest.use_cases.raise_ceiling import raise_ceiling
from tests.integration.ingest.jobs.steps import Ingest
from tests.integration.ingest.jobs.test_api import ask, asked_for
from tests.support.ingest import RunningIngest


async def on_a_plan(ingest: Ingest, *, version: int = 1, **limits: int) -> None:
    event = EntitlementsChanged.model_validate({"entitlements_version": version, "plan": "free", **limits})
    await ingest.deliver(event)


async def test_the_newest_word_on_a_workspace_wins_in_whatever_order_it_is_heard(ingest: Ingest) -> None:
    """Red when an older version replaces a newer one."""
    for version, rows in ((2, 20), (1, 10), (3, 30), (2, 20)):
        await on_a_plan(ingest, version=version, rows_per_job=rows)
    async with ingest.open_uow() as uow:
        assert (await entitlements.of(uow.conn, ingest.workspace_id)).rows_per_job == 30


async def test_a_list_with_more_rows_than_the_plan_takes_is_refused_with_its_number(ingest: Ingest) -> None:
    """Red when the rows are not looked at, or the sheet's are instead of the chosen ones."""
    await on_a_plan(ingest, rows_per_job=3)
    upload_id = await ingest.upload((3, 2))
    with pytest.raises(Forbidden) as refused:
        await ingest.create(upload_id)
    assert (refused.value.code, refused.value.extra["limit"], refused.value.extra["rows"]) == (
        "rows_per_job_exceeded",
        3,
        5,
    )
    assert (await ingest.create(upload_id, first_rows=3)).state is JobState.RESERVING


async def test_a_workspace_that_nothing_is_known_of_has_no_limit(ingest: Ingest) -> None:
    upload_id = await ingest.upload((3, 2))
    for _ in range(4):
        assert (await ingest.create(upload_id)).state is JobState.RESERVING


async def test_there_is_room_again_when_a_list_has_ended(ingest: Ingest) -> None:
    """Red when an ended list counts, or one that only waits does not."""
    await on_a_plan(ingest, concurrent_jobs=2)
    upload_id = await ingest.upload((1,))
    first = await ingest.create(upload_id)
    await ingest.processing((1,))
    with pytest.raises(Conflict) as refused:
        await ingest.create(upload_id)
    assert (refused.value.code, refused.value.extra["limit"]) == ("concurrent_jobs_reached", 2)
    assert (await ingest.try_rows(upload_id, [1])).state is JobState.PROCESSING, "a trial is no list"
    await ingest.deliver(HoldDeclined(job_id=first.id, needed=1, available=0))
    assert (await ingest.create(upload_id)).state is JobState.RESERVING


async def test_of_many_clicks_at_once_as_many_find_room_as_there_is(ingest: Ingest) -> None:
    """Red when counting takes no turns: all would find the last place."""
    await on_a_plan(ingest, concurrent_jobs=2)
    upload_id = await ingest.upload((1,))
    made = await asyncio.gather(*(ingest.create(upload_id) for _ in range(6)), return_exceptions=True)
    refused = [one.code for one in made if isinstance(one, AppError)]
    assert refused == ["concurrent_jobs_reached"] * 4
    assert len(await ingest.said(JobCreated)) == 2


async def test_a_second_click_under_the_same_key_is_no_second_list(ingest: Ingest) -> None:
    """Red when the last place is counted before the key is looked at again."""
    await on_a_plan(ingest, concurrent_jobs=1)
    upload_id = await ingest.upload((1,))
    made = await asyncio.gather(*(ingest.create(upload_id, key="click") for _ in range(6)))
    assert len({job.id for job in made}) == 1


async def test_a_cap_is_named_where_it_leaves_too_few_credits(service: RunningIngest, us: Ingest) -> None:
    """Red when every decline reads like too few credits."""
    upload_id = await us.upload((3,))
    request = asyncio.create_task(ask(service, us, "POST", "/v1/jobs", json={"upload_id": str(upload_id)}))
    question = await asked_for(us, upload_id)
    await us.deliver(HoldDeclined(job_id=question.job_id, needed=3, available=2, reason="cap_day"))
    refused = await request
    problem = refused.json()
    assert (refused.status_code, problem["reason"], problem["available"]) == (402, "cap_day", 2)
    assert "your workspace's cap for today leaves 2 credits" in problem["detail"]
    assert (await us.job(question.job_id)).reason == "cap_day"


async def test_a_raise_that_a_cap_declines_says_so(ingest: Ingest) -> None:
    """Red when what bounded a raise is not kept."""
    job = await ingest.create(await ingest.upload((3,)), ceiling_credits=1)
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=1))
    async with ingest.open_uow() as uow:
        await raise_ceiling(uow, job.id, workspace_id=ingest.workspace_id, ceiling_credits=3)
    await ingest.deliver(HoldRaiseDeclined(job_id=job.id, round=1, needed=2, available=1, reason="cap_member"))
    kept = await ingest.job(job.id)
    assert (kept.credits_bound, kept.credits_available, kept.ceiling_credits) == ("cap_member", 1, 1)


async def test_a_quote_says_that_the_plan_takes_fewer_rows(service: RunningIngest, us: Ingest) -> None:
    """Red when only ordering says it."""
    await on_a_plan(us, rows_per_job=2)
    upload_id: UUID = await us.upload((3,))
    body: dict[str, Any] = {"upload_id": str(upload_id)}
    refused = await ask(service, us, "POST", "/v1/quotes", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "rows_per_job_exceeded")
    assert (await ask(service, us, "POST", "/v1/quotes", json=body | {"first_rows": 2})).status_code == 200
