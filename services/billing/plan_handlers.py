"""The bus edge of plans: who is new may do what the free plan allows."""

import functools
from collections.abc import Sequence

from libs.common.clock import utc_now
from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.messaging.consumer import Subscription
from libs.common.uow import Message, UnitOfWork
from services.billing.clients.stripe.account import Account
from services.billing.use_cases import entitle_workspace as entitling


async def entitle_workspace(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message, account: Account) -> None:
    """A new workspace is told what it may do."""
    del message
    await entitling.entitle_workspace(event.workspace_id, account=account, uow=uow, now=utc_now())


def subscriptions(account: Account) -> Sequence[Subscription]:
    """One subscription per queue."""
    return [
        Subscription("billing.entitle_workspace", functools.partial(entitle_workspace, account=account), prefetch=2)
    ]
