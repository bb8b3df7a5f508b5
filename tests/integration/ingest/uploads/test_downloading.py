"""Getting the finished sheet: whole or by ranges, under a safe name, and not before it is there."""

from __future__ import annotations

from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.ids import new_id
from services.ingest.domain.jobs import Job, JobState
from services.ingest.repositories import jobs
from tests.integration.ingest.uploads.conftest import Service

SHEET = bytes(range(256)) * 40


async def job_of(service: Service, *, state: JobState = JobState.COMPLETED, filename: str = "leads.csv") -> UUID:
    """A job in a state, with files where finished jobs have them."""
    upload = await service.read(b"Name\nAcme\n", filename=filename)
    job = Job(
        id=new_id(),
        workspace_id=service.workspace_id,
        upload_id=UUID(upload["id"]),
        filename=filename,
        state=state,
        rows_total=1,
        price_version=1,
        credits_per_row=1,
        credits_needed=1,
        created_at=utc_now(),
        state_changed_at=utc_now(),
    )
    async with service.platform.open_uow() as uow:
        await jobs.insert_new(
            uow.conn, job, user_id=new_id(), idempotency_key=None, fingerprint="", mapping={}, spec={}
        )
    for file_format in ("xlsx", "csv"):
        await service.storage.put(f"jobs/{job.id}/result.{file_format}", SHEET + file_format.encode())
    return job.id


@pytest.mark.parametrize(
    ("query", "media", "ending"),
    [
        ("", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"xlsx"),
        ("?format=xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"xlsx"),
        ("?format=csv", "text/csv; charset=utf-8", b"csv"),
    ],
)
async def test_the_finished_sheet_is_given_back(service: Service, query: str, media: str, ending: bytes) -> None:
    job_id = await job_of(service, filename='my "best" leads; ünï.csv')
    answer = await service.get(f"/v1/jobs/{job_id}/download{query}")
    assert (answer.status_code, answer.content) == (200, SHEET + ending)
    assert answer.headers["content-type"] == media
    assert answer.headers["content-length"] == str(len(SHEET + ending))
    name = f"my%20_best_%20leads%3B%20%C3%BCn%C3%AF-enriched.{ending.decode()}"
    assert answer.headers["content-disposition"].endswith(f"filename*=UTF-8''{name}")


async def test_a_range_is_served_while_the_sheet_is_the_same(service: Service) -> None:
    path = f"/v1/jobs/{await job_of(service)}/download"
    whole = SHEET + b"xlsx"
    part = await service.get(path, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    same = await service.get(path, headers={"Range": "bytes=-4", "If-Range": part.headers["etag"]})
    assert (same.status_code, same.content) == (206, b"xlsx")
    other = await service.get(path, headers={"Range": "bytes=-4", "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, whole)
    beyond = await service.get(path, headers={"Range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.COMPLETED])
async def test_before_it_is_completed_there_is_no_sheet(service: Service, state: JobState) -> None:
    """Red when the files decide and not the job: a merge that is still writing has files too."""
    answer = await service.get(f"/v1/jobs/{await job_of(service, state=state)}/download")
    assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "not_ready", state.value)


async def test_another_workspace_gets_nothing(service: Service) -> None:
    """P7. Red when the workspace is not in the query."""
    job_id = await job_of(service)
    theirs = await service.neighbour().get(f"/v1/jobs/{job_id}/download")
    unknown = await service.get(f"/v1/jobs/{new_id()}/download")
    assert theirs.status_code == unknown.status_code == 404
    assert theirs.json()["code"] == unknown.json()["code"] == "unknown_job"


async def test_only_two_formats_are_known(service: Service) -> None:
    answer = await service.get(f"/v1/jobs/{await job_of(service)}/download?format=pdf")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
