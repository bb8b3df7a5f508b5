"""A sourcing asks for credits for the leads it will reveal: held, or declined, as a job's are."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.domain.credits.placing import HoldRequest
from services.billing.domain.credits.postings import Subject
from services.billing.use_cases.place_hold import place_hold


async def place_sourcing_hold(
    sourcing_id: UUID,
    credits_: int,
    *,
    price_version: int,
    workspace_id: UUID,
    uow: UnitOfWork,
    now: datetime,
    actor: str,
    user_id: UUID | None = None,
) -> None:
    """Key: `hold:sourcing:<id>`. Whoever asks again gets the first answer again; after a tombstone nobody answers."""
    request = HoldRequest(Subject("sourcing", sourcing_id), credits_, price_version, user_id=user_id)
    await place_hold(request, workspace_id=workspace_id, uow=uow, now=now, actor=actor)
