"""Receive more of a file that comes in pieces: each piece is an object, and counts once its row is written."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from starlette.requests import ClientDisconnect

from libs.common.clock import utc_now
from libs.common.errors import ChecksumMismatch, Conflict, Gone, Locked, TooLarge, Transient
from libs.common.ids import new_id
from libs.common.storage import Storage
from libs.common.uow import OpenUow
from services.ingest.domain.digests import Digest
from services.ingest.domain.storage_keys import part_key
from services.ingest.domain.uploads import Upload, UploadState
from services.ingest.repositories import receiving, uploads
from services.ingest.repositories.receiving import Part
from services.ingest.use_cases.receive_upload import interrupted

PART_BYTES = 4 * 1024 * 1024
"""What a request holds in memory, and what a broken connection costs at most when a replica dies with it."""


async def receive_part(
    body: AsyncIterator[bytes],
    *,
    workspace_id: UUID,
    upload_id: UUID,
    offset: int,
    checksum: Digest | None,
    keep: timedelta,
    storage: Storage,
    open_uow: OpenUow,
) -> int:
    """Add the body at `offset`; answers the offset behind it. What came before the connection broke is kept.

    With a checksum it is kept whole or not at all. The last who begins at the present offset has the turn: an earlier
    one that hangs on a dead connection is in nobody's way, and its next piece is refused.

    Raises Conflict (`offset_mismatch`), Locked (`upload_taken_over`), Gone (`upload_expired`), TooLarge
    (`longer_than_announced`), ChecksumMismatch, Invalid (`upload_interrupted`), NotFound.
    """
    turn = _Turn(new_id(), upload_id, offset, checksum is not None, keep, storage, open_uow)
    size = await _take(turn, workspace_id=workspace_id, open_uow=open_uow)
    if size is None:
        return offset
    running = None if checksum is None else checksum.begin()
    try:
        async for data in body:
            if turn.end + len(data) > size:
                msg = f"the file was announced with {size:,} bytes and there are more: begin it again with its length"
                raise TooLarge(msg, code="longer_than_announced", extra={"size_bytes": size})
            if running is not None:
                running.update(data)
            await turn.add(data)
    except ClientDisconnect as error:
        await (turn.finish() if checksum is None else turn.forget())
        raise interrupted() from error
    except BaseException:
        await turn.forget()
        raise
    if running is not None and not running.agrees:
        await turn.forget()
        msg = f"the bytes from {offset:,} on do not come to their checksum: send them again"
        raise ChecksumMismatch(msg)
    await turn.finish()
    return turn.end


async def _take(turn: "_Turn", *, workspace_id: UUID, open_uow: OpenUow) -> int | None:
    """The size of the file; None when it has come whole and the offset is its end."""
    async with open_uow() as uow:
        upload = await uploads.load_upload(uow.conn, workspace_id, turn.upload_id)
        check_not_expired(upload)
        if turn.end == upload.received_bytes == upload.size_bytes:
            return None
        taken = await receiving.take_turn(
            uow.conn, upload.id, offset=turn.end, token=turn.token, expires_at=turn.expires_at()
        )
        if not taken:
            msg = f"the file has come up to byte {upload.received_bytes:,}: go on there, not at {turn.end:,}"
            raise Conflict(msg, code="offset_mismatch", extra={"offset": upload.received_bytes})
    return upload.size_bytes


def check_not_expired(upload: Upload) -> None:
    """Raises Gone (`upload_expired`) for an upload whose rest is not waited for any more."""
    if upload.state is UploadState.RECEIVING and upload.expires_at is not None and upload.expires_at <= utc_now():
        msg = f"the upload was waited for until {upload.expires_at:%Y-%m-%d %H:%M} UTC: begin it again"
        raise Gone(msg, code="upload_expired")


@dataclass
class _Turn:
    """One request's pieces. With `whole` they count together, at the end; otherwise each as it is stored."""

    token: UUID
    upload_id: UUID
    end: int
    whole: bool
    keep: timedelta
    storage: Storage
    open_uow: OpenUow
    _held: bytearray = field(default_factory=bytearray)
    _stored: list[Part] = field(default_factory=list[Part])

    def expires_at(self) -> datetime:
        """How long the rest is waited for from now on."""
        return utc_now() + self.keep

    async def add(self, data: bytes) -> None:
        """Take more bytes; stores them when they are a piece."""
        for start in range(0, len(data), PART_BYTES):
            self._held += data[start : start + PART_BYTES]
            self.end += min(PART_BYTES, len(data) - start)
            if len(self._held) >= PART_BYTES:
                await self._store()

    async def finish(self) -> None:
        """Store what is held, and count all that is stored."""
        await self._store()
        await self._record()

    async def forget(self) -> None:
        """Delete what is stored and does not count. What a store that is away keeps of it goes with the other parts."""
        self._held.clear()
        with contextlib.suppress(Transient):
            while self._stored:
                await self.storage.delete(self._stored.pop().storage_key)

    async def _store(self) -> None:
        if not self._held:
            return
        offset = self.end - len(self._held)
        part = Part(offset, len(self._held), part_key(self.upload_id, offset, self.token))
        self._stored.append(part)
        await self.storage.put(part.storage_key, bytes(self._held))
        self._held.clear()
        await (self._keep() if self.whole else self._record())

    async def _keep(self) -> None:
        async with self.open_uow() as uow:
            kept = await receiving.keep_turn(uow.conn, self.upload_id, token=self.token, expires_at=self.expires_at())
        if not kept:
            raise _taken_over()

    async def _record(self) -> None:
        if not self._stored:
            return
        # From here on they may count even if no answer comes: only a plain no makes them ours to delete again.
        parts, self._stored = self._stored, []
        async with self.open_uow() as uow:
            kept = await receiving.add_parts(
                uow.conn, self.upload_id, parts, token=self.token, expires_at=self.expires_at()
            )
        if not kept:
            self._stored = parts
            await self.forget()
            raise _taken_over()


def _taken_over() -> Locked:
    msg = "another request has taken over this upload: ask where it stands, and go on there"
    return Locked(msg, code="upload_taken_over")
