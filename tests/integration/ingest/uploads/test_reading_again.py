"""Reading is claimed, may be cut off anywhere, and comes to the same when it is done again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Envelope
from libs.common.contracts.ingest import UploadReceived
from libs.common.db import make_engine
from libs.common.errors import Busy
from libs.common.ids import new_id
from libs.common.settings import normalise_database_url
from libs.common.storage import Storage
from libs.common.uow import Message, UnitOfWorkFactory
from services.ingest.domain.uploads import Upload
from services.ingest.reading.process import ReaderKilled, ReadingLimits, read_file
from services.ingest.reading.segmenter import Segment
from services.ingest.repositories import uploads
from services.ingest.segment_reading import stream_rows
from services.ingest.tables import COMMON, upload_chunks
from services.ingest.tables import uploads as uploads_table
from services.ingest.use_cases import claim_reading
from services.ingest.use_cases.claim_reading import LargeFileWaits
from services.ingest.use_cases.read_upload import read_upload, refuse_unread
from services.ingest.use_cases.receive_upload import receive_upload
from tests.integration.ingest.uploads.test_uploading import ChunkRef
from tests.support.waiting import eventually

LIMITS = ReadingLimits(memory_bytes=1024**3, cpu_seconds=60, max_text_chars=10**8)
ROWS = 30_000
CONTENT = b"Name,City\n" + b"".join(b"Acme %d,Bonn\n" % n for n in range(1, ROWS + 1))


@dataclass
class Ingest:
    """The use cases of uploads on a database and a folder."""

    open_uow: UnitOfWorkFactory
    storage: Storage
    folder: Path

    async def receive(self, content: bytes = CONTENT) -> tuple[Upload, Message]:
        workspace_id = new_id()

        async def body() -> AsyncGenerator[bytes]:
            yield content

        upload = await receive_upload(
            body(),
            workspace_id=workspace_id,
            user_id=new_id(),
            filename="leads.csv",
            max_bytes=10**8,
            storage=self.storage,
            open_uow=self.open_uow,
        )
        event = UploadReceived(upload_id=upload.id)
        envelope = Envelope(
            id=new_id(),
            type=event.type,
            version=1,
            source="ingest",
            occurred_at=utc_now(),
            tenant_id=workspace_id,
            data=event.model_dump(mode="json"),
        )
        return upload, Message(consumer="ingest.read_upload", envelope=envelope)

    async def read(
        self,
        upload: Upload,
        message: Message,
        *,
        limits: ReadingLimits = LIMITS,
        large_lane: asyncio.Lock | None = None,
    ) -> None:
        await read_upload(
            UploadReceived(upload_id=upload.id),
            message=message,
            open_uow=self.open_uow,
            storage=self.storage,
            limits=limits,
            large_lane=large_lane,
        )

    async def look(self, upload: Upload) -> Upload:
        async with self.open_uow() as uow:
            return await uploads.load_upload(uow.conn, upload.workspace_id, upload.id)

    async def refs(self, upload_id: UUID) -> list[ChunkRef]:
        names = ("chunk_no", "first_row_no", "row_count", "segment_key", "byte_offset", "byte_length")
        query = select(*(upload_chunks.c[name] for name in names)).where(upload_chunks.c.upload_id == upload_id)
        async with self.open_uow() as uow:
            return [ChunkRef(*row) for row in await uow.conn.execute(query.order_by(upload_chunks.c.chunk_no))]

    async def inboxed(self) -> int:
        async with self.open_uow() as uow:
            return (await uow.conn.execute(select(func.count()).select_from(COMMON.inbox))).scalar_one()

    def stored(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.folder)): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()
        }

    async def assert_whole(self, upload: Upload) -> None:
        found = await self.look(upload)
        assert found.require_reading().row_count == ROWS
        rows = [row async for row in stream_rows(self.storage, await self.refs(upload.id))]
        assert [row.row_no for row in rows] == list(range(1, ROWS + 1))
        assert rows[-1].cells == [f"Acme {ROWS}", "Bonn"]


@pytest.fixture
async def ingest(own_database: str, tmp_path: Path) -> AsyncGenerator[Ingest]:
    engine = make_engine(normalise_database_url(own_database), pool_size=8, service="ingest")
    folder = tmp_path / "storage"
    yield Ingest(UnitOfWorkFactory(engine, COMMON), Storage.from_url(f"file://{folder}"), folder)
    await engine.dispose()


async def test_the_event_leaves_with_the_upload_row(ingest: Ingest) -> None:
    """Red when the event is sent beside the transaction: a crash between the two would leave a file unread for ever."""
    upload, _ = await ingest.receive()
    async with ingest.open_uow() as uow:
        (row,) = (await uow.conn.execute(select(COMMON.outbox.c.routing_key, COMMON.outbox.c.body))).all()
    assert row.routing_key == "ingest.upload.received.v1"
    assert Envelope.model_validate_json(row.body).data == {"upload_id": str(upload.id)}


async def test_delivered_twice_it_is_read_once(ingest: Ingest) -> None:
    """Red when a second delivery reads again what is read."""
    upload, message = await ingest.receive()
    await ingest.read(upload, message)
    first, files = await ingest.look(upload), ingest.stored()
    await ingest.read(upload, message)
    assert await ingest.look(upload) == first
    assert ingest.stored() == files
    assert await ingest.inboxed() == 1


async def test_delivered_again_with_the_inbox_emptied_nothing_changes(ingest: Ingest) -> None:
    """Red when only the inbox stands between a file and its second reading."""
    upload, message = await ingest.receive()
    await ingest.read(upload, message)
    first, refs = await ingest.look(upload), await ingest.refs(upload.id)
    async with ingest.open_uow() as uow:
        await uow.conn.execute(COMMON.inbox.delete())
    await ingest.read(upload, message)
    assert await ingest.look(upload) == first
    assert await ingest.refs(upload.id) == refs


async def test_a_second_reading_writes_the_same_segments_under_the_same_keys(ingest: Ingest) -> None:
    """Red when keys or bytes depend on the attempt: a job that began on the first reading would find others' rows."""
    upload, message = await ingest.receive()
    await ingest.read(upload, message)
    refs, files = await ingest.refs(upload.id), ingest.stored()
    async with ingest.open_uow() as uow:
        await uow.conn.execute(
            update(uploads_table).where(uploads_table.c.id == upload.id).values(state="reading", row_count=None)
        )
    await ingest.read(upload, message)
    assert await ingest.refs(upload.id) == refs
    assert ingest.stored() == files


async def test_while_one_reads_another_waits(ingest: Ingest) -> None:
    """Red when the claim is not exclusive: the consumer must be told to come back, not to read along."""
    upload, message = await ingest.receive()
    async with ingest.open_uow() as uow:
        assert await uploads.claim_reading(uow.conn, upload.id, token=new_id(), lease_s=30)
    with pytest.raises(Busy):
        await ingest.read(upload, message)
    assert await ingest.inboxed() == 0


async def test_a_small_file_does_not_wait_behind_large_ones(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """P7. Red when a second large file takes the place that small ones need, or keeps a lease while it waits."""
    monkeypatch.setattr(claim_reading, "SMALL_FILE_BYTES", len(CONTENT))
    lane = asyncio.Lock()
    large, message = await ingest.receive()
    async with lane:
        with pytest.raises(LargeFileWaits):
            await ingest.read(large, message, large_lane=lane)
        small, its_message = await ingest.receive(b"Name\nAcme\n")
        await ingest.read(small, its_message, large_lane=lane)
        assert (await ingest.look(small)).require_reading().row_count == 1
        assert (await ingest.look(large)).state == "reading"
    await ingest.read(large, message, large_lane=lane)
    await ingest.assert_whole(large)


async def test_a_reader_that_vanished_is_followed_by_the_next_when_its_lease_ends(ingest: Ingest) -> None:
    """kill -9 in the middle: claimed, some chunks noted, never finished. Red when the leftovers count."""
    upload, message = await ingest.receive()
    token = new_id()
    async with ingest.open_uow() as uow:
        assert await uploads.claim_reading(uow.conn, upload.id, token=token, lease_s=-1)
        await uploads.save_chunks(uow.conn, upload.id, [ChunkRef(7777, 1, 5, "left/over", 0, 10)])
    await ingest.read(upload, message)
    await ingest.assert_whole(upload)


async def test_a_reader_whose_lease_was_taken_over_records_nothing(ingest: Ingest) -> None:
    """Red when the token is not looked at on recording: a frozen reader would overwrite its successor."""
    upload, message = await ingest.receive()
    reading = asyncio.create_task(ingest.read(upload, message))
    await eventually(lambda: rows_read(ingest, upload))
    async with ingest.open_uow() as uow:
        await uow.conn.execute(
            update(uploads_table).where(uploads_table.c.id == upload.id).values(lease_token=new_id())
        )
    with pytest.raises(Busy):
        await reading
    assert (await ingest.look(upload)).state == "reading"
    assert await ingest.inboxed() == 0


async def rows_read(ingest: Ingest, upload: Upload) -> int:
    return (await ingest.look(upload)).rows_read


async def test_a_cancelled_reading_lets_go_at_once_and_kills_its_child(ingest: Ingest) -> None:
    """What a stop of the service does. Red when the lease must run out first, or the child reads on."""
    upload, message = await ingest.receive()
    reading = asyncio.create_task(ingest.read(upload, message))
    await eventually(lambda: rows_read(ingest, upload))
    children = children_of(os.getpid())
    assert children
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading
    await eventually(lambda: not children & children_of(os.getpid()))
    await ingest.read(upload, message)
    await ingest.assert_whole(upload)


async def test_a_child_killed_from_outside_is_nobodys_fault(ingest: Ingest) -> None:
    """Red when any silence of the child condemns the file: the machine may have been out of memory."""
    upload, message = await ingest.receive()
    reading = asyncio.create_task(ingest.read(upload, message))
    await eventually(lambda: children_of(os.getpid()))
    for pid in children_of(os.getpid()):
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(ReaderKilled):
        await reading
    assert (await ingest.look(upload)).state == "reading"
    await ingest.read(upload, message)
    await ingest.assert_whole(upload)


async def test_given_up_by_the_bus_the_upload_says_so(ingest: Ingest) -> None:
    """The dead letter's own effect: nobody waits for ever for a file that cannot be read."""
    upload, message = await ingest.receive()
    async with ingest.open_uow() as uow:
        await refuse_unread(UploadReceived(upload_id=upload.id), message, uow, "storage failed")
    found = await ingest.look(upload)
    assert found.problem is not None
    assert found.problem.code == "unreadable"
    await ingest.read(upload, message)
    assert (await ingest.look(upload)).problem == found.problem


async def test_a_file_that_eats_memory_is_refused_and_the_service_lives(ingest: Ingest, tmp_path: Path) -> None:
    """Red when the child has no limit of its own: one file would take the machine's memory."""
    path = tmp_path / "wide.csv"
    path.write_bytes(b"Name\n" + b"x" * 20_000_000 + b"\n" + b"y\n")
    limits = ReadingLimits(memory_bytes=64 * 1024**2, cpu_seconds=60, max_text_chars=10**8)
    (problem,) = [finding async for finding in read_file(path, limits)]
    assert not isinstance(problem, Segment)
    assert getattr(problem, "code", None) == "too_large"


async def test_a_file_that_eats_time_is_refused(tmp_path: Path) -> None:
    """Red when the child has no limit of CPU time, or its end by that limit is taken for somebody's kill: read again
    for ever."""
    path = tmp_path / "long.csv"
    path.write_bytes(b"Name,City\n" + b"some text here,and there\n" * 1_500_000)
    limits = ReadingLimits(memory_bytes=1024**3, cpu_seconds=1, max_text_chars=10**9)
    *_, problem = [finding async for finding in read_file(path, limits)]
    assert getattr(problem, "code", None) == "too_large"
    assert "seconds" in getattr(problem, "detail", "")


def children_of(pid: int) -> set[int]:
    """Reading children of a process that are alive."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            with contextlib.suppress(OSError):
                if b"services.ingest.reading.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                    found.add(int(child))
    return found
