"""Billing has said what a workspace may do: keep it."""

from uuid import UUID

from libs.common.contracts.billing import EntitlementsChanged
from libs.common.uow import UnitOfWork
from services.ingest.domain.entitlements import Entitlements
from services.ingest.repositories import entitlements


async def note_entitlements(event: EntitlementsChanged, *, workspace_id: UUID, uow: UnitOfWork) -> None:
    """Key: the workspace; the highest version stays. Jobs that are under way go on, whatever it says."""
    told = Entitlements(event.plan, event.rows_per_job, event.concurrent_jobs)
    await entitlements.save(uow.conn, workspace_id, told, version=event.entitlements_version)
