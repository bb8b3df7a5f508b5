"""A sourcing has ended: what it did not reveal is released at once."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.domain.credits.postings import Subject
from services.billing.use_cases.settle_job import settle_job


async def settle_sourcing(
    sourcing_id: UUID, *, credits_total: int, workspace_id: UUID, uow: UnitOfWork, now: datetime, actor: str
) -> None:
    """Key: the sourcing; its end is told once. An unknown hold becomes a tombstone. Raises what a job's end raises."""
    subject = Subject("sourcing", sourcing_id)
    await settle_job(subject, credits_total=credits_total, workspace_id=workspace_id, uow=uow, now=now, actor=actor)
