"""The bus edge of plans and days: who is new may do what the free plan allows, and a day ends at its workspace's midnight."""

import functools
from collections.abc import Sequence

from libs.common.clock import utc_now
from libs.common.contracts.gateway import WorkspaceChanged, WorkspaceCreated, WorkspaceDeleted
from libs.common.messaging.consumer import Subscription
from libs.common.uow import Message, UnitOfWork
from services.billing.clients.stripe.account import Account
from services.billing.use_cases import delete_workspace as deleting
from services.billing.use_cases import entitle_workspace as entitling
from services.billing.use_cases import note_workspace as noting


async def entitle_workspace(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message, account: Account) -> None:
    """A new workspace is told what it may do."""
    del message
    await entitling.entitle_workspace(event.workspace_id, account=account, uow=uow, now=utc_now())


async def delete_workspace(event: WorkspaceDeleted, *, uow: UnitOfWork, message: Message) -> None:
    """A workspace has gone."""
    del message
    await deleting.delete_workspace(event.workspace_id, uow=uow)


async def note_workspace(event: WorkspaceChanged, *, uow: UnitOfWork, message: Message) -> None:
    """A workspace has another name, or another day."""
    del message
    await noting.note_workspace(event.workspace_id, time_zone=event.time_zone, version=event.workspace_version, uow=uow)


def subscriptions(account: Account) -> Sequence[Subscription]:
    """One subscription per queue."""
    return [
        Subscription("billing.entitle_workspace", functools.partial(entitle_workspace, account=account), prefetch=2),
        Subscription("billing.delete_workspace", delete_workspace, prefetch=2),
        Subscription("billing.note_workspace", note_workspace, prefetch=2),
    ]
