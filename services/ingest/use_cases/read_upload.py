"""Read an upload: claim it by lease, let the child process read it, record each segment and then what was found."""

import asyncio
import contextlib
import tempfile
from pathlib import Path

from libs.common.contracts.envelope import Event
from libs.common.contracts.ingest import UploadReceived
from libs.common.errors import Transient
from libs.common.logs import get_logger
from libs.common.storage import ObjectMissing, Storage
from libs.common.uow import Message, OpenUow, UnitOfWork
from services.ingest import metrics
from services.ingest.domain.storage_keys import segment_key, segments_folder, upload_prefix
from services.ingest.domain.uploads import Problem, Reading, Upload
from services.ingest.reading.process import End, Preview, ReadingLimits, Sheets, read_file
from services.ingest.reading.segmenter import Segment
from services.ingest.repositories import readings, uploads
from services.ingest.segments import ChunkRef
from services.ingest.use_cases.claim_reading import (
    LEASE_S,
    Claim,
    claim_upload,
    in_lane,
    kept_lease,
    let_go,
    still_has,
    taken_over,
)
from services.ingest.use_cases.map_upload import suggest_by_memory

log = get_logger()

UPLOADS_CHANNEL = "ingest_uploads"
"""Notified whenever a reading has ended, and when it has something to show before."""


async def read_upload(
    event: UploadReceived,
    *,
    message: Message,
    open_uow: OpenUow,
    storage: Storage,
    limits: ReadingLimits,
    large_lane: asyncio.Lock | None = None,
) -> None:
    """`reading → ready | refused`. A second reading writes the same segments under the same keys.

    Raises Busy while another reader's lease holds, and for a large file while the lane of those is taken.
    """
    claim = await claim_upload(event.upload_id, message=message, open_uow=open_uow)
    if claim is None:
        return
    try:
        async with in_lane(claim.upload, large_lane), kept_lease(claim, open_uow):
            end = await _read(claim, open_uow=open_uow, storage=storage, limits=limits)
        await _record(claim, end, message=message, open_uow=open_uow)
    except ObjectMissing:
        if await still_has(claim, open_uow):
            await let_go(claim, open_uow)
            raise
        # Deleted, or to be read again, under our eyes: whoever has it next finds its own file.
        raise taken_over(event.upload_id) from None
    except BaseException:
        await let_go(claim, open_uow)
        raise
    await _delete_earlier(claim.upload, storage)


async def _read(claim: Claim, *, open_uow: OpenUow, storage: Storage, limits: ReadingLimits) -> End:
    segment_no = 0
    with tempfile.TemporaryDirectory(prefix="corofy-reading-") as folder:
        path = Path(folder) / "file"
        await _fetch(storage, claim.upload.storage_key, path)
        async with contextlib.aclosing(read_file(path, limits, options=claim.upload.options)) as findings:
            async for finding in findings:
                if isinstance(finding, End):
                    return finding
                if isinstance(finding, Segment):
                    await _save_segment(claim, finding, segment_no=segment_no, open_uow=open_uow, storage=storage)
                    segment_no += 1
                else:
                    await _save_early(claim, finding, open_uow=open_uow)
    msg = "the reader ended without a word"
    raise AssertionError(msg)


async def _save_early(claim: Claim, finding: Sheets | Preview, *, open_uow: OpenUow) -> None:
    """So that whoever waits sees sheets, columns and first rows while the rest is read."""
    upload_id = claim.upload.id
    async with open_uow() as uow:
        if isinstance(finding, Sheets):
            held = await readings.save_sheets(uow.conn, upload_id, token=claim.token, sheets=finding.sheets)
        else:
            held = await readings.save_preview(uow.conn, upload_id, token=claim.token, reading=finding.reading)
        if not held:
            raise taken_over(upload_id)
        uow.notify(UPLOADS_CHANNEL)


async def _fetch(storage: Storage, key: str, path: Path) -> None:
    with path.open("wb") as file:
        async for piece in storage.stream(key):
            await asyncio.to_thread(file.write, piece)


async def _save_segment(
    claim: Claim, segment: Segment, *, segment_no: int, open_uow: OpenUow, storage: Storage
) -> None:
    key = segment_key(claim.upload.id, segment_no, reading_no=claim.upload.reading_no)
    await storage.put(key, segment.data)
    refs = [
        ChunkRef(c.chunk_no, c.first_row_no, c.row_count, key, c.byte_offset, c.byte_length) for c in segment.chunks
    ]
    async with open_uow() as uow:
        held = await uploads.renew_lease(
            uow.conn, claim.upload.id, token=claim.token, lease_s=LEASE_S, rows_read=segment.rows_read
        )
        if not held:
            raise taken_over(claim.upload.id)
        await uploads.save_chunks(uow.conn, claim.upload.id, refs)


async def _record(claim: Claim, end: End, *, message: Message, open_uow: OpenUow) -> None:
    upload_id = claim.upload.id
    async with open_uow() as uow:
        await uow.record_inbox(message)
        if isinstance(end, Reading):
            recorded = await uploads.save_reading(uow.conn, upload_id, token=claim.token, reading=end)
        else:
            recorded = await uploads.save_refusal(uow.conn, upload_id, token=claim.token, problem=end)
        if not recorded:
            raise taken_over(upload_id)
        if isinstance(end, Reading):
            await suggest_by_memory(uow, upload_id, workspace_id=claim.upload.workspace_id, reading=end)
        uow.notify(UPLOADS_CHANNEL)
    metrics.UPLOADS.labels("read" if isinstance(end, Reading) else end.code).inc()
    if isinstance(end, Reading):
        log.info("upload.read", upload_id=str(upload_id), rows=end.row_count, kind=end.kind)
    else:
        log.info("upload.refused", upload_id=str(upload_id), code=end.code, detail=end.detail)


async def _delete_earlier(upload: Upload, storage: Storage) -> None:
    """What earlier readings left, which nothing refers to. A store that is away keeps it until the upload is deleted."""
    if not upload.reading_no:
        return
    prefix = upload_prefix(upload.id)
    earlier = {segments_folder(number) for number in range(upload.reading_no)}
    try:
        for folder in earlier & set(await storage.folders(prefix)):
            await storage.delete_prefix(f"{prefix}/{folder}")
    except Transient as error:
        log.warning("upload.files_left", upload_id=str(upload.id), error=str(error))


async def refuse_unread(event: Event, message: Message, uow: UnitOfWork, cause: str) -> None:
    """The message went to the dead letters: the person who waits is told, and may send the file again."""
    assert isinstance(event, UploadReceived)
    problem = Problem("unreadable", f"Reading the file failed on our side ({cause}): send it again.")
    if await uploads.save_refusal(uow.conn, event.upload_id, token=None, problem=problem):
        log.warning("upload.given_up", upload_id=str(event.upload_id), tenant_id=str(message.tenant_id))
        uow.notify(UPLOADS_CHANNEL)
