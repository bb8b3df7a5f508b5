"""A service has forgotten somebody; when all have, the gateway forgets the address as well."""

from datetime import datetime
from uuid import UUID

from libs.common import forgetting
from libs.common.contracts import enrich, ingest, sender
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWork
from services.gateway.domain.erasing import SERVICES, Service
from services.gateway.repositories import erasures
from services.gateway.tables import COMMON

log = get_logger()

Answered = ingest.LeadErased | enrich.LeadErased | sender.LeadErased
_OF: dict[type[Answered], Service] = {
    ingest.LeadErased: "ingest",
    enrich.LeadErased: "enrich",
    sender.LeadErased: "sender",
}


async def note_erasure(event: Answered, *, uow: UnitOfWork, workspace_id: UUID, now: datetime) -> None:
    """Key: (erasure, service); the first word stays. An erasure that nobody knows any more is nobody's concern."""
    known = await erasures.lock(uow.conn, workspace_id, erasure_id=event.erasure_id)
    if known is None or known.email is None:
        return
    await erasures.note_answer(uow.conn, known.id, service=_OF[type(event)], erased=event.erased, now=now)
    noted = await erasures.load(uow.conn, workspace_id, erasure_id=known.id)
    if noted is None or {answer.service for answer in noted.answers} != set(SERVICES):
        return
    await erasures.forget_told(uow.conn, workspace_id, address=known.email)
    await forgetting.forget_mentions(uow.conn, COMMON, tenant_id=workspace_id, address=known.email)
    await erasures.finish(uow.conn, known.id, now=now)
    log.info("erasure.done", erasure_id=str(known.id), workspace_id=str(workspace_id))
