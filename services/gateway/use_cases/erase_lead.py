"""A workspace is asked by somebody to forget them: every service that keeps leads is told."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.gateway import LeadErased
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWork
from services.gateway.domain.callers import Caller
from services.gateway.domain.erasing import Erasure, keyed_digest, mask
from services.gateway.repositories import erasures

log = get_logger()


async def erase_lead(
    caller: Caller, *, erasure_id: UUID, address: str, secret: str, now: datetime, uow: UnitOfWork
) -> Erasure:
    """Key: workspace and address, while one is open: asked for again, that one is answered. Once it is done, the next begins
    anew, as the address may have been uploaded again."""
    digest = keyed_digest(address, workspace_id=caller.workspace_id, secret=secret)
    wish = Erasure(
        id=erasure_id,
        workspace_id=caller.workspace_id,
        masked=mask(address),
        email=address,
        asked_by=caller.user_id,
        asked_at=now,
        done_at=None,
    )
    # One that ends between the two statements makes room for ours.
    while not await erasures.open_one(uow.conn, wish, digest=digest):
        known = await erasures.find_open(uow.conn, caller.workspace_id, digest=digest)
        if known is not None:
            return known
    uow.publish(
        LeadErased(erasure_id=erasure_id, email=address), tenant_id=caller.workspace_id, correlation_id=erasure_id
    )
    log.info("erasure.asked", erasure_id=str(erasure_id), workspace_id=str(caller.workspace_id))
    return wish
