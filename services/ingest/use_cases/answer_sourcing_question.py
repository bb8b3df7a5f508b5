"""Billing has not heard of a sourcing's hold for long: say how it stands."""

from uuid import UUID

from libs.common.contracts.billing import HoldQuestioned
from libs.common.contracts.ingest import SourcingBatchRevealed
from libs.common.uow import UnitOfWork
from services.ingest.domain.sourcing import ENDED, TERMINAL
from services.ingest.repositories import leads, sourcings
from services.ingest.use_cases.turn_sourcing import created, publish_state


async def answer_sourcing_question(event: HoldQuestioned, *, uow: UnitOfWork, workspace_id: UUID) -> None:
    """For an ended one its end and every batch again, which billing's keys make harmless; a live one asks again.

    Raises NotFound for a hold without a sourcing: a person has to look.
    """
    sourcing = await sourcings.load(uow.conn, event.job_id, workspace_id=workspace_id)
    if sourcing.state not in TERMINAL:
        uow.publish(created(sourcing), tenant_id=workspace_id, correlation_id=sourcing.id)
    if sourcing.state not in ENDED:
        return
    publish_state(uow, sourcing)
    async for page in leads.earned(uow.conn, sourcing.id):
        for batch_no, credits_earned in page:
            revealed = SourcingBatchRevealed(sourcing_id=sourcing.id, batch_no=batch_no, credits=credits_earned)
            uow.publish(revealed, tenant_id=workspace_id, correlation_id=sourcing.id)
        await uow.flush()
