"""Says how many holds are overdue: on every replica, since each exports a gauge of its own, which must not grow stale."""

from datetime import datetime

from libs.common.uow import UnitOfWork
from services.billing import metrics
from services.billing.domain.credits.proof import OVERDUE_AFTER
from services.billing.repositories.credits import holds


async def measure_holds(*, uow: UnitOfWork, now: datetime) -> None:
    """Set the gauge. Changes nothing else."""
    overdue, _ = await holds.overdue_holds(uow.conn, now=now, settling=OVERDUE_AFTER, limit=1)
    metrics.OVERDUE_HOLDS.set(overdue)
