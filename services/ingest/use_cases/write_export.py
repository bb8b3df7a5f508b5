"""Write a sheet somebody asked for. Claim (lease), write, record."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from libs.common.contracts.envelope import Event
from libs.common.contracts.ingest import ExportRequested
from libs.common.errors import Busy, NotFound
from libs.common.ids import new_id
from libs.common.leases import keep_lease
from libs.common.logs import get_logger
from libs.common.storage import ObjectMissing
from libs.common.uow import Message, OpenUow, UnitOfWork
from services.ingest import metrics
from services.ingest.domain.exports import KEPT_PARTIALS, Export
from services.ingest.domain.jobs import NOT_REACHED, TERMINAL, Job
from services.ingest.export.merge import RowsDiffer, write_exports
from services.ingest.repositories import exports, jobs, sheets
from services.ingest.repositories.results import StoredResult
from services.ingest.resources import Resources
from services.ingest.segments import SegmentDamaged
from services.ingest.use_cases.merge_results import RowsMissing
from services.ingest.use_cases.plan_sheet import PlannedSheet, plan_sheet
from services.ingest.use_cases.sheet_outcomes import PENDING, sheet_rows

log = get_logger()

LEASE = timedelta(seconds=60)

_NOTE_EVERY_S = 1.0
GIVEN_UP = {"code": "export_failed", "detail": "the sheet could not be written: ask for it again"}


@dataclass(frozen=True)
class _Claimed:
    """An export that is ours, and what is known of its sheet."""

    export: Export
    token: UUID
    job: Job
    sheet: PlannedSheet
    is_partial: bool


async def write_export(event: ExportRequested, *, message: Message, open_uow: OpenUow, resources: Resources) -> None:
    """Write the file and say that it is there; or that it failed, and why. Older partial ones of the job are dropped then.

    Natural key: the export's state. Its file has a fixed name, so writing it twice writes it once. Raises Busy while
    another replica is at it, Outage while storage is away, RowsMissing when it does not have the rows.
    """
    claimed = await _claim(event.export_id, message, open_uow=open_uow)
    if claimed is None:
        return
    export_id, token = claimed.export.id, claimed.token
    try:
        renew = partial(exports.renew, export_id=export_id, token=token, lease=LEASE)
        async with keep_lease(renew, open_uow=open_uow, lease_s=LEASE.total_seconds()):
            size = await _write(claimed, open_uow=open_uow, resources=resources)
    except (RowsDiffer, SegmentDamaged) as error:
        code = error.code if isinstance(error, RowsDiffer) else "rows_unreadable"
        async with open_uow() as uow:
            if await uow.record_inbox(message):
                await _fail(uow, export_id, problem={"code": code, "detail": str(error)})
        return
    except BaseException:
        async with open_uow() as uow:
            await exports.release(uow.conn, export_id, token=token)
        raise
    await _record(claimed, message, size=size, open_uow=open_uow, resources=resources)


async def fail_unwritten(event: Event, message: Message, uow: UnitOfWork, error: str) -> None:
    """The writing is given up (its message is a dead letter): the export has failed."""
    assert isinstance(event, ExportRequested)
    log.warning("export.given_up", export_id=str(event.export_id), error=error, workspace_id=str(message.tenant_id))
    await _fail(uow, event.export_id, problem=GIVEN_UP)


async def _claim(export_id: UUID, message: Message, *, open_uow: OpenUow) -> _Claimed | None:
    token = new_id()
    async with open_uow() as uow:
        try:
            export = await exports.load(uow.conn, export_id, workspace_id=message.tenant_id)
            job = await jobs.load(uow.conn, export.job_id, workspace_id=message.tenant_id)
        except NotFound:
            # Its job was deleted meanwhile.
            await uow.record_inbox(message)
            return None
        if export.state != "writing":
            await uow.record_inbox(message)
            return None
        if not await exports.claim(uow.conn, export_id, token=token, lease=LEASE):
            msg = f"export {export_id} is being written by another replica"
            raise Busy(msg)
        family = await sheets.family(uow.conn, job.id)
        is_partial = any(member.state not in TERMINAL for member in family)
        sheet = await plan_sheet(uow, job, made_at=export.created_at, flat=export.flat, is_partial=is_partial)
        return _Claimed(export, token, job, sheet, is_partial)


async def _write(claimed: _Claimed, *, open_uow: OpenUow, resources: Resources) -> int:
    export, sheet = claimed.export, claimed.sheet
    progress = _Progress(claimed, open_uow)
    try:
        written = await write_exports(
            storage=resources.storage,
            plan=sheet.plan,
            refs=sheet.refs,
            outcomes=_outcomes(claimed, open_uow=open_uow),
            rows_total=sheet.rows,
            keys={export.file_format: export.storage_key},
            memory_bytes=resources.settings.export_memory_bytes,
            note_rows=progress.note,
        )
    except ObjectMissing as error:
        raise RowsMissing(error.message) from error
    return written.sizes[export.file_format]


async def _outcomes(claimed: _Claimed, *, open_uow: OpenUow) -> AsyncIterator[StoredResult]:
    """Every row's outcome. Where the jobs have ended nobody waits any more for what they did not reach."""
    async for outcome in sheet_rows(claimed.job, rows_in_sheet=claimed.sheet.rows, open_uow=open_uow):
        if outcome.status == PENDING and not claimed.is_partial:
            yield StoredResult(outcome.row_no, "skipped", reason=NOT_REACHED)
        else:
            yield outcome


class _Progress:
    """Notes how far the writing is, once in a while."""

    def __init__(self, claimed: _Claimed, open_uow: OpenUow) -> None:
        self._claimed = claimed
        self._open_uow = open_uow
        self._noted_at = asyncio.get_running_loop().time()

    async def note(self, rows: int) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._noted_at < _NOTE_EVERY_S:
            return
        self._noted_at = now
        async with self._open_uow() as uow:
            await exports.note_rows(uow.conn, self._claimed.export.id, token=self._claimed.token, rows_done=rows)


async def _record(claimed: _Claimed, message: Message, *, size: int, open_uow: OpenUow, resources: Resources) -> None:
    async with open_uow() as uow:
        if not await exports.record_ready(uow.conn, claimed.export.id, token=claimed.token, size_bytes=size):
            # Somebody else has it by now, and the message with it.
            return
        await uow.record_inbox(message)
        dropped = await exports.drop_older_partials(uow.conn, claimed.export, keep=KEPT_PARTIALS)
    metrics.EXPORTS.labels("ready").inc()
    # A crash here leaves files that nothing refers to: they go with the job.
    for key in dropped:
        await resources.storage.delete(key)


async def _fail(uow: UnitOfWork, export_id: UUID, *, problem: dict[str, str]) -> None:
    if await exports.record_failed(uow.conn, export_id, problem=problem):
        metrics.EXPORTS.labels("failed").inc()
