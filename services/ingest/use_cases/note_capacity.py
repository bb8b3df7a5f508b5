"""A replica of enrich says what it can hold: the window of the dispatcher is made of that."""

from datetime import datetime

from libs.common.contracts.enrich import CapacityAnnounced
from libs.common.uow import UnitOfWork
from services.ingest.domain.window import Replica
from services.ingest.repositories import enrich_replicas
from services.ingest.use_cases.turn_job import DISPATCH


async def note_capacity(event: CapacityAnnounced, *, uow: UnitOfWork, said_at: datetime, now: datetime) -> None:
    """Keep the newest announcement of each replica. Natural key: the replica. `said_at` ahead of our clock counts as now."""
    replica = Replica(
        id=event.replica_id,
        rows_capacity=event.rows_capacity,
        rows_in_flight=event.rows_in_flight,
        outbox_pending=event.outbox_pending,
        seen_at=min(said_at, now),
        missing_providers=tuple(event.missing_providers),
        sandboxed=event.sandboxed,
    )
    if await enrich_replicas.note(uow.conn, replica):
        uow.notify(DISPATCH)
