"""One step of one sourcing: a page searched, a batch revealed, or the leads delivered. What goes wrong is its turn too."""

from collections.abc import Callable
from datetime import datetime

from libs.common.clock import utc_now
from libs.common.errors import AppError, Transient
from libs.common.ids import new_id
from libs.common.logs import get_logger
from libs.common.storage import Storage
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest.clients.accounts import NoKey
from services.ingest.clients.apollo import Apollo, Endpoint
from services.ingest.clients.errors import AccountRefused, BadFilter, Limited
from services.ingest.domain.sourcing import (
    TERMINAL,
    Sourcing,
    SourcingState,
    fail,
    park,
    stumble,
    wait,
    wake,
)
from services.ingest.repositories import leads, sourcings
from services.ingest.repositories.leads import PausedUntil
from services.ingest.use_cases.deliver_leads import deliver_leads
from services.ingest.use_cases.reveal_batch import reveal_batch
from services.ingest.use_cases.search_page import search_page
from services.ingest.use_cases.turn_sourcing import LEASE, Claim, recording, save_turn

log = get_logger()

_ENDPOINTS: dict[SourcingState, Endpoint] = {SourcingState.SEARCHING: "search", SourcingState.REVEALING: "reveal"}


async def step_sourcing(
    *, open_uow: OpenUow, apollo: Apollo, storage: Storage, clock: Callable[[], datetime] = utc_now
) -> bool:
    """Take whichever sourcing has waited longest and do one step of it. False when none has anything to do.

    Whoever holds an older claim records nothing. Raises Transient when the database is away.
    """
    async with open_uow.alone() as conn:
        if not await sourcings.any_due(conn, now=clock()):
            return False
    claim, ready = await _claim(open_uow, now=clock())
    if claim is None:
        return False
    if not ready:
        return True
    try:
        await _step(claim, open_uow=open_uow, apollo=apollo, storage=storage)
    except Exception as error:
        if isinstance(error, Transient) and error.code == "database_unavailable":
            raise
        await _record_failure(claim, error, open_uow=open_uow, now=clock())
    return True


async def _claim(open_uow: OpenUow, *, now: datetime) -> tuple[Claim | None, bool]:
    """A claim, and whether there is something to ask: an endpoint that is to be left alone is waited for."""
    token = new_id()
    async with open_uow() as uow:
        sourcing = await sourcings.claim_due(uow.conn, token=token, lease=LEASE, now=now)
        if sourcing is None:
            return None, False
        if (woken := wake(sourcing, now=now)) is not None:
            await save_turn(uow, sourcing, woken)
            sourcing = woken
        endpoint = _ENDPOINTS.get(sourcing.state)
        paused = None if endpoint is None else await leads.paused(uow.conn, endpoint, now=now)
        if paused is not None:
            waiting = wait(sourcing, until=paused.until, reason=paused.reason, message=paused.message, now=now)
            await save_turn(uow, sourcing, waiting)
        if paused is not None or sourcing.due_at is None:
            await sourcings.release(uow.conn, sourcing.id, token=token)
            return Claim(sourcing, token), False
        return Claim(sourcing, token), True


async def _step(claim: Claim, *, open_uow: OpenUow, apollo: Apollo, storage: Storage) -> None:
    if claim.sourcing.state is SourcingState.SEARCHING:
        await search_page(claim, apollo=apollo, open_uow=open_uow)
    elif claim.sourcing.state is SourcingState.REVEALING:
        await reveal_batch(claim, apollo=apollo, open_uow=open_uow)
    else:
        await deliver_leads(claim, storage=storage, open_uow=open_uow)


async def _record_failure(claim: Claim, error: Exception, *, open_uow: OpenUow, now: datetime) -> None:
    async with recording(claim, open_uow) as (uow, sourcing):
        if isinstance(error, Limited):
            await _leave_alone(uow, claim, error)
        if sourcing is None or (sourcing.state in TERMINAL and not sourcing.is_undelivered):
            return
        turned = _turned(sourcing, error, now=now)
        if turned is not None:
            await save_turn(uow, sourcing, turned)


async def _leave_alone(uow: UnitOfWork, claim: Claim, limit: Limited) -> None:
    endpoint = _ENDPOINTS.get(claim.sourcing.state)
    if endpoint is not None:
        await leads.pause(uow.conn, endpoint, PausedUntil(limit.until, limit.code, limit.said))


def _turned(sourcing: Sourcing, error: Exception, *, now: datetime) -> Sourcing | None:
    """What becomes of it: a limit is waited out, an account is for a person to mend, a search refused has failed."""
    if isinstance(error, Limited):
        return wait(sourcing, until=error.until, reason=error.code, message=error.said, now=now)
    if isinstance(error, AccountRefused):
        return park(sourcing, reason=error.code, message=error.said, now=now)
    if isinstance(error, NoKey):
        return park(sourcing, reason=error.code, message=error.message, now=now)
    if isinstance(error, BadFilter):
        return fail(sourcing, reason=error.code, message=error.said, now=now)
    code = error.code if isinstance(error, AppError) else "internal_error"
    message = error.message if isinstance(error, AppError) else "Something went wrong on our side. It has been logged."
    log.warning("sourcing.stumbled", sourcing_id=str(sourcing.id), code=code, exc_info=error)
    return stumble(sourcing, reason=code, message=message, now=now)
