"""Digests, pasted rows, and uploads that go: by their owner's word, by the clock, and what a crash has left of them."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy.exc
from sqlalchemy import func, select, update

from libs.common.clock import utc_now
from libs.common.ids import made_at, new_id
from services.ingest.domain.jobs import JobState
from services.ingest.repositories import unused_uploads
from services.ingest.tables import jobs, lead_keys, upload_problems
from services.ingest.tables import uploads as uploads_table
from services.ingest.use_cases.delete_upload import delete_orphaned_files, delete_unused_uploads
from tests.integration.ingest.uploads.conftest import MAX_UPLOAD_BYTES, Service
from tests.integration.ingest.uploads.test_checking import LEADS, checked, job_of

SHEET = b"Name,City\nAcme,Bonn\n"


def digest(content: bytes, algorithm: str = "sha256") -> str:
    return base64.b64encode(hashlib.new(algorithm, content).digest()).decode()


async def delete(service: Service, upload_id: str) -> httpx.Response:
    return await service.client.delete(f"/v1/uploads/{upload_id}", headers=service.headers())


@pytest.mark.parametrize("header", ["Content-Digest", "Repr-Digest"])
async def test_a_file_is_kept_if_it_is_what_its_digest_says(service: Service, header: str) -> None:
    """Red when a damaged file is kept, or a digest we cannot check stands in the way."""
    before = service.stored_uploads()
    wrong = await service.send(SHEET + b"x", **{header: f"sha-256=:{digest(SHEET)}:"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "digest_mismatch")
    half = f"sha-512=:{digest(SHEET, 'sha512')}:, sha-256=:{digest(b'other')}:"
    assert (await service.send(SHEET, **{header: half})).json()["code"] == "digest_mismatch"
    for bad in ("sha-256=:AAAA:", "sha-256=AAAA", "nonsense", f"sha-256=:{digest(SHEET)}"):
        assert (await service.send(SHEET, **{header: bad})).json()["code"] == "digest_invalid"
    assert service.stored_uploads() <= before
    assert (await service.get("/v1/uploads")).json()["items"] == []
    good = await service.send(SHEET, **{header: f"unixsum=:AAAA:, sha-256=:{digest(SHEET)}:"})
    assert (good.status_code, good.json()["sha256"]) == (201, hashlib.sha256(SHEET).hexdigest())


@pytest.mark.parametrize("as_json", [True, False])
async def test_pasted_rows_are_an_upload_like_any_other(service: Service, as_json: bool) -> None:
    text = 'Name\tCity\tNote\r\nAcme\tBonn\t"two\nlines"\r\nBeta\tKöln\t\r\n'
    body = (
        {"json": {"text": text}} if as_json else {"content": text.encode(), "headers": {"Content-Type": "text/plain"}}
    )
    headers = service.headers() | body.pop("headers", {})  # pyright: ignore[reportOperatorIssue, reportCallIssue, reportArgumentType]
    sent = await service.client.post("/v1/uploads/pasted", headers=headers, **body)  # pyright: ignore[reportArgumentType]
    assert (sent.status_code, sent.json()["source"], sent.json()["filename"]) == (201, "paste", "Pasted rows")
    upload = (await service.get(f"/v1/uploads/{sent.json()['id']}", params={"wait_seconds": 30})).json()
    assert (upload["state"], upload["row_count"], upload["delimiter"]) == ("ready", 2, "\t")
    assert upload["sample"] == [["Acme", "Bonn", "two\nlines"], ["Beta", "Köln", None]]


async def test_a_paste_that_cannot_be_is_refused(service: Service) -> None:
    async def paste(content: bytes, kind: str) -> tuple[int, str]:
        headers = service.headers() | {"Content-Type": kind}
        answer = await service.client.post("/v1/uploads/pasted", content=content, headers=headers)
        return answer.status_code, answer.json()["code"]

    assert await paste(b"", "text/plain") == (422, "empty_file")
    assert await paste(b'{"text": 1}', "application/json") == (422, "invalid_request")
    assert await paste(b'{"text": "a", "x": 1}', "application/json") == (422, "invalid_request")
    assert await paste(b"a", "text/html") == (415, "unsupported_media_type")
    assert await paste(b"a" * 5_000_001, "text/plain") == (413, "too_large")
    assert (await service.get("/v1/uploads")).json()["items"] == []
    assert MAX_UPLOAD_BYTES < 5_000_000


async def test_a_deleted_upload_leaves_neither_rows_nor_files(service: Service) -> None:
    """Red when keys stay (they would make leads known that nobody has), or its text lies in storage for ever."""
    upload = await checked(service, (await service.read(LEADS))["id"])
    assert (await delete(service.neighbour(), upload["id"])).json()["code"] == "unknown_upload"
    assert (await delete(service, upload["id"])).status_code == 204
    assert (await service.get(f"/v1/uploads/{upload['id']}")).status_code == 404
    assert (await delete(service, upload["id"])).status_code == 404
    assert upload["id"] not in await service.storage.folders("uploads")
    async with service.platform.open_uow() as uow:
        for table in (lead_keys, upload_problems):
            left = select(func.count()).select_from(table).where(table.c.upload_id == UUID(upload["id"]))
            assert (await uow.conn.execute(left)).scalar_one() == 0


async def test_an_upload_in_use_stays_until_its_job_is_deleted(service: Service) -> None:
    """Red when the sheet goes from under a job. The database refuses it too, whoever asks."""
    upload = await service.read(SHEET)
    upload_id = UUID(upload["id"])
    job_id = await job_of(service, upload_id, state=JobState.COMPLETED, rows=1)
    refused = await delete(service, upload["id"])
    assert (refused.status_code, refused.json()["code"], refused.json()["job_id"]) == (
        409,
        "upload_in_use",
        str(job_id),
    )
    open_uow = service.platform.open_uow
    with pytest.raises(sqlalchemy.exc.IntegrityError):
        async with open_uow() as uow:
            await unused_uploads.delete_rows(uow.conn, [upload_id])
    async with open_uow() as uow:
        await uow.conn.execute(update(jobs).where(jobs.c.id == job_id).values(deleted_at=utc_now()))
    assert (await delete(service, upload["id"])).status_code == 204
    async with open_uow() as uow:
        kept = await uow.conn.execute(select(jobs.c.upload_id).where(jobs.c.id == job_id))
        assert kept.scalar_one() is None


async def test_uploads_nobody_uses_go_after_their_time(service: Service) -> None:
    """Red when one that a job refers to goes, or one that is still young, or any when they are kept for ever."""
    old, used, young = [await service.read(SHEET) for _ in range(3)]
    await job_of(service, UUID(used["id"]), rows=1)
    open_uow, storage = service.platform.open_uow, service.storage
    async with open_uow() as uow:
        aged = uploads_table.c.id.in_([UUID(old["id"]), UUID(used["id"])])
        await uow.conn.execute(update(uploads_table).where(aged).values(created_at=utc_now() - timedelta(days=31)))
    await delete_unused_uploads(unused_days=0, now=utc_now(), open_uow=open_uow, storage=storage)
    assert len((await service.get("/v1/uploads")).json()["items"]) == 3
    await delete_unused_uploads(unused_days=30, now=utc_now(), open_uow=open_uow, storage=storage)
    left = {item["id"] for item in (await service.get("/v1/uploads")).json()["items"]}
    assert left == {used["id"], young["id"]}
    assert old["id"] not in await storage.folders("uploads")


async def test_a_large_upload_may_take_its_time_to_go(service: Service) -> None:
    """Millions of findings go with it. Red when deleting it ends with the minute that statements have elsewhere, each time."""
    upload = await service.read(SHEET)
    async with service.platform.open_uow() as uow:
        await unused_uploads.delete_rows(uow.conn, [UUID(upload["id"])])
        limit = (await uow.conn.execute(select(func.current_setting("statement_timeout")))).scalar_one()
    async with service.platform.open_uow() as uow:
        usual = (await uow.conn.execute(select(func.current_setting("statement_timeout")))).scalar_one()
    assert (limit, usual) == ("10min", "1min")


async def test_files_without_a_row_are_swept_a_day_later_and_no_others(service: Service) -> None:
    """A crash between the row's end and the files'. Red when a file that is just being sent is swept, or another's."""
    upload, orphan = await service.read(SHEET), new_id()
    await service.storage.put(f"uploads/{orphan}/file", SHEET)
    await service.storage.put("uploads/not-ours/file", SHEET)
    open_uow, storage = service.platform.open_uow, service.storage
    await delete_orphaned_files(now=made_at(orphan) + timedelta(hours=23), open_uow=open_uow, storage=storage)
    assert str(orphan) in await storage.folders("uploads")
    await delete_orphaned_files(now=utc_now() + timedelta(hours=25), open_uow=open_uow, storage=storage)
    left = await storage.folders("uploads")
    assert str(orphan) not in left
    assert {upload["id"], "not-ours"} <= set(left)
