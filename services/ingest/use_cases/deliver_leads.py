"""Hand a sourcing's leads over as an upload like any other: a CSV in storage, streamed from the recorded batches."""

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.storage import ObjectWriter, Storage
from libs.common.uow import OpenUow
from services.ingest.domain.lead_search import LEAD_COLUMNS
from services.ingest.domain.sourcing import Sourcing, SourcingState, deliver
from services.ingest.domain.storage_keys import upload_key
from services.ingest.domain.uploads import Upload, UploadState, clean_filename
from services.ingest.repositories import leads, uploads
from services.ingest.use_cases.receive_upload import announce_upload
from services.ingest.use_cases.turn_sourcing import Claim, recording, save_turn

_BATCHES_A_PAGE = 200


async def deliver_leads(claim: Claim, *, storage: Storage, open_uow: OpenUow) -> None:
    """Key: the sourcing, whose id is the upload's too: written again, it is the same file under the same key.

    Raises StorageUnavailable.
    """
    sourcing_id = claim.sourcing.id
    key, digest = upload_key(sourcing_id), hashlib.sha256()
    async with storage.writer(key) as writer:
        await _add(writer, [LEAD_COLUMNS], seen=digest.update)
        after = -1
        while page := await _page(sourcing_id, after=after, open_uow=open_uow):
            await _add(writer, [cells for _, found in page for cells in found], seen=digest.update)
            after = page[-1][0]
    now = utc_now()
    async with recording(claim, open_uow) as (uow, sourcing):
        due = sourcing is not None and (sourcing.state is SourcingState.DELIVERING or sourcing.is_undelivered)
        if sourcing is None or not due:
            return
        upload = _upload(sourcing, key=key, size=writer.size, sha256=digest.hexdigest())
        await uploads.insert_upload(uow.conn, upload)
        announce_upload(uow, upload.id, workspace_id=sourcing.workspace_id)
        await leads.forget_people(uow.conn, sourcing_id)
        await save_turn(uow, sourcing, deliver(sourcing, upload_id=upload.id, now=now))


async def _page(sourcing_id: UUID, *, after: int, open_uow: OpenUow) -> list[tuple[int, list[list[str]]]]:
    async with open_uow() as uow:
        return await leads.batches_after(uow.conn, sourcing_id, after=after, limit=_BATCHES_A_PAGE)


async def _add(writer: ObjectWriter, rows: Sequence[Sequence[str]], *, seen: Callable[[bytes], None]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    data = text.getvalue().encode()
    seen(data)
    await writer.write(data)


def _upload(sourcing: Sourcing, *, key: str, size: int, sha256: str) -> Upload:
    return Upload(
        id=sourcing.id,
        workspace_id=sourcing.workspace_id,
        user_id=sourcing.user_id,
        filename=clean_filename(f"{sourcing.name.replace('/', ' ')}.csv"),
        source="apollo",
        state=UploadState.READING,
        size_bytes=size,
        received_bytes=size,
        sha256=sha256,
        storage_key=key,
        rows_read=0,
        sandboxed=sourcing.sandboxed,
        created_at=utc_now(),
    )
