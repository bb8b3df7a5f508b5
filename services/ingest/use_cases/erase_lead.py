"""A person is to be forgotten: every upload of the workspace is gone through, one after the other, in runs that a crash cannot
lose."""

from datetime import datetime
from uuid import UUID

from libs.common import forgetting
from libs.common.contracts import ingest
from libs.common.contracts.gateway import LeadErased
from libs.common.contracts.ingest import RowsErased
from libs.common.errors import Transient
from libs.common.logs import get_logger
from libs.common.storage import Storage
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest.domain.erasing import Person
from services.ingest.domain.uploads import UploadState
from services.ingest.repositories import erased_rows, erased_uploads, erasures
from services.ingest.repositories.erasures import Erasing
from services.ingest.segments import SegmentDamaged
from services.ingest.tables import COMMON
from services.ingest.use_cases.erase_from_upload import erase_from_upload

log = get_logger()

_AT_ONCE = 20
_UPLOADS_A_RUN = 200
_ROWS_A_PART = 5000
_NOT_READ = frozenset({UploadState.RECEIVING.value, UploadState.READING.value})


async def erase_lead(event: LeadErased, *, uow: UnitOfWork, workspace_id: UUID) -> None:
    """Somebody is to be erased; the clock does it. Key: the erasure."""
    await erasures.note(uow.conn, event.erasure_id, workspace_id=workspace_id, email=event.email.strip().lower())


async def erase_leads(*, now: datetime, open_uow: OpenUow, storage: Storage) -> int:
    """Go on with everybody who is to be erased; answers how many are done. Of a workspace one after the other: a row in which two
    people stand is one's before it is the other's. One that stumbles keeps no other workspace waiting."""
    done, stuck = 0, set[UUID]()
    while True:
        async with open_uow() as uow:
            found = await erasures.next_ones(uow.conn, without=stuck, limit=_AT_ONCE)
        if not found:
            return done
        for wish in found:
            if await _is_done(wish, now=now, open_uow=open_uow, storage=storage):
                done += 1
            else:
                stuck.add(wish.workspace_id)


async def _is_done(wish: Erasing, *, now: datetime, open_uow: OpenUow, storage: Storage) -> bool:
    try:
        return await _go_on(wish, now=now, open_uow=open_uow, storage=storage)
    except (Transient, SegmentDamaged) as error:
        log.warning("erasure.stumbled", erasure_id=str(wish.id), error=str(error))
        return False


async def _go_on(wish: Erasing, *, now: datetime, open_uow: OpenUow, storage: Storage) -> bool:
    for _ in range(_UPLOADS_A_RUN):
        async with open_uow() as uow:
            upload = await erasures.next_upload(uow.conn, wish)
        if upload is None:
            await _finish(wish, now=now, open_uow=open_uow)
            return True
        upload_id, state, _ = upload
        if state in _NOT_READ:
            # What is being read has the person in it, perhaps, when it is there.
            return False
        found = await erase_from_upload(wish, upload_id, open_uow=open_uow, storage=storage)
        if found is None:
            return False
        async with open_uow() as uow:
            if await erasures.next_upload(uow.conn, wish) != upload:
                # Somebody has it read anew, and the person came back with it, perhaps.
                return False
            wish = await erasures.note_upload(uow.conn, wish, upload_id, found=found)
    return False


async def _finish(wish: Erasing, *, now: datetime, open_uow: OpenUow) -> None:
    async with open_uow() as uow:
        named = Person(wish.email).pattern().pattern
        await erased_uploads.forget_headers(uow.conn, wish.workspace_id, named=named)
        counts = {
            "sourced": await erased_rows.forget_sourced(uow.conn, wish.workspace_id, named=named),
            "messages": await erased_rows.forget_letters(uow.conn, wish.id)
            + await forgetting.forget_mentions(uow.conn, COMMON, tenant_id=wish.workspace_id, address=wish.email),
        }
        erased = dict(wish.erased) | {kind: count for kind, count in counts.items() if count}
        if not await erasures.finish(uow.conn, wish.id, erased=erased, now=now):
            return
        rows = await erased_rows.rows_of_jobs(uow.conn, wish.id)
        parts = [rows[start : start + _ROWS_A_PART] for start in range(0, len(rows), _ROWS_A_PART)] or [[]]
        for part_no, part in enumerate(parts):
            told = RowsErased(erasure_id=wish.id, email=wish.email, part_no=part_no, parts=len(parts), rows=part)
            uow.publish(told, tenant_id=wish.workspace_id)
        uow.publish(ingest.LeadErased(erasure_id=wish.id, erased=erased), tenant_id=wish.workspace_id)
    log.info("lead.erased", erasure_id=str(wish.id), **erased)
