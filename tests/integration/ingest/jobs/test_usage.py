"""What rows took, added up: per job, per list with its retries, per workspace and day; exactly, whatever comes twice or late."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.errors import NotFound
from libs.common.ids import new_id
from services.ingest.domain.usage import Taken, Usage, day_of
from services.ingest.repositories import usage
from services.ingest.use_cases.delete_job import clear_deleted_jobs, delete_job
from services.ingest.use_cases.finish_job import finish_job
from services.ingest.use_cases.show_usage import show_receipt, show_usage
from tests.integration.ingest.jobs.receipts import MODELS, receipt, row, sums_of
from tests.integration.ingest.jobs.steps import Ingest, answer, failed
from tests.support.ingest import RunningIngest, headers


async def stored(ingest: Ingest, *job_ids: UUID, sandboxed: bool = False) -> list[tuple[str, dict[str, Any]]]:
    rows = [found for job_id in job_ids for found in await ingest.result_rows(job_id)]
    return [(found.status, found.receipt) for found in rows if found.receipt.get("sandboxed", False) is sandboxed]


async def receipt_of(ingest: Ingest, job_id: UUID) -> tuple[Taken, Taken | None]:
    async with ingest.open_uow() as uow:
        return await show_receipt(uow, job_id, workspace_id=ingest.workspace_id)


async def days_of(ingest: Ingest, **more: Any) -> dict[date, Taken]:
    today = day_of(utc_now())
    asked: dict[str, Any] = {"workspace_id": ingest.workspace_id, "first": None, "last": None, "today": today, **more}
    async with ingest.open_uow() as uow:
        return dict((await show_usage(uow, **asked))[2])


async def test_a_job_takes_what_its_stored_rows_say(ingest: Ingest) -> None:
    """By provider, by model, and in all. Red when a number of a receipt is left out or goes to another's sum."""
    job_id = await ingest.queued((3, 2))
    await ingest.deliver(answer(job_id, 0, [row(1), row(2, status="degraded"), row(3, status="failed")]))
    await ingest.deliver(answer(job_id, 1, [row(4), row(5, status="skipped")]))
    taken, with_retries = await receipt_of(ingest, job_id)
    assert taken.real == sums_of(await stored(ingest, job_id), earned=2)
    assert (taken.sandboxed, with_retries) == (Usage(), taken)
    assert await days_of(ingest) == {day_of(utc_now()): taken}


async def test_what_comes_twice_or_from_two_dispatches_counts_once(ingest: Ingest) -> None:
    """Delivered again with the inbox emptied; and another dispatch with other receipts. Red when the sums are of the answers
    instead of the rows that were stored."""
    job_id = await ingest.queued((3, 1))
    first = answer(job_id, 0, [row(1), row(2)])
    for again in (first, first, answer(job_id, 0, [row(2, 50), row(3, 60)], dispatch_no=2), first):
        await ingest.deliver(again)
        await ingest.forget_inbox()
    taken, _ = await receipt_of(ingest, job_id)
    assert taken.real == sums_of(await stored(ingest, job_id), earned=3)
    assert taken.real.duration_ms == 1 + 2 + 60


async def test_a_late_answer_counts_when_it_is_stored_and_not_when_it_is_refused(ingest: Ingest) -> None:
    """Red when a given up chunk's late answer is not counted, or the answer to a job that has ended is."""
    job_id = await ingest.queued((2, 1, 1))
    await ingest.deliver(failed(job_id, 0))
    await ingest.deliver(answer(job_id, 0, [row(1), row(2)]))
    await ingest.deliver(failed(job_id, 1))
    async with ingest.open_uow() as uow:
        await finish_job(uow, job_id, workspace_id=ingest.workspace_id, user_id=ingest.user_id, now=utc_now())
    await ingest.close_rows(job_id)
    await ingest.deliver(answer(job_id, 1, [row(3)]))
    await ingest.deliver(answer(job_id, 2, [row(4)]))
    taken, _ = await receipt_of(ingest, job_id)
    assert (taken.real.rows, taken.real.duration_ms, taken.real.credits) == (2, 3, 2)


async def test_rows_that_were_stored_before_the_finish_earn_their_credits_in_the_sums(ingest: Ingest) -> None:
    """Red when credits are summed only where an answer completes its chunk: they would not be those of the job."""
    job_id = await ingest.queued((3,))
    await ingest.deliver(answer(job_id, 0, [row(1), row(2)]))
    assert (await receipt_of(ingest, job_id))[0].real.credits == 0
    async with ingest.open_uow() as uow:
        await finish_job(uow, job_id, workspace_id=ingest.workspace_id, user_id=ingest.user_id, now=utc_now())
    job = await ingest.close_rows(job_id)
    taken, _ = await receipt_of(ingest, job_id)
    assert (taken.real.credits, job.credits_total, taken.real.rows_enriched, taken.real.rows_skipped) == (2, 2, 2, 0)


async def test_what_stand_ins_had_a_hand_in_stays_apart(ingest: Ingest) -> None:
    """Rows by their own mark, credits by the job's. Red when a made-up cost is among what was paid."""
    job_id = await ingest.queued((2, 1))
    await ingest.deliver(answer(job_id, 0, [row(1), row(2, sandboxed=True)]))
    taken, _ = await receipt_of(ingest, job_id)
    assert taken.real == sums_of(await stored(ingest, job_id))
    assert taken.sandboxed == sums_of(await stored(ingest, job_id, sandboxed=True), earned=2)


async def test_a_list_is_summed_with_its_retries_and_outlives_its_deletion_in_the_days(ingest: Ingest) -> None:
    """Red when a retry is missing from the family, or deleting a job makes its days cheaper."""
    root = await ingest.queued((2, 1))
    await ingest.deliver(answer(root, 0, [row(1), row(2, status="degraded")]))
    await ingest.deliver(failed(root, 1))
    await ingest.merge(root)
    child = await ingest.retry(root)
    await ingest.deliver(HoldPlaced(job_id=child.id, credits=child.credits_needed))
    await ingest.dispatch()
    await ingest.deliver(answer(child.id, 0, [row(2, 70)]))
    await ingest.deliver(answer(child.id, 1, [row(3, 80, status="failed")]))
    await ingest.merge(child.id)
    own, family = await receipt_of(ingest, root)
    assert own.real == sums_of(await stored(ingest, root), earned=1)
    assert family is not None
    assert family.real == sums_of(await stored(ingest, root, child.id), earned=2)
    assert (await receipt_of(ingest, child.id))[1] is None
    async with ingest.open_uow() as uow:
        await delete_job(uow, root, workspace_id=ingest.workspace_id, now=utc_now())
    await clear_deleted_jobs(open_uow=ingest.open_uow, storage=ingest.storage)
    await ingest.execute("DELETE FROM ingest.jobs")
    with pytest.raises(NotFound):
        await receipt_of(ingest, root)
    assert await days_of(ingest) == {day_of(utc_now()): family}


async def test_a_trial_is_on_its_own_receipt_and_the_list_that_takes_it_over_pays_nothing_again(ingest: Ingest) -> None:
    """Red when the rows that a list takes over are counted a second time: the day would say more than was spent."""
    upload_id = await ingest.upload((3,))
    trial = await ingest.try_rows(upload_id, [2])
    await ingest.deliver(HoldPlaced(job_id=trial.id, credits=0))
    await ingest.announce(rows=10_000)
    await ingest.dispatch()
    await ingest.deliver(answer(trial.id, 0, [row(2)]))
    job = await ingest.create(upload_id)
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=job.credits_needed))
    await ingest.dispatch()
    await ingest.deliver(answer(job.id, 0, [row(1), row(3)]))
    of_trial, of_list = (await receipt_of(ingest, trial.id))[0], (await receipt_of(ingest, job.id))[0]
    assert (of_trial.real.rows, of_trial.real.duration_ms, of_trial.real.credits) == (1, 2, 0)
    assert (of_list.real.rows, of_list.real.duration_ms, of_list.real.credits) == (2, 4, 2)
    (day,) = (await days_of(ingest)).values()
    assert day.real.duration_ms == 6


async def test_days_are_utc_and_of_one_workspace(ingest: Ingest) -> None:
    """Red when another tenant's rows, or days outside of what was asked for, are among them."""
    job_id = await ingest.queued((1,))
    job, long_ago = await ingest.job(job_id), date(2025, 2, 28)
    one = Taken(real=sums_of([("enriched", receipt(9).model_dump())], earned=1))
    async with ingest.open_uow() as uow:
        for _ in range(2):
            await usage.add(uow.conn, job, one, day=long_ago)
        await usage.add(uow.conn, job, one, day=long_ago + timedelta(days=1))
    twice = sums_of([("enriched", receipt(9).model_dump())] * 2, earned=2)
    assert await days_of(ingest, first=long_ago, last=long_ago) == {long_ago: Taken(real=twice)}
    assert list(await days_of(ingest, first=long_ago, last=date(2025, 3, 1))) == [long_ago, date(2025, 3, 1)]
    assert await days_of(ingest) == {}
    assert await days_of(ingest, workspace_id=new_id(), first=long_ago, last=date(2025, 3, 1)) == {}


async def test_the_routes_show_a_workspace_what_is_its_own(service: RunningIngest, us: Ingest) -> None:
    """Red when a job's receipt or the days answer another tenant, or a bad range is anything but a named refusal."""
    job_id = await us.processing((1,))
    await us.deliver(answer(job_id, 0, [row(1, sandboxed=True)]))
    mine, theirs, today = headers(us.workspace_id), headers(new_id()), str(day_of(utc_now()))
    told = (await service.client.get(f"/v1/jobs/{job_id}/receipt", headers=mine)).json()
    assert told["sandboxed"]["providers"][1] == {"provider": "serper", "calls": 3, "cost_microusd": 3000}
    assert told["sandboxed"]["models"] == [
        {"model": MODELS[1], "calls": 2, "tokens_in": 10, "tokens_out": 1, "cost_microusd": 7}
    ]
    assert (told["real"]["cost_microusd"], told["real"]["providers"], told["sandboxed"]["credits"]) == (0, [], 1)
    assert told["with_retries"] == {"real": told["real"], "sandboxed": told["sandboxed"]}
    page = (await service.client.get("/v1/usage", params={"from": today, "to": today}, headers=mine)).json()
    assert (page["from"], page["to"], page["total"]) == (today, today, told["with_retries"])
    assert page["days"] == [{"day": today, **page["total"]}]
    assert (await service.client.get(f"/v1/jobs/{job_id}/receipt", headers=theirs)).status_code == 404
    assert (await service.client.get("/v1/usage", headers=theirs)).json()["days"] == []
    for asked, code in (
        ({"from": "2026-02-02", "to": "2026-02-01"}, "days_reversed"),
        ({"from": "2024-01-01", "to": "2026-02-01"}, "too_many_days"),
        ({"from": "yesterday"}, "invalid_request"),
    ):
        refused = await service.client.get("/v1/usage", params=asked, headers=mine)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
