"""The routes by which a person edits, approves and looks back at lines."""

from uuid import UUID

from libs.common.ids import new_id
from tests.integration.ingest.jobs.steps import Ingest, answer, result
from tests.integration.ingest.jobs.test_api import ask
from tests.support.ingest import RunningIngest, headers


async def answered(us: Ingest) -> UUID:
    """A job at work, its first row enriched, its second degraded."""
    job_id = await us.processing((3,))
    await us.execute("UPDATE ingest.chunks SET state = 'queued', dispatch_no = 1 WHERE job_id = :id", id=job_id)
    await us.deliver(answer(job_id, 0, [result(1), result(2, "degraded")]))
    return job_id


async def test_a_line_is_edited_approved_filtered_and_remembered(service: RunningIngest, us: Ingest) -> None:
    """Red when a route of lines is gone, or does not say who did what."""
    job_id = await answered(us)
    path = f"/v1/jobs/{job_id}/rows/1"
    before = (await ask(service, us, "GET", path)).json()
    assert (before["line"], before["revision"], before["written_line"]) == ("Hello", f"{job_id}.0", None)
    change = {"revision": before["revision"], "line": "  Mine. ", "approved": True}
    edited = (await ask(service, us, "PATCH", path, json=change)).json()
    assert (edited["line"], edited["written_line"], edited["revision"]) == ("Mine.", "Hello", f"{job_id}.1")
    assert edited["edited_by"] == edited["approved_by"] is not None
    stale = await ask(service, us, "PATCH", path, json=change)
    assert (stale.status_code, stale.json()["code"], stale.json()["revision"]) == (409, "row_changed", f"{job_id}.1")
    for approved, row_nos in (("true", [1]), ("false", [2])):
        page = (await ask(service, us, "GET", f"/v1/jobs/{job_id}/rows?approved={approved}")).json()
        assert [row["row_no"] for row in page["items"]] == row_nos
    back = (await ask(service, us, "PATCH", path, json={"revision": edited["revision"], "line": None})).json()
    assert (back["line"], back["approved_at"]) == ("Hello", None)
    log = (await ask(service, us, "GET", f"{path}/line-log")).json()["items"]
    assert [(turn["version"], turn["line"], turn["approved"]) for turn in log] == [
        (2, "Hello", False),
        (1, "Mine.", True),
    ]


async def test_another_workspace_neither_edits_nor_sees_a_line(service: RunningIngest, us: Ingest) -> None:
    """Red when a row is found by its job alone."""
    job_id = await answered(us)
    stranger = headers(new_id())
    change = {"revision": f"{job_id}.0", "line": "Stolen"}
    for method, path, body in (
        ("PATCH", f"/v1/jobs/{job_id}/rows/1", change),
        ("GET", f"/v1/jobs/{job_id}/rows/1/line-log", None),
        ("GET", f"/v1/jobs/{job_id}/rows?approved=true", None),
    ):
        refused = await service.client.request(method, path, headers=stranger, json=body)
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_job")
    assert (await ask(service, us, "GET", f"/v1/jobs/{job_id}/rows/1")).json()["line"] == "Hello"


async def test_a_change_that_says_nothing_or_too_much_is_422(service: RunningIngest, us: Ingest) -> None:
    """Red when unknown members are ignored, or a change is taken without the revision it is of."""
    job_id = await answered(us)
    for body in ({"line": "x"}, {"revision": "x", "status": "enriched"}, {"revision": "x", "line": ""}):
        refused = await ask(service, us, "PATCH", f"/v1/jobs/{job_id}/rows/1", json=body)
        assert refused.status_code == 422
