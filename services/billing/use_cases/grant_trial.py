"""A newcomer's workspace is given something to begin with."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.domain.credits.ledger import GrantKind
from services.billing.use_cases.grant_credits import GrantRequest, grant_credits


async def grant_trial(workspace_id: UUID, credits_: int, *, uow: UnitOfWork, now: datetime, actor: str) -> None:
    """Key: the workspace, for ever. They burn before all others and do not expire."""
    request = GrantRequest(credits_, "Welcome to Corofy", GrantKind.PROMOTIONAL)
    await grant_credits(
        request, workspace_id=workspace_id, idempotency_key=f"trial:{workspace_id}", uow=uow, now=now, actor=actor
    )
