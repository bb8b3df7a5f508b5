"""Prove that a workspace's credits add up, from its entries alone."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.domain.credits.proof import Check, prove
from services.billing.repositories.credits import evidence


async def prove_ledger(workspace_id: UUID, *, uow: UnitOfWork, now: datetime) -> list[Check]:
    """Every check with what it found. Reads one snapshot, takes no lock and blocks nothing; memory stays bounded.

    It must be the first to use its transaction.
    """
    await evidence.read_one_snapshot(uow.conn)
    return prove(await evidence.gather(uow.conn, workspace_id, now=now))
