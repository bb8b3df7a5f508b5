"""Says how many accounts differ and when all were proven last: on every replica, since each exports gauges of its own."""

from libs.common.uow import UnitOfWork
from services.billing import metrics
from services.billing.repositories.credits import proofs


async def measure_proofs(*, uow: UnitOfWork) -> None:
    """Set the gauges. Changes nothing else."""
    differing, finished_at = await proofs.measure(uow.conn)
    metrics.DIFFERING_ACCOUNTS.set(differing)
    if finished_at is not None:
        metrics.PROVEN_AT.set(finished_at.timestamp())
