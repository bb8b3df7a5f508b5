"""Routes of lead sourcing: look at a search, buy its leads, watch, cancel, resume."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from libs.common.clock import utc_now
from libs.common.errors import PaymentRequired
from libs.common.http.dependencies import CurrentPlatform, OpenUowDep, Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.ingest.domain.lead_search import MOST_LEADS
from services.ingest.domain.sourcing import Sourcing, SourcingState
from services.ingest.domain.spending import shortage
from services.ingest.repositories import prices, sourcings
from services.ingest.resources import IngestResources
from services.ingest.schemas.sourcings import (
    SearchIn,
    SearchOut,
    SourcingIn,
    SourcingOut,
    SourcingPage,
    search_out,
    sourcing_out,
)
from services.ingest.use_cases.cancel_sourcing import cancel_sourcing
from services.ingest.use_cases.create_sourcing import create_sourcing
from services.ingest.use_cases.resume_sourcing import resume_sourcing
from services.ingest.use_cases.search_leads import search_leads
from services.ingest.use_cases.wait_for_billing import wait_for_sourcing_hold

router = APIRouter(prefix="/v1/sourcings", tags=["sourcings"], responses=PROBLEM_RESPONSES)

Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
ACCEPTED: dict[int | str, dict[str, object]] = {
    202: {"model": SourcingOut, "description": "Still reserving its credits."}
}


@router.post("/preview")
async def preview(
    body: SearchIn, identity: CurrentIdentity, open_uow: OpenUowDep, resources: IngestResources
) -> SearchOut:
    """How many people match right now, and the first 25: free, masked, without addresses. What Apollo refuses comes as it is."""
    found = await search_leads(
        body.filters.to_filters(),
        workspace_id=identity.workspace_id,
        apollo=resources.apollo,
        allowance=resources.searches,
        open_uow=open_uow,
        now=utc_now(),
    )
    async with open_uow() as uow:
        price = await prices.newest(uow.conn)
    return search_out(found, most_leads=MOST_LEADS, credits_per_lead=price.credits_per_lead)


@router.post("", status_code=201, responses=ACCEPTED)
async def start_sourcing(
    body: SourcingIn,
    identity: CurrentIdentity,
    platform: CurrentPlatform,
    resources: IngestResources,
    response: Response,
    idempotency_key: Key = None,
) -> SourcingOut:
    """Make a sourcing and wait up to 5 s for its credits: 201, 402 `insufficient_credits`, or 202 while nobody knows.

    The same Idempotency-Key answers with the present state of the same one; with another body 409 `idempotency_key_reused`.
    """
    async with platform.open_uow() as uow:
        sourcing = await create_sourcing(
            uow,
            body.to_request(),
            account=resources.apollo.account,
            workspace_id=identity.workspace_id,
            user_id=identity.user_id,
            idempotency_key=idempotency_key,
            now=utc_now(),
        )
    sourcing = await wait_for_sourcing_hold(sourcing, open_uow=platform.open_uow, listener=platform.listener)
    if sourcing.state is SourcingState.DECLINED:
        raise declined(sourcing)
    if sourcing.state is SourcingState.RESERVING:
        response.status_code = 202
    return sourcing_out(sourcing)


def declined(sourcing: Sourcing) -> PaymentRequired:
    """Not enough credits, or a cap leaves too few. It stays declined: more credits need a new one."""
    needed, available = sourcing.credits_needed, sourcing.credits_available or 0
    told = shortage(sourcing.reason, needed=needed, available=available, then="ask again, or ask for fewer leads")
    extra = {"needed": needed, "available": available, "sourcing_id": str(sourcing.id), "reason": sourcing.reason}
    return PaymentRequired(f"{sourcing.wanted} leads need {needed} credits, {told}", extra=extra)


@router.get("")
async def list_sourcings(
    identity: CurrentIdentity,
    uow: Uow,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SourcingPage:
    """The workspace's sourcings, newest first."""
    found = await sourcings.page(uow.conn, workspace_id=identity.workspace_id, before=cursor, limit=limit + 1)
    items = [sourcing_out(sourcing) for sourcing in found[:limit]]
    return SourcingPage(items=items, next_cursor=str(items[-1].id) if len(found) > limit else None)


@router.get("/{sourcing_id}")
async def show_sourcing(sourcing_id: UUID, identity: CurrentIdentity, uow: Uow) -> SourcingOut:
    """One sourcing as it is now."""
    return sourcing_out(await sourcings.load(uow.conn, sourcing_id, workspace_id=identity.workspace_id))


@router.post("/{sourcing_id}/cancel")
async def cancel(sourcing_id: UUID, identity: CurrentIdentity, uow: Uow) -> SourcingOut:
    """Stop for good. What has been revealed is delivered and charged; the rest is released."""
    workspace_id = identity.workspace_id
    return sourcing_out(await cancel_sourcing(uow, sourcing_id, workspace_id=workspace_id, now=utc_now()))


@router.post("/{sourcing_id}/resume")
async def resume(sourcing_id: UUID, identity: CurrentIdentity, uow: Uow) -> SourcingOut:
    """Go on now, after what parked it has been mended."""
    workspace_id = identity.workspace_id
    return sourcing_out(await resume_sourcing(uow, sourcing_id, workspace_id=workspace_id, now=utc_now()))
