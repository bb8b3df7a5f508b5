"""Have chunks published again that the broker has lost: only when nobody can have them any more, or an operator says so."""

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from libs.common.logs import get_logger
from libs.common.messaging.topology import RETRY_DELAYS, dead_queue, retry_exchange
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest import metrics
from services.ingest.domain.window import Replica, live
from services.ingest.repositories import dispatch_rounds, enrich_replicas, rescues
from services.ingest.use_cases.turn_job import DISPATCH

log = get_logger()

QUEUED_FOR = timedelta(seconds=60)
"""A queued chunk is the broker's: before so long nobody even asks."""
IDLE_FOR = timedelta(seconds=15)
"""Idle at two looks so far apart, with every live replica heard in between: what was on its way has arrived."""

WATCHED = (
    "enrich.enrich_chunk",
    dead_queue("enrich.enrich_chunk"),
    *(retry_exchange("enrich", name) for name, _ in RETRY_DELAYS),
    "ingest.record_results",
    "ingest.take_back_chunk",
    "ingest.fail_chunk",
    *(retry_exchange("ingest", name) for name, _ in RETRY_DELAYS),
)
"""Where a copy of a chunk, or an answer to it, may wait: the work queue, its retry queues, its unfiled dead letters."""


class Queues(Protocol):
    """What the rescue needs of the bus: how many messages are ready in a queue."""

    async def depth(self, queue: str) -> int: ...


async def rescue_chunks(*, open_uow: OpenUow, queues: Queues, now: datetime) -> int:
    """Look once. After two idle looks, queued chunks are pending again; the next dispatch raises their number."""
    async with open_uow.alone() as conn:
        stuck = await rescues.any_queued_before(conn, now - QUEUED_FOR)
    empty = stuck and await all_empty(queues)
    async with open_uow() as uow:
        replicas = live(await enrich_replicas.known(uow.conn), now=now)
        idle = empty and all(replica.is_idle for replica in replicas)
        since = await dispatch_rounds.note_idleness(uow.conn, idle=idle, now=now)
        if since is None or not _is_settled(since, replicas, now=now):
            return 0
        count = await rescues.rescue(uow.conn, queued_before=now - QUEUED_FOR)
        await dispatch_rounds.note_idleness(uow.conn, idle=False, now=now)
        uow.notify(DISPATCH)
    metrics.CHUNKS_RESCUED.inc(count)
    log.warning("chunks.rescued", chunks=count)
    return count


async def rescue_job(uow: UnitOfWork, job_id: UUID, *, now: datetime) -> int:
    """An operator has every queued chunk of a job published again, whatever the broker says. Answers how many."""
    count = await rescues.rescue(uow.conn, queued_before=now, job_id=job_id)
    uow.notify(DISPATCH)
    metrics.CHUNKS_RESCUED.inc(count)
    log.warning("chunks.rescued", job_id=str(job_id), chunks=count, by="operator")
    return count


async def all_empty(queues: Queues) -> bool:
    """Whether nothing is ready in any queue that may hold a chunk or its answer."""
    for queue in WATCHED:
        if await queues.depth(queue):
            return False
    return True


def _is_settled(since: datetime, replicas: list[Replica], *, now: datetime) -> bool:
    return now - since >= IDLE_FOR and all(replica.seen_at >= since for replica in replicas)
