"""A replica of enrich says what it can hold: the window of the dispatcher is made of that."""

from collections.abc import Sequence
from datetime import datetime

from libs.common.contracts.enrich import CapacityAnnounced
from libs.common.uow import UnitOfWork
from services.ingest.domain.window import ProviderWait, Replica
from services.ingest.repositories import enrich_replicas, owed_progress
from services.ingest.use_cases.turn_job import DISPATCH


async def note_capacity(event: CapacityAnnounced, *, uow: UnitOfWork, said_at: datetime, now: datetime) -> None:
    """Keep the newest announcement of each replica. Natural key: the replica. `said_at` ahead of our clock counts as now.

    The dispatcher is told when there is another window by it; whoever looks at a job, when its calls begin or cease to wait
    for a provider.
    """
    before = await enrich_replicas.find(uow.conn, event.replica_id)
    replica = Replica(
        id=event.replica_id,
        rows_capacity=event.rows_capacity,
        rows_in_flight=event.rows_in_flight,
        outbox_pending=event.outbox_pending,
        seen_at=min(said_at, now),
        missing_providers=tuple(event.missing_providers),
        sandboxed=event.sandboxed,
        waits=tuple(
            ProviderWait(one.provider, one.account, one.workspace_id, one.until, one.reason, one.limited_by)
            for one in event.waits
        ),
    )
    if await enrich_replicas.note(uow.conn, replica):
        if before is None or not before.is_live(now) or before.rows_capacity != replica.rows_capacity:
            uow.notify(DISPATCH)
        if _waiting(before.waits if before else (), now=now) != _waiting(replica.waits, now=now):
            await owed_progress.owe(uow.conn)


def _waiting(waits: Sequence[ProviderWait], *, now: datetime) -> set[tuple[str, str, int]]:
    """For what, and to the second until when: the same wait said again is no news."""
    return {(wait.account, wait.reason, round(wait.until.timestamp())) for wait in waits if wait.until > now}
