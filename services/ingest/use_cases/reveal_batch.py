"""Reveal the next ten people of a sourcing: claim, ask (Apollo takes its credits), record what is earned by it."""

from collections.abc import Sequence

from libs.common.clock import utc_now
from libs.common.contracts.ingest import SourcingBatchRevealed
from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest import metrics
from services.ingest.clients.apollo import Apollo
from services.ingest.domain.lead_search import Lead, Revealed
from services.ingest.domain.sourcing import Sourcing, SourcingState, count_batch
from services.ingest.repositories import leads
from services.ingest.repositories.leads import PausedUntil
from services.ingest.use_cases.turn_sourcing import Claim, recording, save_turn

log = get_logger()


async def reveal_batch(claim: Claim, *, apollo: Apollo, open_uow: OpenUow) -> None:
    """Key: (sourcing, batch), for ever: earned and charged once. What comes after a cancel or a lost claim is dropped.

    Nobody else asks for the batch while the claim holds. A crash between the call and the record costs one more call.
    Raises ApolloError.
    """
    batch_no = claim.sourcing.batches
    async with open_uow() as uow:
        people = await leads.people_of_batch(uow.conn, claim.sourcing.id, batch_no)
    revealed, pause = await apollo.reveal(people)
    async with recording(claim, open_uow) as (uow, sourcing):
        if pause is not None:
            await leads.pause(uow.conn, "reveal", PausedUntil(pause.until, f"apollo_{pause.window}_limit", None))
        if sourcing is None or sourcing.state is not SourcingState.REVEALING or sourcing.batches != batch_no:
            log.warning("batch.dropped", sourcing_id=str(claim.sourcing.id), batch_no=batch_no)
            return
        await _record(uow, sourcing, revealed, asked=people)


async def _record(uow: UnitOfWork, sourcing: Sourcing, revealed: Revealed, *, asked: Sequence[str]) -> None:
    batch_no, bought = sourcing.batches, await _of_this_batch(uow, sourcing, revealed, asked=asked)
    found = len(bought)
    earned = found * sourcing.credits_per_lead
    if not await leads.add_batch(uow.conn, sourcing.id, batch_no, leads=bought, credits_earned=earned):
        return
    await leads.know(uow.conn, sourcing.workspace_id, bought)
    uow.publish(
        SourcingBatchRevealed(sourcing_id=sourcing.id, batch_no=batch_no, credits=earned),
        tenant_id=sourcing.workspace_id,
        correlation_id=sourcing.id,
    )
    await save_turn(uow, sourcing, count_batch(sourcing, leads=found, sandboxed=revealed.sandboxed, now=utc_now()))
    metrics.LEADS.labels("revealed").inc(found)
    metrics.LEADS.labels("without_address").inc(len(asked) - found)


async def _of_this_batch(
    uow: UnitOfWork, sourcing: Sourcing, revealed: Revealed, *, asked: Sequence[str]
) -> list[Lead]:
    """Apollo merges people, and answers with another one then: whom the sourcing has under that id is not bought twice."""
    others = [lead.person_id for lead in revealed.leads if lead.person_id not in asked]
    had = await leads.seen_of(uow.conn, sourcing.id, others) if others else frozenset[str]()
    return [lead for lead in revealed.leads if lead.person_id not in had]
