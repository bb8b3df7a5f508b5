"""One storage, two stores: a local folder and an S3 server behave alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from pathlib import Path

import obstore
import pytest

from libs.common.errors import Invalid
from libs.common.storage import PART_BYTES, ObjectMissing, Storage, StorageUnavailable
from tests.support.s3 import Bucket, s3_server

KEY = "uploads/a b/ü#%&.bin"


@pytest.fixture(scope="module")
def s3_endpoint() -> Generator[str]:
    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    if request.param == "folder":
        return Storage.from_url(f"file://{tmp_path}/store")
    endpoint: str = request.getfixturevalue("s3_endpoint")
    return Storage.from_url(Bucket.make(f"bucket-{tmp_path.name}", endpoint=endpoint, env=monkeypatch).url("corofy"))


async def collect(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def test_what_is_streamed_in_is_streamed_out(storage: Storage) -> None:
    blocks = [bytes([number]) * (PART_BYTES // 2 + 7) for number in range(5)]
    async with storage.writer(KEY) as writer:
        for block in blocks:
            await writer.write(block)
    whole = b"".join(blocks)
    assert writer.size == len(whole) == await storage.size(KEY)
    assert await collect(storage.stream(KEY)) == whole
    assert await storage.get(KEY) == whole


async def test_a_failed_writer_leaves_no_object(storage: Storage, tmp_path: Path) -> None:
    """Red when the writer no longer aborts: a half-sent upload would pass for a whole one."""

    async def fail_halfway() -> None:
        async with storage.writer(KEY) as writer:
            for _ in range(3):
                await writer.write(b"x" * PART_BYTES)
            raise RuntimeError("the client went away")

    with pytest.raises(RuntimeError, match="went away"):
        await fail_halfway()
    assert not await storage.exists(KEY)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_an_empty_object_is_an_object(storage: Storage) -> None:
    async with storage.writer(KEY):
        pass
    assert await storage.size(KEY) == 0
    assert await collect(storage.stream(KEY)) == b""


async def test_ranges_are_cut_to_the_byte(storage: Storage) -> None:
    await storage.put(KEY, b"0123456789")
    assert await storage.get_range(KEY, start=3, length=4) == b"3456"
    assert await collect(storage.stream(KEY, start=7)) == b"789"
    assert await collect(storage.stream(KEY, start=2, length=3)) == b"234"
    assert await collect(storage.stream(KEY, start=2, length=0)) == b""


async def test_a_local_file_is_put_whole(storage: Storage, tmp_path: Path) -> None:
    file = tmp_path / "result.bin"
    file.write_bytes(b"a" * (PART_BYTES + 1))
    await storage.put_file(KEY, file)
    assert await storage.size(KEY) == PART_BYTES + 1


async def test_deleting_a_folder_spares_its_neighbour(storage: Storage) -> None:
    for key in ("jobs/1/a", "jobs/1/b/c", "jobs/10/a"):
        await storage.put(key, b"x")
    assert await storage.delete_prefix("jobs/1/") == 2
    assert await storage.exists("jobs/10/a")
    assert await storage.delete_prefix("jobs/1") == 0


async def test_a_store_that_fails_without_a_word_is_transient_all_the_same(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when an error without a text becomes one that nobody knows."""

    def break_off(*_: object, **__: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(obstore, "get_async", break_off)
    with pytest.raises(StorageUnavailable, match="ConnectionResetError"):
        await storage.get(KEY)


async def test_a_missing_object_is_named(storage: Storage) -> None:
    with pytest.raises(ObjectMissing, match="nothing/here"):
        await storage.get("nothing/here")
    with pytest.raises(ObjectMissing):
        await collect(storage.stream("nothing/here"))
    with pytest.raises(ObjectMissing):
        await storage.get_range("nothing/here", start=0, length=1)


async def test_a_store_that_refuses_is_transient(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    nowhere = Storage.from_url(f"s3://no-such-bucket?endpoint={s3_endpoint}")

    async def write_much() -> None:
        async with nowhere.writer(KEY) as writer:
            for _ in range(8):
                await writer.write(b"x" * PART_BYTES)

    with pytest.raises(StorageUnavailable):
        await write_much()


@pytest.mark.parametrize(
    "url", ["", "file://host/path", "relative/path", "http://bucket", "s3://", "s3://bucket?endpiont=http://x"]
)
def test_a_url_of_another_form_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        Storage.from_url(url)
    assert refused.value.code == "storage_url_invalid"
