"""A workspace exists: it may do what the free plan allows, or everything where nothing is sold."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.clients.stripe.account import Account
from services.billing.use_cases.renew_entitlements import renew_entitlements


async def entitle_workspace(workspace_id: UUID, *, account: Account, uow: UnitOfWork, now: datetime) -> None:
    """Key: the workspace and the version of its entitlements; repeated, it changes and says nothing."""
    await renew_entitlements(workspace_id, account=account, uow=uow, now=now)
