"""Billing has said what a workspace may do: keep it."""

from uuid import UUID

from libs.common.contracts.billing import EntitlementsChanged
from libs.common.uow import UnitOfWork
from services.sender.domain.entitlements import Mailboxes
from services.sender.repositories import entitlements


async def note_entitlements(event: EntitlementsChanged, *, uow: UnitOfWork, workspace_id: UUID) -> None:
    """Key: the workspace; the highest version stays. Campaigns that have begun go on, whatever it says."""
    told = Mailboxes(event.plan, event.mailboxes)
    await entitlements.save(uow.conn, workspace_id, told, version=event.entitlements_version)
