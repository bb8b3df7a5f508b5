"""Billing has said what a workspace may do: keep it."""

from libs.common.contracts.billing import EntitlementsChanged
from libs.common.uow import Message, UnitOfWork
from services.gateway.repositories import entitlements


async def note_entitlements(event: EntitlementsChanged, *, uow: UnitOfWork, message: Message) -> None:
    """Key: the workspace; the highest version stays. Members who are there already stay, whatever it says."""
    await entitlements.save(
        uow.conn,
        message.tenant_id,
        version=event.entitlements_version,
        plan=event.plan,
        members=event.members,
        api_requests_per_minute=event.api_requests_per_minute,
    )
