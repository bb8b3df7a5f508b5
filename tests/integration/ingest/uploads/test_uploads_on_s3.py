"""Uploads where files lie in an S3 store: pieces, the join, giving up, and the sweep of what nobody knows."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Generator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.errors import ChecksumMismatch
from libs.common.ids import made_at, new_id
from libs.common.storage import Storage
from services.ingest.domain.digests import checksum_of
from services.ingest.domain.uploads import Upload
from services.ingest.repositories import receiving
from services.ingest.use_cases.begin_upload import begin_upload
from services.ingest.use_cases.delete_upload import delete_orphaned_files, delete_upload
from services.ingest.use_cases.join_parts import join_parts
from services.ingest.use_cases.receive_part import receive_part
from tests.integration.ingest.uploads.conftest import Service
from tests.support.s3 import Bucket, s3_server

SHEET = b"Name,City\n" + b"Acme,Bonn\n" * 1_200_000
HALF = len(SHEET) // 2
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def s3_endpoint() -> Generator[str]:
    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    return Bucket.make(f"uploads-{tmp_path.name}", endpoint=s3_endpoint, env=monkeypatch)


@pytest.fixture
def storage(bucket: Bucket) -> Storage:
    return Storage.from_url(bucket.url("corofy"))


async def begun(service: Service) -> Upload:
    async with service.platform.open_uow() as uow:
        return await begin_upload(
            uow,
            workspace_id=service.workspace_id,
            user_id=new_id(),
            filename="leads.csv",
            size_bytes=len(SHEET),
            max_bytes=len(SHEET),
            keep=HOUR,
            now=utc_now(),
        )


async def send(
    service: Service, storage: Storage, upload_id: UUID, data: bytes, *, offset: int, checksum: str | None = None
) -> int:
    async def body() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 65_536):
            yield data[start : start + 65_536]

    return await receive_part(
        body(),
        workspace_id=service.workspace_id,
        upload_id=upload_id,
        offset=offset,
        checksum=None if checksum is None else checksum_of(checksum),
        keep=HOUR,
        storage=storage,
        open_uow=service.platform.open_uow,
    )


async def test_pieces_are_joined_to_the_file_and_nothing_else_is_left(
    service: Service, storage: Storage, bucket: Bucket
) -> None:
    """Red when a byte is lost or stands elsewhere, or when a piece or half a transfer stays in the store for ever."""
    upload = await begun(service)
    assert await send(service, storage, upload.id, SHEET[:HALF], offset=0) == HALF
    assert len(bucket.objects()) == 2
    assert await send(service, storage, upload.id, SHEET[HALF:], offset=HALF) == len(SHEET)
    assert await join_parts(upload.id, open_uow=service.platform.open_uow, storage=storage)
    assert bucket.objects() == [f"corofy/uploads/{upload.id}/file"]
    assert bucket.unfinished() == []
    assert await storage.get(f"uploads/{upload.id}/file") == SHEET


async def test_a_piece_that_came_damaged_is_in_the_store_no_more(
    service: Service, storage: Storage, bucket: Bucket
) -> None:
    upload = await begun(service)
    digest = base64.b64encode(hashlib.sha1(SHEET, usedforsecurity=False).digest()).decode()
    with pytest.raises(ChecksumMismatch):
        await send(service, storage, upload.id, SHEET[:HALF], offset=0, checksum=f"sha1 {digest}")
    assert bucket.objects() == []


async def test_who_lost_the_join_leaves_neither_a_file_nor_half_of_one(
    service: Service, storage: Storage, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another replica takes over in the middle. Red when half a file becomes visible, or its parts stay in the store."""
    upload = await begun(service)
    await send(service, storage, upload.id, SHEET, offset=0)
    parts = bucket.objects()
    with monkeypatch.context() as patch:

        async def another(*_: object, **__: object) -> bool:
            return False

        patch.setattr(receiving, "keep_join", another)
        assert not await join_parts(upload.id, open_uow=service.platform.open_uow, storage=storage)
    assert (bucket.objects(), bucket.unfinished()) == (parts, [])


async def test_an_upload_that_is_deleted_and_one_that_nobody_knows_leave_nothing(
    service: Service, storage: Storage, bucket: Bucket
) -> None:
    """Red when the folders of an S3 store are not seen as folders, or a neighbour's objects go with them."""
    kept, gone, orphan = await begun(service), await begun(service), new_id()
    for upload in (kept, gone):
        await send(service, storage, upload.id, SHEET[:HALF], offset=0)
    for name in ("file", "segments/000000.jsonl.gz", "segments/000001.jsonl.gz"):
        await storage.put(f"uploads/{orphan}/{name}", b"x")
    open_uow = service.platform.open_uow
    await delete_upload(gone.id, workspace_id=service.workspace_id, open_uow=open_uow, storage=storage)
    assert {key.split("/")[2] for key in bucket.objects()} == {str(kept.id), str(orphan)}
    young = made_at(orphan) + timedelta(hours=23)
    assert await delete_orphaned_files(now=young, open_uow=open_uow, storage=storage) == 0
    old = utc_now() + timedelta(hours=25)
    assert await delete_orphaned_files(now=old, open_uow=open_uow, storage=storage) == 1
    assert {key.split("/")[2] for key in bucket.objects()} == {str(kept.id)}
