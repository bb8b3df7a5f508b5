"""Join the parts of a file that has come whole: from then on it is an upload like any other."""

import contextlib
import hashlib
from uuid import UUID

from libs.common.ids import new_id
from libs.common.logs import get_logger
from libs.common.storage import ObjectMissing, ObjectWriter, Storage
from libs.common.uow import OpenUow
from services.ingest.domain.storage_keys import parts_prefix, upload_key
from services.ingest.repositories import receiving
from services.ingest.use_cases.receive_upload import announce_upload

log = get_logger()

LEASE_S = 60
_AT_ONCE = 20


class AnotherJoins(Exception):
    """Our lease ran out and somebody else joins the parts: what we wrote is thrown away."""


async def join_parts(upload_id: UUID, *, open_uow: OpenUow, storage: Storage) -> bool:
    """`receiving → reading` with its file and its event. False: not whole yet, done, or another is at it.

    A crash leaves the parts as they are; whoever comes next (`join_left_parts`) writes the same object again.
    """
    token = new_id()
    async with open_uow() as uow:
        if not await receiving.claim_join(uow.conn, upload_id, token=token, lease_s=LEASE_S):
            return False
    try:
        async with storage.writer(upload_key(upload_id)) as writer:
            sha256 = await _copy_parts(upload_id, writer, token=token, open_uow=open_uow, storage=storage)
    except AnotherJoins:
        return False
    except BaseException:
        with contextlib.suppress(Exception):
            async with open_uow() as uow:
                await receiving.drop_join(uow.conn, upload_id, token=token)
        raise
    async with open_uow() as uow:
        workspace_id = await receiving.mark_received(uow.conn, upload_id, token=token, sha256=sha256)
        if workspace_id is None:
            return False
        announce_upload(uow, upload_id, workspace_id=workspace_id)
    await _delete_parts(upload_id, open_uow=open_uow, storage=storage)
    return True


async def _copy_parts(
    upload_id: UUID, writer: ObjectWriter, *, token: UUID, open_uow: OpenUow, storage: Storage
) -> str:
    digest = hashlib.sha256()
    async with open_uow() as uow:
        parts = await receiving.load_parts(uow.conn, upload_id)
    for part in parts:
        async for piece in storage.stream(part.storage_key):
            digest.update(piece)
            await writer.write(piece)
        async with open_uow() as uow:
            if not await receiving.keep_join(uow.conn, upload_id, token=token, lease_s=LEASE_S):
                raise AnotherJoins
    return digest.hexdigest()


async def join_left_parts(*, open_uow: OpenUow, storage: Storage) -> None:
    """What requests that died have left: whole files that nobody has joined, and parts of joined ones."""
    async with open_uow() as uow:
        unjoined = await receiving.find_unjoined(uow.conn, limit=_AT_ONCE)
        joined = await receiving.find_joined_with_parts(uow.conn, limit=_AT_ONCE)
    for upload_id in unjoined:
        try:
            if await join_parts(upload_id, open_uow=open_uow, storage=storage):
                log.info("upload.joined_late", upload_id=str(upload_id))
        except ObjectMissing as error:
            # Deleted under our hands, or bytes are lost: then it is tried until its time is over, and is in nobody's way.
            log.warning("upload.not_joined", upload_id=str(upload_id), error=str(error))
    for upload_id in joined:
        await _delete_parts(upload_id, open_uow=open_uow, storage=storage)


async def _delete_parts(upload_id: UUID, *, open_uow: OpenUow, storage: Storage) -> None:
    await storage.delete_prefix(parts_prefix(upload_id))
    async with open_uow() as uow:
        await receiving.forget_parts(uow.conn, upload_id)
