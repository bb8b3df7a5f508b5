"""The sender's bus edge."""

from collections.abc import Sequence

from libs.common.contracts.billing import EntitlementsChanged
from libs.common.contracts.gateway import LeadErased, WorkspaceChanged, WorkspaceCreated, WorkspaceDeleted
from libs.common.contracts.ingest import ListDeleted, RecipientsCorrected, RecipientsPublished
from libs.common.messaging.consumer import Subscription
from libs.common.uow import Message, UnitOfWork
from services.sender.repositories.workspaces import database_now
from services.sender.use_cases import correct_recipients as correcting
from services.sender.use_cases import delete_list as deleting
from services.sender.use_cases import delete_workspace as leaving
from services.sender.use_cases import erase_lead as erasing
from services.sender.use_cases import import_recipients as importing
from services.sender.use_cases import note_entitlements as noting
from services.sender.use_cases import note_workspace as following
from services.sender.use_cases import open_workspace as opening


async def open_workspace(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
    """A tenant has come: its day, its quota, its default template."""
    del message
    await opening.open_workspace(event, uow=uow)


async def delete_workspace(event: WorkspaceDeleted, *, uow: UnitOfWork, message: Message) -> None:
    """A tenant has gone."""
    del message
    await leaving.delete_workspace(event.workspace_id, uow=uow, now=await database_now(uow.conn))


async def note_workspace(event: WorkspaceChanged, *, uow: UnitOfWork, message: Message) -> None:
    """A tenant has another name, or another day."""
    del message
    await following.note_workspace(event, uow=uow)


async def note_entitlements(event: EntitlementsChanged, *, uow: UnitOfWork, message: Message) -> None:
    """What a workspace may do."""
    await noting.note_entitlements(event, uow=uow, workspace_id=message.tenant_id)


async def import_recipients(event: RecipientsPublished, *, uow: UnitOfWork, message: Message) -> None:
    """A part of a finished list."""
    now = await database_now(uow.conn)
    await importing.import_recipients(event, uow=uow, workspace_id=message.tenant_id, now=now)


async def correct_recipients(event: RecipientsCorrected, *, uow: UnitOfWork, message: Message) -> None:
    """Other lines for rows of a published list."""
    await correcting.correct_recipients(event, uow=uow, workspace_id=message.tenant_id)


async def delete_list(event: ListDeleted, *, uow: UnitOfWork, message: Message) -> None:
    """The job of a list is deleted."""
    now = await database_now(uow.conn)
    await deleting.take_list_away(event, uow=uow, workspace_id=message.tenant_id, now=now)


async def erase_lead(event: LeadErased, *, uow: UnitOfWork, message: Message) -> None:
    """A person asks to be forgotten."""
    await erasing.erase_lead(event, uow=uow, workspace_id=message.tenant_id)


def subscriptions() -> Sequence[Subscription]:
    """One per queue."""
    return [
        Subscription("sender.open_workspace", open_workspace),
        Subscription("sender.delete_workspace", delete_workspace, prefetch=2),
        Subscription("sender.note_workspace", note_workspace, prefetch=2),
        Subscription("sender.note_entitlements", note_entitlements, prefetch=2),
        Subscription("sender.import_recipients", import_recipients),
        Subscription("sender.correct_recipients", correct_recipients),
        Subscription("sender.delete_list", delete_list),
        Subscription("sender.erase_lead", erase_lead, prefetch=2),
    ]
