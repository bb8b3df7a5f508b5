"""Object storage by URL: a local folder or any S3-compatible store, streamed both ways.

What is written becomes visible whole or not at all.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from libs.common.errors import Invalid, NotFound, Outage

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ClientConfig, S3Config

PART_BYTES = 5 * 1024 * 1024
"""The smallest part S3 takes, hence what a writer to S3 holds in memory at most (times the parts in flight)."""
READ_BYTES = 1024 * 1024
_PARTS_IN_FLIGHT = 2
_S3_OPTIONS = frozenset({"endpoint", "region", "virtual_hosted"})


class StorageUnavailable(Outage):
    """The store is away or refuses us. HTTP 503."""

    code = "storage_unavailable"


class ObjectMissing(NotFound):
    """There is no object with this key."""

    code = "object_missing"


@dataclass(frozen=True)
class StoredObject:
    """An object as the store knows it. Its `version` is another one when it has been written again; None: not known."""

    size: int
    version: str | None


class Storage:
    """One store. Keys are relative, `/`-separated."""

    def __init__(self, store: LocalStore | S3Store) -> None:
        self._store = store
        self._part_bytes = READ_BYTES if isinstance(store, LocalStore) else PART_BYTES

    @classmethod
    def from_url(cls, url: str) -> Storage:
        """`file:///folder`, or `s3://bucket/prefix?endpoint=…&region=…` with AWS_* credentials from the environment.

        Raises Invalid for anything else.
        """
        parts = urlsplit(url)
        if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
            return cls(LocalStore(Path(unquote(parts.path)), mkdir=True, automatic_cleanup=True))
        if parts.scheme == "s3" and parts.netloc:
            return cls(_s3(parts.netloc, prefix=parts.path.strip("/"), query=parts.query))
        msg = f"STORAGE_URL has the form file:///folder or s3://bucket?endpoint=…&region=…, not {parts.scheme}://…"
        raise Invalid(msg, code="storage_url_invalid")

    @contextlib.asynccontextmanager
    async def writer(self, key: str) -> AsyncGenerator[ObjectWriter]:
        """Write an object piece by piece. It appears when the block ends; an exception in the block leaves no trace."""
        writer = ObjectWriter()
        upload = asyncio.create_task(self._upload(key, writer))
        writer.upload = upload
        try:
            yield writer
            await writer.finish()
        except BaseException:
            await writer.abort()
            raise

    async def _upload(self, key: str, writer: ObjectWriter) -> None:
        with _translated(key, writing=True):
            await obstore.put_async(
                self._store,
                key,
                writer.pieces(),
                use_multipart=True,
                chunk_size=self._part_bytes,
                max_concurrency=_PARTS_IN_FLIGHT,
            )

    async def put(self, key: str, data: bytes) -> None:
        """Write a small object whole."""
        with _translated(key, writing=True):
            await obstore.put_async(self._store, key, data)

    async def put_file(self, key: str, path: Path) -> None:
        """Write a local file, a part at a time."""
        with _translated(key, writing=True):
            await obstore.put_async(
                self._store, key, path, chunk_size=self._part_bytes, max_concurrency=_PARTS_IN_FLIGHT
            )

    async def get(self, key: str) -> bytes:
        """A small object whole. Raises ObjectMissing."""
        with _translated(key):
            return (await (await obstore.get_async(self._store, key)).bytes_async()).to_bytes()

    async def get_range(self, key: str, *, start: int, length: int) -> bytes:
        """Part of an object. Raises ObjectMissing."""
        with _translated(key):
            return (await obstore.get_range_async(self._store, key, start=start, length=length)).to_bytes()

    async def size(self, key: str) -> int:
        """How many bytes the object has. Raises ObjectMissing."""
        with _translated(key):
            return (await obstore.head_async(self._store, key))["size"]

    async def describe(self, key: str) -> StoredObject:
        """Its size, and what changes when it is overwritten. Raises ObjectMissing."""
        with _translated(key):
            found = await obstore.head_async(self._store, key)
        return StoredObject(size=found["size"], version=(found["e_tag"] or "").removeprefix("W/").strip('"') or None)

    async def exists(self, key: str) -> bool:
        """Whether there is such an object."""
        try:
            await self.size(key)
        except ObjectMissing:
            return False
        return True

    async def stream(self, key: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of an object (or of part of it), about a megabyte at a time. Raises ObjectMissing."""
        with _translated(key):
            if length == 0:
                return
            options: GetOptions = {}
            if length is not None:
                options = {"range": (start, start + length)}
            elif start:
                options = {"range": {"offset": start}}
            found = await obstore.get_async(self._store, key, options=options)
            async for piece in found.stream(min_chunk_size=READ_BYTES):
                yield bytes(piece)

    async def delete(self, key: str) -> None:
        """Delete an object, if there is one."""
        with _translated(key), contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(self._store, key)

    async def folders(self, prefix: str) -> list[str]:
        """The names of the folders right under a folder, in no order. One listing; the objects in them are not listed."""
        with _translated(prefix):
            found = await obstore.list_with_delimiter_async(self._store, prefix=prefix.rstrip("/") + "/")
        return [path.rstrip("/").rsplit("/", 1)[-1] for path in found["common_prefixes"]]

    async def keys(self) -> AsyncIterator[str]:
        """The keys of all objects, in no order."""
        with _translated(""):
            async for found in obstore.list(self._store, chunk_size=500):
                for item in found:
                    yield item["path"]

    async def delete_prefix(self, prefix: str) -> int:
        """Delete every object under a folder; answers how many there were."""
        count = 0
        with _translated(prefix):
            async for found in obstore.list(self._store, prefix=prefix.rstrip("/"), chunk_size=500):
                for item in found:
                    with contextlib.suppress(FileNotFoundError):
                        await obstore.delete_async(self._store, item["path"])
                        count += 1
        return count


class ObjectWriter:
    """Hands pieces to an upload that runs beside its writer; one piece waits at most."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=1)
        self._aborted = False
        self.upload: asyncio.Task[None] | None = None
        self.size = 0

    async def write(self, data: bytes) -> None:
        """Add bytes; waits while the store is slower than we are. Raises what the upload failed with."""
        self.size += len(data)
        if data:
            await self._hand_over(data)

    async def finish(self) -> None:
        """Wait until the object is there."""
        await self._hand_over(None)
        await asyncio.shield(self._running())

    async def abort(self) -> None:
        """Make the upload fail, so that the store drops the parts it has, and wait for that."""
        self._aborted = True
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)
        await asyncio.gather(self._running(), return_exceptions=True)

    async def pieces(self) -> AsyncIterator[bytes]:
        """What the upload reads."""
        while (piece := await self._queue.get()) is not None:
            yield piece
        if self._aborted:
            msg = "the writer gave up"
            raise WriteAborted(msg)

    def _running(self) -> asyncio.Task[None]:
        assert self.upload is not None
        return self.upload

    async def _hand_over(self, piece: bytes | None) -> None:
        upload = self._running()
        handed = asyncio.create_task(self._queue.put(piece))
        try:
            await asyncio.wait({handed, upload}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            handed.cancel()
        if upload.done():
            upload.result()


class WriteAborted(Exception):
    """Raised inside an upload to make the store forget it."""


def _s3(bucket: str, *, prefix: str, query: str) -> S3Store:
    options = dict(parse_qsl(query))
    if unknown := set(options) - _S3_OPTIONS:
        msg = f"STORAGE_URL has the unknown option {min(unknown)!r}: {', '.join(sorted(_S3_OPTIONS))} are known"
        raise Invalid(msg, code="storage_url_invalid")
    config: S3Config = {
        "region": options.get("region", "us-east-1"),
        "virtual_hosted_style_request": options.get("virtual_hosted") == "true",
    }
    endpoint = options.get("endpoint", "")
    if endpoint:
        config["endpoint"] = endpoint
    insecure: ClientConfig = {"allow_http": endpoint.startswith("http://")}
    return S3Store(bucket, prefix=prefix or None, config=config, client_options=insecure)


@contextlib.contextmanager
def _translated(key: str, *, writing: bool = False) -> Generator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except (BaseError, OSError) as error:
        if isinstance(error, FileNotFoundError) and not writing:
            msg = f"there is no object {key!r} in storage"
            raise ObjectMissing(msg) from error
        said = str(error).splitlines() or [type(error).__name__]
        msg = f"storage failed on {key!r}: {said[0]}"
        raise StorageUnavailable(msg) from error
