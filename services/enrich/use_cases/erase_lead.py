"""A person is erased from rows: what was found out for these is forgotten.

What is known of companies stays: nothing of a person stands in it.
"""

from datetime import datetime, timedelta

from libs.common.contracts.enrich import LeadErased
from libs.common.contracts.ingest import RowsErased
from libs.common.forgetting import forget_mentions
from libs.common.logs import get_logger
from libs.common.uow import Message, OpenUow, UnitOfWork
from services.enrich.repositories import erasures
from services.enrich.tables import COMMON

log = get_logger()

SWEPT_FOR = timedelta(days=8)
"""Longer than checkpoints are kept of a job that has ended, and than a copy of a chunk lies in a queue."""


async def erase_lead(event: RowsErased, *, uow: UnitOfWork, message: Message) -> None:
    """Key: (erasure, part). The last part to come, whichever it is, has it answered."""
    tenant_id = message.tenant_id
    if not await erasures.hear(uow.conn, event.erasure_id, tenant_id=tenant_id, part_no=event.part_no):
        return
    await erasures.note_rows(uow.conn, event.rows)
    gone = await erasures.forget_rows(uow.conn, event.rows)
    await erasures.forget_letters(uow.conn)
    await forget_mentions(uow.conn, COMMON, tenant_id=tenant_id, address=event.email)
    heard, total = await erasures.count(uow.conn, event.erasure_id, checkpoints_gone=gone)
    if heard < event.parts:
        return
    erased = {"checkpoints": total} if total else {}
    uow.publish(LeadErased(erasure_id=event.erasure_id, erased=erased), tenant_id=tenant_id)
    log.info("lead.erased", erasure_id=str(event.erasure_id), checkpoints=total)


async def sweep_erased(open_uow: OpenUow, *, now: datetime) -> int:
    """Forget what a worker has written of erased rows that it had in hand, and chunks with such rows that have died since;
    answers how many checkpoints there were."""
    async with open_uow() as uow:
        gone = await erasures.sweep(uow.conn)
        await erasures.forget_letters(uow.conn)
        await erasures.forget_heard(uow.conn, before=now - SWEPT_FOR)
    return gone
