"""The routes of a job's later life: retry, rerun, delete and log, and what they refuse by which name."""

import asyncio

import httpx

from libs.common.contracts.billing import HoldDeclined, HoldPlaced
from libs.common.contracts.ingest import JobCreated
from libs.common.ids import new_id
from tests.integration.ingest.jobs.steps import Ingest
from tests.support.ingest import RunningIngest, headers
from tests.support.waiting import eventually


async def ask(service: RunningIngest, us: Ingest, method: str, path: str, **more: object) -> httpx.Response:
    return await service.client.request(method, path, headers=headers(us.workspace_id), **more)  # pyright: ignore[reportArgumentType]


async def failed_list(us: Ingest) -> str:
    """Both rows given up; the list has ended."""
    job_id = await us.processing((2,))
    await us.execute("UPDATE ingest.chunks SET state = 'failed', error = 'gave up' WHERE job_id = :id", id=job_id)
    await us.execute(
        "UPDATE ingest.jobs SET state = 'completed', rows_failed = 2, chunks_answered = 1 WHERE id = :id", id=job_id
    )
    return f"/v1/jobs/{job_id}"


async def asked(us: Ingest, count: int) -> JobCreated:
    """Billing's last question, as soon as there are so many."""

    async def written() -> bool:
        return len(await us.said(JobCreated)) == count

    await eventually(written)
    return (await us.said(JobCreated))[-1]


async def test_two_clicks_on_retry_wait_for_one_hold(service: RunningIngest, us: Ingest) -> None:
    """Red when a click makes a job of its own, or answers before billing has."""
    path = await failed_list(us)
    before = len(await us.said(JobCreated))
    clicks = [asyncio.create_task(ask(service, us, "POST", f"{path}/retry", json={})) for _ in range(3)]
    question = await asked(us, before + 1)
    await us.deliver(HoldPlaced(job_id=question.job_id, credits=2))
    made = await asyncio.gather(*clicks)
    assert {(one.status_code, one.json()["id"]) for one in made} == {(201, str(question.job_id))}
    job = made[0].json()
    assert (job["kind"], f"/v1/jobs/{job['root_id']}", job["rows_total"]) == ("retry", path, 2)
    refused = await ask(service, us, "DELETE", path)
    assert (refused.status_code, refused.json()["code"]) == (409, "retry_running")


async def test_a_retry_without_credits_is_402(service: RunningIngest, us: Ingest) -> None:
    """Red when it is 201 of a job that will never begin."""
    path = await failed_list(us)
    before = len(await us.said(JobCreated))
    click = asyncio.create_task(ask(service, us, "POST", f"{path}/retry", json={"include_degraded": False}))
    question = await asked(us, before + 1)
    await us.deliver(HoldDeclined(job_id=question.job_id, needed=2, available=1))
    refused = await click
    assert (refused.status_code, refused.json()["needed"], refused.json()["available"]) == (402, 2, 1)


async def test_a_rerun_is_in_the_log_with_who_did_it(service: RunningIngest, us: Ingest) -> None:
    """A page at a time. Red when the log forgets the person, or says codes only."""
    job_id = await us.processing((1,))
    assert (await ask(service, us, "POST", f"/v1/jobs/{job_id}/rerun")).json()["state"] == "processing"
    first = (await ask(service, us, "GET", f"/v1/jobs/{job_id}/log", params={"limit": 3})).json()
    rest = (await ask(service, us, "GET", f"/v1/jobs/{job_id}/log", params={"cursor": first["next_cursor"]})).json()
    (entry,) = rest["items"]
    assert (entry["state"], entry["reason"], rest["next_cursor"]) == ("processing", "rerun_by_user", None)
    assert entry["user_id"] is not None
    assert entry["sentence"] == "Begun once more with the rows that were not completed."


async def test_what_is_deleted_is_404_everywhere(service: RunningIngest, us: Ingest) -> None:
    """But to be deleted again is no error. Red when a route still finds it."""
    path = await failed_list(us)
    assert [(await ask(service, us, "DELETE", path)).status_code for _ in range(2)] == [204, 204]
    for method, rest in (
        ("GET", ""),
        ("GET", "/log"),
        ("GET", "/rows"),
        ("GET", "/rows/1"),
        ("GET", "/download"),
        ("POST", "/pause"),
        ("POST", "/resume"),
        ("POST", "/cancel"),
        ("POST", "/rerun"),
        ("POST", "/retry"),
    ):
        refused = await ask(service, us, method, f"{path}{rest}", **({"json": {}} if rest == "/retry" else {}))
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_job"), rest
    assert (await ask(service, us, "GET", "/v1/jobs")).json()["items"] == []


async def test_nobody_else_may_retry_rerun_or_delete(service: RunningIngest, us: Ingest) -> None:
    """P7. Red when a query forgets the workspace."""
    path = await failed_list(us)
    us.workspace_id = new_id()
    for method, rest in (("POST", "/retry"), ("POST", "/rerun"), ("DELETE", ""), ("GET", "/log"), ("GET", "/rows/1")):
        refused = await ask(service, us, method, f"{path}{rest}", **({"json": {}} if rest == "/retry" else {}))
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_job"), rest
