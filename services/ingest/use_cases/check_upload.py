"""Check an upload's rows under its mapping: what is wrong in which cell, and which leads come again or were had before."""

import tempfile
import time
from pathlib import Path
from uuid import UUID

from libs.common.contracts.envelope import Event
from libs.common.contracts.ingest import UploadMapped
from libs.common.logs import get_logger
from libs.common.storage import ObjectMissing, Storage
from libs.common.uow import Message, OpenUow, UnitOfWork
from services.ingest import metrics
from services.ingest.checking.child import KEYS, PROBLEMS
from services.ingest.checking.process import Checked, check_rows
from services.ingest.domain.uploads import Reading, Upload
from services.ingest.domain.validation import WHOLE_ROW
from services.ingest.repositories import lead_keys, mappings, upload_problems, uploads
from services.ingest.segments import ChunkRef
from services.ingest.use_cases.read_upload import UPLOADS_CHANNEL

log = get_logger()


class _Outdated(Exception):
    """Another mapping has come meanwhile: what was found under this one is thrown away."""


async def check_upload(event: UploadMapped, *, message: Message, open_uow: OpenUow, storage: Storage) -> None:
    """Findings and keys of the mapping `check_no` in the place of those there were; a newer mapping's check wins.

    Checked again, it replaces them by the same.
    """
    wanted = await _wanted(event, message=message, open_uow=open_uow)
    if wanted is None:
        return
    upload, refs = wanted
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="corofy-checking-") as name:
        folder = Path(name)
        try:
            about = _about(upload.id, upload.workspace_id, upload.require_reading())
            checked = await check_rows(folder, about=about, refs=refs, storage=storage)
            await _record(event, upload, checked, folder=folder, message=message, open_uow=open_uow)
        except (ObjectMissing, _Outdated):
            # Mapped, read or deleted anew under our eyes, unless it is as it was: then rows are missing.
            if await _wanted(event, message=message, open_uow=open_uow) is not None:
                raise
            return
    metrics.CHECK_SECONDS.observe(time.monotonic() - began)
    log.info("upload.checked", upload_id=str(upload.id), check_no=event.check_no, rows=checked.rows)


async def _wanted(event: UploadMapped, *, message: Message, open_uow: OpenUow) -> tuple[Upload, list[ChunkRef]] | None:
    """The upload and where its rows lie; None when this check is done, or of a mapping that is not the present one."""
    async with open_uow() as uow:
        mapped = await mappings.find_mapped(uow.conn, event.upload_id)
        if mapped is None or mapped.check_no != event.check_no or mapped.checked_no == event.check_no:
            await uow.record_inbox(message)
            return None
        upload = await uploads.load_upload(uow.conn, message.tenant_id, event.upload_id)
        return upload, await upload_problems.load_refs(uow.conn, event.upload_id)


def _about(upload_id: UUID, workspace_id: UUID, reading: Reading) -> dict[str, object]:
    named = [column["index"] + 1 for column in reading.columns if column["header"] is not None]
    return {
        "upload_id": str(upload_id),
        "workspace_id": str(workspace_id),
        "mapping": dict(reading.mapping),
        "named": max(named, default=len(reading.columns)),
    }


async def _record(
    event: UploadMapped, upload: Upload, checked: Checked, *, folder: Path, message: Message, open_uow: OpenUow
) -> None:
    counts = {code: dict(columns) for code, columns in checked.counts.items()}
    async with open_uow() as uow:
        await upload_problems.lock_check(uow.conn, upload.id)
        await uow.record_inbox(message)
        await upload_problems.replace_problems(uow.conn, upload.id, folder / PROBLEMS)
        await lead_keys.replace_keys(uow.conn, upload.id, folder / KEYS)
        # A job may be made of the sheet before this is done: its rows are not known for that.
        mapped_at = message.envelope.occurred_at
        for code, rows in {
            "duplicate": lead_keys.duplicate_rows(upload.id),
            "known": lead_keys.known_rows(upload.id, workspace_id=upload.workspace_id, made_before=mapped_at),
        }.items():
            if count := await upload_problems.add_rows(uow.conn, upload.id, rows, code=code):
                counts[code] = {str(WHOLE_ROW): count}
        findings = {"rows": checked.rows, "counts": counts}
        if not await upload_problems.save_findings(uow.conn, upload.id, check_no=event.check_no, findings=findings):
            raise _Outdated
        uow.notify(UPLOADS_CHANNEL)
    for code, columns in counts.items():
        metrics.FINDINGS.labels(code).inc(sum(columns.values()))


async def give_up_check(event: Event, message: Message, uow: UnitOfWork, cause: str) -> None:
    """The message went to the dead letters: nobody waits for findings that will not come. Jobs may be made without."""
    assert isinstance(event, UploadMapped)
    findings = {"failed": cause}
    if await upload_problems.save_findings(uow.conn, event.upload_id, check_no=event.check_no, findings=findings):
        log.warning("upload.check_given_up", upload_id=str(event.upload_id), tenant_id=str(message.tenant_id))
        uow.notify(UPLOADS_CHANNEL)
