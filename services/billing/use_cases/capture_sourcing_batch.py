"""A batch of leads has been revealed: its exact credits are charged, once."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.domain.credits.postings import Subject
from services.billing.use_cases.capture_chunk import capture_chunk


async def capture_sourcing_batch(
    sourcing_id: UUID,
    batch_no: int,
    *,
    earned: int,
    workspace_id: UUID,
    uow: UnitOfWork,
    now: datetime,
    actor: str,
) -> None:
    """Key: `capture:sourcing:<id>:<batch>`, with its credits, for ever. Raises what a chunk's capture raises."""
    subject = Subject("sourcing", sourcing_id)
    await capture_chunk(subject, batch_no, earned=earned, workspace_id=workspace_id, uow=uow, now=now, actor=actor)
