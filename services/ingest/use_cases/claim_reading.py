"""Who reads an upload: one reader at a time, by a lease that a reader which vanished loses."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from libs.common.errors import Busy, NotFound
from libs.common.ids import new_id
from libs.common.leases import keep_lease
from libs.common.uow import Message, OpenUow
from services.ingest.domain.uploads import Upload, UploadState
from services.ingest.reading.process import SMALL_FILE_BYTES
from services.ingest.repositories import uploads

LEASE_S = 30


class AnotherReads(Busy):
    """Somebody else has the upload: its message waits."""

    code = "upload_being_read"


class LargeFileWaits(Busy):
    """This process is reading a large file, and keeps the rest of itself for small ones."""

    code = "large_upload_waits"


@dataclass(frozen=True)
class Claim:
    """An upload that this reader has, as it was when it was claimed."""

    upload: Upload
    token: UUID


async def claim_upload(upload_id: UUID, *, message: Message, open_uow: OpenUow) -> Claim | None:
    """Take the upload; None when it has been read, or deleted. Raises AnotherReads."""
    token = new_id()
    async with open_uow() as uow:
        # Claimed before it is loaded: options that change in between would be read past.
        claimed = await uploads.claim_reading(uow.conn, upload_id, token=token, lease_s=LEASE_S)
        try:
            upload = await uploads.load_upload(uow.conn, message.tenant_id, upload_id)
        except NotFound:
            upload = None
        if upload is None or upload.state is not UploadState.READING:
            await uow.record_inbox(message)
            return None
        if not claimed:
            msg = f"another reader is at upload {upload_id}"
            raise AnotherReads(msg)
    return Claim(upload, token)


@contextlib.asynccontextmanager
async def in_lane(upload: Upload, large_lane: asyncio.Lock | None) -> AsyncGenerator[None]:
    """One large file at a time, so that nobody's small one waits behind two of them."""
    if large_lane is None or upload.size_bytes < SMALL_FILE_BYTES:
        yield
        return
    if large_lane.locked():
        raise LargeFileWaits(f"another large file is being read; upload {upload.id} is after it")
    async with large_lane:
        yield


def kept_lease(claim: Claim, open_uow: OpenUow) -> AbstractAsyncContextManager[None]:
    """Renew the lease until the block ends."""
    renew = partial(uploads.renew_lease, upload_id=claim.upload.id, token=claim.token, lease_s=LEASE_S)
    return keep_lease(renew, open_uow=open_uow, lease_s=LEASE_S)


def taken_over(upload_id: UUID) -> AnotherReads:
    """What a reader that lost its upload raises."""
    return AnotherReads(f"another reader has taken over upload {upload_id}")


async def still_has(claim: Claim, open_uow: OpenUow) -> bool:
    """Whether the upload is there and ours."""
    async with open_uow() as uow:
        return await uploads.renew_lease(uow.conn, claim.upload.id, token=claim.token, lease_s=LEASE_S)


async def let_go(claim: Claim, open_uow: OpenUow) -> None:
    """So that the next attempt need not wait for the lease. When even that fails, the lease ends by itself."""
    with contextlib.suppress(Exception):
        async with open_uow() as uow:
            await uploads.drop_lease(uow.conn, claim.upload.id, token=claim.token)
