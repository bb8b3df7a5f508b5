"""A balance has fallen below a threshold: it is said once, until it has been above it again."""

from datetime import datetime

from libs.common.contracts.billing import BalanceLow
from libs.common.uow import UnitOfWork
from services.billing import metrics
from services.billing.domain.watching.alerts import default_thresholds
from services.billing.repositories.watching import alerts


async def watch_balances(*, uow: UnitOfWork, now: datetime) -> int:
    """Key: workspace, threshold and the number of the crossing. Answers how many there were."""
    crossings = await alerts.cross_thresholds(uow.conn, default_thresholds(), now=now)
    for crossing in crossings:
        event = BalanceLow(threshold=crossing.threshold, available=crossing.available, crossing=crossing.number)
        uow.publish(event, tenant_id=crossing.workspace_id)
    metrics.BALANCES_LOW.inc(len(crossings))
    return len(crossings)
