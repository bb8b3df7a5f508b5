"""Uploads between any two lines: an answer of the database that is lost, a delete under somebody's hands, bytes that are gone."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Envelope
from libs.common.contracts.ingest import UploadReceived
from libs.common.ids import new_id
from libs.common.storage import Storage
from libs.common.uow import Message, UnitOfWork, UnitOfWorkFactory
from services.ingest.domain.digests import checksum_of
from services.ingest.domain.storage_keys import upload_key
from services.ingest.domain.uploads import Upload, UploadState
from services.ingest.reading.process import ReadingLimits
from services.ingest.repositories import receiving, uploads
from services.ingest.tables import upload_parts
from services.ingest.tables import uploads as uploads_table
from services.ingest.use_cases import receive_part as receiving_parts
from services.ingest.use_cases.claim_reading import AnotherReads
from services.ingest.use_cases.delete_upload import delete_upload
from services.ingest.use_cases.join_parts import join_left_parts
from services.ingest.use_cases.read_upload import read_upload
from services.ingest.use_cases.receive_part import receive_part
from tests.integration.ingest.uploads.conftest import Service
from tests.integration.ingest.uploads.test_resumable import PART, SHEET, assert_whole, begin, offset_of, patch

LIMITS = ReadingLimits(512 * 1024 * 1024, 60, 1_000_000)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a file of this size has several."""
    monkeypatch.setattr(receiving_parts, "PART_BYTES", PART)


def id_of(path: str) -> UUID:
    return UUID(path.rsplit("/", 1)[-1])


class Breaking(UnitOfWorkFactory):
    """Loses the connection after some commits."""

    left: int

    @asynccontextmanager
    async def __call__(self) -> AsyncGenerator[UnitOfWork]:
        self.left -= 1
        async with super().__call__() as uow:
            yield uow
        if self.left == 0:
            raise ConnectionResetError


@pytest.mark.parametrize("checked", [False, True])
async def test_pieces_that_count_stay_when_the_databases_answer_is_lost(service: Service, checked: bool) -> None:
    """The connection breaks after the commit and before its answer. Red when the piece is deleted that counts by then: the
    file could never be joined."""
    path, open_uow = await begin(service), service.platform.open_uow
    assert isinstance(open_uow, UnitOfWorkFactory)
    breaking = Breaking(open_uow.engine, open_uow.tables)
    breaking.left = 3 if checked else 2

    async def body() -> AsyncIterator[bytes]:
        yield SHEET[:PART]

    digest = base64.b64encode(hashlib.sha256(SHEET[:PART]).digest()).decode()
    with pytest.raises(ConnectionResetError):
        await receive_part(
            body(),
            workspace_id=service.workspace_id,
            upload_id=id_of(path),
            offset=0,
            checksum=checksum_of(f"sha256 {digest}") if checked else None,
            keep=timedelta(hours=1),
            storage=service.storage,
            open_uow=breaking,
        )
    assert await offset_of(service, path) == PART
    assert (await patch(service, path, SHEET[PART:], offset=PART)).status_code == 204
    await assert_whole(service, path)


@pytest.mark.parametrize("checked", [False, True])
async def test_while_pieces_come_the_rest_is_waited_for(service: Service, checked: bool) -> None:
    """One request that takes longer than the time a rest is waited for. Red when the file goes while it is being sent."""
    path = await begin(service)
    soon = utc_now() + timedelta(minutes=1)

    async def body() -> AsyncIterator[bytes]:
        yield SHEET[:1]
        async with service.platform.open_uow() as uow:
            mine = uploads_table.c.id == id_of(path)
            await uow.conn.execute(update(uploads_table).where(mine).values(expires_at=soon))
        yield SHEET[1 : 2 * PART]
        async with service.platform.open_uow() as uow:
            shown = await uploads.load_upload(uow.conn, service.workspace_id, id_of(path))
        assert shown.expires_at is not None
        assert shown.expires_at > soon + timedelta(hours=1)
        yield SHEET[2 * PART :]

    digest = base64.b64encode(hashlib.sha256(SHEET).digest()).decode()
    headers = {"Upload-Checksum": f"sha256 {digest}"} if checked else {}
    assert (await patch(service, path, body(), offset=0, **headers)).status_code == 204
    await assert_whole(service, path)


async def test_a_file_whose_bytes_are_gone_is_in_no_other_ones_way(service: Service) -> None:
    """Red when one that cannot be joined keeps those after it from being joined."""
    open_uow, whole = service.platform.open_uow, list[UUID]()
    for content in (None, b"Name\nBo\n"):
        path = await begin(service, size=8)
        whole.append(id_of(path))
        part = receiving.Part(0, 8, f"uploads/{whole[-1]}/parts/0")
        if content is not None:
            await service.storage.put(part.storage_key, content)
        async with open_uow() as uow:
            later = utc_now() + timedelta(hours=1)
            await receiving.take_turn(uow.conn, whole[-1], offset=0, token=whole[-1], expires_at=later)
            assert await receiving.add_parts(uow.conn, whole[-1], [part], token=whole[-1], expires_at=later)
    await join_left_parts(open_uow=open_uow, storage=service.storage)
    async with open_uow() as uow:
        states = [(await uploads.load_upload(uow.conn, service.workspace_id, each)).state for each in whole]
        await uow.conn.execute(upload_parts.delete().where(upload_parts.c.upload_id == whole[0]))
        await uow.conn.execute(uploads_table.delete().where(uploads_table.c.id == whole[0]))
    assert states == [UploadState.RECEIVING, UploadState.READING]


def reading_of(service: Service, upload_id: UUID) -> tuple[UploadReceived, Message]:
    event = UploadReceived(upload_id=upload_id)
    envelope = Envelope(
        id=new_id(),
        type=event.type,
        version=1,
        source="ingest",
        occurred_at=utc_now(),
        tenant_id=service.workspace_id,
        data=event.model_dump(mode="json"),
    )
    return event, Message(consumer="ingest.read_upload", envelope=envelope)


async def test_a_file_deleted_before_it_is_read_is_nobodys_fault(service: Service) -> None:
    """Red when its message ends among the dead letters, where a person must look at it."""
    event, message = reading_of(service, new_id())
    await read_upload(
        event, message=message, open_uow=service.platform.open_uow, storage=service.storage, limits=LIMITS
    )


class Deleting(Storage):
    """A store from which somebody deletes the upload just before its file is fetched."""

    service: Service

    async def stream(self, key: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        await delete_upload(
            UUID(key.split("/")[1]),
            workspace_id=self.service.workspace_id,
            open_uow=self.service.platform.open_uow,
            storage=self.service.storage,
        )
        async for piece in super().stream(key, start=start, length=length):
            yield piece


async def test_a_file_deleted_while_it_is_read_is_nobodys_fault(service: Service) -> None:
    """Red when its message ends among the dead letters instead of coming back to find nothing to do."""
    upload_id = new_id()
    upload = Upload(
        id=upload_id,
        workspace_id=service.workspace_id,
        user_id=new_id(),
        filename="leads.csv",
        state=UploadState.READING,
        size_bytes=8,
        sha256="0",
        storage_key=upload_key(upload_id),
        rows_read=0,
        created_at=utc_now(),
    )
    async with service.platform.open_uow() as uow:
        await uploads.insert_upload(uow.conn, upload)
    await service.storage.put(upload.storage_key, b"Name\nBo\n")
    storage = Deleting.from_url(f"file://{service.folder}")
    assert isinstance(storage, Deleting)
    storage.service = service
    event, message = reading_of(service, upload_id)
    with pytest.raises(AnotherReads):
        await read_upload(event, message=message, open_uow=service.platform.open_uow, storage=storage, limits=LIMITS)
    await read_upload(event, message=message, open_uow=service.platform.open_uow, storage=storage, limits=LIMITS)
    async with service.platform.open_uow() as uow:
        found = await uow.conn.execute(select(uploads_table.c.id).where(uploads_table.c.id == upload_id))
        assert found.first() is None
