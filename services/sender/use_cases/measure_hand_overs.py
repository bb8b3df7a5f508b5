"""Says how it stands with what other schedulers keep for us: on every replica, since each exports gauges of its own, which must
not grow stale."""

from typing import Final

from libs.common.uow import UnitOfWork
from services.sender import metrics
from services.sender.repositories import watched
from services.sender.repositories.workspaces import Clock

STATES: Final = ("missing", "active", "paused")


async def measure_hand_overs(uow: UnitOfWork, *, clock: Clock) -> None:
    """Set the gauges. Changes nothing else."""
    found = await watched.watch(uow.conn, now=await clock(uow.conn))
    for state in STATES:
        metrics.HAND_OVERS_TROUBLED.labels(state).set(found.troubled.get(state, 0))
    metrics.HAND_OVERS_OLDEST.set(max(found.troubled_for.total_seconds(), 0))
    metrics.TAKE_BACKS_OPEN.set(found.to_take_back)
    metrics.TAKE_BACKS_OLDEST.set(max(found.not_taken_back_for.total_seconds(), 0))
