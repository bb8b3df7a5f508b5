"""Read the next page of a sourcing's search: claim, ask, record whom to reveal. Free at Apollo."""

from libs.common.clock import utc_now
from libs.common.uow import OpenUow
from services.ingest.clients.apollo import Apollo
from services.ingest.domain.lead_search import choose, is_last, next_page
from services.ingest.domain.sourcing import SourcingState, count_page
from services.ingest.repositories import leads
from services.ingest.repositories.leads import PausedUntil
from services.ingest.use_cases.turn_sourcing import Claim, recording, save_turn


async def search_page(claim: Claim, *, apollo: Apollo, open_uow: OpenUow) -> None:
    """Key: (sourcing, page): a page that has been counted, or comes from a claim that was lost, changes nothing.

    Raises ApolloError.
    """
    asked_for = claim.sourcing
    asked = next_page(wanted=asked_for.wanted, skip_known=asked_for.skip_known, pages=asked_for.pages)
    found, pause = await apollo.search(asked_for.filters, asked)
    now = utc_now()
    async with recording(claim, open_uow) as (uow, sourcing):
        if pause is not None:
            await leads.pause(uow.conn, "search", PausedUntil(pause.until, f"apollo_{pause.window}_limit", None))
        if sourcing is None or sourcing.state is not SourcingState.SEARCHING or sourcing.pages != asked_for.pages:
            return
        ids = [person.id for person in found.people]
        known = await leads.known_of(uow.conn, sourcing.workspace_id, ids) if sourcing.skip_known else frozenset[str]()
        seen = await leads.seen_of(uow.conn, sourcing.id, ids)
        chosen = choose(found, needed=sourcing.wanted - sourcing.people, seen=seen, known=known)
        await leads.add_people(uow.conn, sourcing.id, chosen, first_no=sourcing.people)
        counted = count_page(
            sourcing,
            people=len(chosen),
            matches=found.total,
            last=is_last(asked, got=len(ids), total=found.total),
            sandboxed=found.sandboxed,
            now=now,
        )
        await save_turn(uow, sourcing, counted)
