"""Turn a sourcing from one state to the next: saved by compare-and-swap, and announced in the same transaction."""

import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from libs.common.contracts.envelope import Event
from libs.common.contracts.ingest import SourcingCreated, SourcingEnded
from libs.common.errors import Busy
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest import metrics
from services.ingest.domain.sourcing import ENDED, Sourcing, SourcingState
from services.ingest.repositories import sourcings
from services.ingest.use_cases.turn_job import HOLD_ANSWERED

SOURCING = "ingest_sourcing"
"""NOTIFY channel: there may be leads to search for."""
LEASE = timedelta(seconds=90)
"""Longer than a call to Apollo may take: who has it too long has been taken for dead, and may not record."""

Decide = Callable[[Sourcing], Sourcing | None]
"""The turn a sourcing takes; None when there is nothing to do."""


@dataclass(frozen=True)
class Claim:
    """A sourcing in hand, as it was when it was taken."""

    sourcing: Sourcing
    token: UUID


async def turn_sourcing(uow: UnitOfWork, sourcing_id: UUID, *, workspace_id: UUID, decide: Decide) -> Sourcing:
    """Load, decide, save; answers the sourcing as it is then. Others wait their turn. Raises NotFound."""
    sourcing = await sourcings.load(uow.conn, sourcing_id, workspace_id=workspace_id, in_turn=True)
    turned = decide(sourcing)
    if turned is None:
        return sourcing
    await save_turn(uow, sourcing, turned)
    return turned


async def save_turn(uow: UnitOfWork, was: Sourcing, sourcing: Sourcing) -> None:
    """Save where the version is still `was`, and say what others need to hear. Raises Busy when it has moved."""
    if not await sourcings.save(uow.conn, sourcing, was=was.version):
        msg = f"sourcing {sourcing.id} keeps moving: try again"
        raise Busy(msg, code="sourcing_busy", extra={"retry_after_s": 1})
    if sourcing.state is not was.state:
        metrics.SOURCING_TURNS.labels(sourcing.state.value).inc()
        publish_state(uow, sourcing)
    if was.state is SourcingState.RESERVING:
        uow.notify(HOLD_ANSWERED)
    if sourcing.due_at is not None:
        uow.notify(SOURCING)


def publish_state(uow: UnitOfWork, sourcing: Sourcing) -> None:
    """Say that it wants its hold, or how it has ended. Said again, it is the same event."""
    event = _event_of(sourcing)
    if event is not None:
        uow.publish(event, tenant_id=sourcing.workspace_id, correlation_id=sourcing.id)


def created(sourcing: Sourcing) -> SourcingCreated:
    """The request for its hold. Repeated, it says that the sourcing is alive: billing repeats its first answer."""
    return SourcingCreated(
        sourcing_id=sourcing.id,
        credits=sourcing.credits_needed,
        price_version=sourcing.price_version,
        user_id=sourcing.user_id,
    )


def _event_of(sourcing: Sourcing) -> Event | None:
    if sourcing.state is SourcingState.RESERVING:
        return created(sourcing)
    if sourcing.state not in ENDED:
        return None
    return SourcingEnded.model_validate(
        {
            "sourcing_id": sourcing.id,
            "state": sourcing.state.value,
            "reason": sourcing.reason,
            "leads": sourcing.leads,
            "credits_total": sourcing.credits_total,
        }
    )


@contextlib.asynccontextmanager
async def recording(claim: Claim, open_uow: OpenUow) -> AsyncGenerator[tuple[UnitOfWork, Sourcing | None]]:
    """The record transaction: the sourcing as it is now, and given back with it. None when it is not ours any more."""
    async with open_uow() as uow:
        current = await sourcings.load_claimed(uow.conn, claim.sourcing.id, token=claim.token)
        yield uow, current
        await sourcings.release(uow.conn, claim.sourcing.id, token=claim.token)
