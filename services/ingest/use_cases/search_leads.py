"""Look before buying: how many people match a search right now, and who the first of them are. Free, masked, no addresses."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import OpenUow
from services.ingest.clients.apollo import Apollo
from services.ingest.clients.errors import Limited
from services.ingest.domain.lead_search import PREVIEW, Filters, Found, SearchPage, check_filters
from services.ingest.domain.search_allowance import SearchAllowance
from services.ingest.repositories import leads, sourcings
from services.ingest.repositories.leads import PausedUntil


async def search_leads(
    filters: Filters,
    *,
    workspace_id: UUID,
    apollo: Apollo,
    allowance: SearchAllowance,
    open_uow: OpenUow,
    now: datetime,
) -> Found:
    """The live count and the first page. Asks nobody while Apollo wants to be left alone.

    Raises what Apollo says as it is (`apollo_…`), Conflict `apollo_no_key`, Invalid `no_filter`, RateLimited
    `too_many_searches` for a workspace that looks too often. Never an empty page in an error's stead.
    """
    check_filters(filters)
    apollo.account.require()
    allowance.take(workspace_id, now=now)
    async with open_uow() as uow:
        paused = await leads.paused(uow.conn, "search", now=now)
    if paused is not None:
        raise Limited(paused.message or "rate limit", window=_window(paused), until=paused.until, now=now)
    try:
        found, pause = await apollo.search(sourcings.as_json(filters), SearchPage(1, PREVIEW))
    except Limited as limit:
        await _leave_alone(PausedUntil(limit.until, limit.code, limit.said), open_uow=open_uow)
        raise
    if pause is not None:
        reason = f"apollo_{pause.window}_limit"
        await _leave_alone(PausedUntil(pause.until, reason, None), open_uow=open_uow)
    return found


async def _leave_alone(paused: PausedUntil, *, open_uow: OpenUow) -> None:
    async with open_uow() as uow:
        await leads.pause(uow.conn, "search", paused)


def _window(paused: PausedUntil) -> str:
    return paused.reason.removeprefix("apollo_").removesuffix("_limit")
