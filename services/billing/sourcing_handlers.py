"""The bus edge of sourcings: their credits are held, charged and released as a job's are."""

from collections.abc import Sequence

from libs.common.clock import utc_now
from libs.common.contracts.ingest import SourcingBatchRevealed, SourcingCreated, SourcingEnded
from libs.common.messaging.consumer import Subscription
from libs.common.uow import Message, UnitOfWork
from services.billing.use_cases import capture_sourcing_batch as capturing
from services.billing.use_cases import place_sourcing_hold as placing
from services.billing.use_cases import settle_sourcing as settling


async def place_sourcing_hold(event: SourcingCreated, *, uow: UnitOfWork, message: Message) -> None:
    """A sourcing's credits are held, or it is declined."""
    await placing.place_sourcing_hold(
        event.sourcing_id,
        event.credits,
        price_version=event.price_version,
        user_id=event.user_id,
        workspace_id=message.tenant_id,
        uow=uow,
        now=utc_now(),
        actor=message.envelope.source,
    )


async def capture_sourcing_batch(event: SourcingBatchRevealed, *, uow: UnitOfWork, message: Message) -> None:
    """A batch of revealed leads is charged."""
    await capturing.capture_sourcing_batch(
        event.sourcing_id,
        event.batch_no,
        earned=event.credits,
        workspace_id=message.tenant_id,
        uow=uow,
        now=utc_now(),
        actor=message.envelope.source,
    )


async def settle_sourcing(event: SourcingEnded, *, uow: UnitOfWork, message: Message) -> None:
    """An ended sourcing's surplus is released."""
    await settling.settle_sourcing(
        event.sourcing_id,
        credits_total=event.credits_total,
        workspace_id=message.tenant_id,
        uow=uow,
        now=utc_now(),
        actor=message.envelope.source,
    )


def subscriptions() -> Sequence[Subscription]:
    """One subscription per queue."""
    return [
        Subscription("billing.place_sourcing_hold", place_sourcing_hold, prefetch=2),
        Subscription("billing.capture_sourcing_batch", capture_sourcing_batch, of_the_deleted=True, prefetch=2),
        Subscription("billing.settle_sourcing", settle_sourcing, of_the_deleted=True, prefetch=2),
    ]
