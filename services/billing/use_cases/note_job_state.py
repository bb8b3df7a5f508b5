"""A job has been heard of: nobody needs to ask whether it is alive."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.domain.credits.postings import Subject
from services.billing.repositories.credits import holds


async def note_job_state(subject: Subject, *, workspace_id: UUID, uow: UnitOfWork, now: datetime) -> None:
    """Only the time counts, and only forwards, so order and repetition do not matter."""
    await holds.touch_hold(uow.conn, subject, workspace_id=workspace_id, heard_at=now)
