"""Give a chunk back unfinished, with the reason and when to try again. The first to meet a refusal tells everybody."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from libs.common.clock import utc_now
from libs.common.contracts.enrich import ChunkReturned
from libs.common.contracts.ingest import ChunkCreated
from libs.common.logs import get_logger
from libs.common.uow import Message, UnitOfWork
from services.enrich import metrics
from services.enrich.clients.errors import ProviderOut
from services.enrich.in_flight.floor import Floor
from services.enrich.in_flight.leases import Lease
from services.enrich.repositories import claims
from services.enrich.repositories.providers import ProviderState
from services.enrich.use_cases.turn_provider_out import next_probe, refusal_of, turn_provider_out
from services.enrich.use_cases.work_rows import Stop

log = get_logger()

RETRY_WITHOUT_A_TIME = timedelta(minutes=10)


async def hand_back(
    chunk: ChunkCreated,
    stop: Stop,
    *,
    states: Mapping[str, ProviderState],
    message: Message,
    floor: Floor,
    lease: Lease,
) -> None:
    """Answer `returned`. Its checkpoints stay, its claims are free. `states` are the providers as the chunk met them."""
    assert stop.reason != "dropped", "of an ended job nobody is told"
    assert stop.reason != "busy", "a chunk in other hands waits in the retry queue"
    now = utc_now()
    async with floor.open_uow() as uow:
        if not await uow.record_inbox(message):
            return
        if stop.out is not None:
            await _tell_of_refusal(uow, stop.out, states, now=now)
        await claims.release(uow.conn, lease.holder)
        returned = ChunkReturned(
            job_id=chunk.job_id,
            chunk_no=chunk.chunk_no,
            epoch=chunk.epoch,
            dispatch_no=chunk.dispatch_no,
            reason=stop.reason,
            retry_at=_retry_at(stop, now=now),
        )
        uow.publish(returned, tenant_id=message.tenant_id, correlation_id=chunk.job_id)
    metrics.CHUNKS_RETURNED.labels(stop.reason).inc()
    log.info("chunk.returned", job_id=str(chunk.job_id), chunk_no=chunk.chunk_no, reason=stop.reason)


def _retry_at(stop: Stop, *, now: datetime) -> datetime:
    if stop.reason in {"provider_exhausted", "bad_key"}:
        return stop.resume_at or now + RETRY_WITHOUT_A_TIME
    return now + timedelta(seconds=stop.wait_s)


async def _tell_of_refusal(
    uow: UnitOfWork, out: ProviderOut, states: Mapping[str, ProviderState], *, now: datetime
) -> None:
    """Against the state that was seen when the chunk was taken in hand: a refusal from before a recovery is no news."""
    known, refusal = states.get(out.provider), refusal_of(out)
    seen = known.counter if known else 0
    await turn_provider_out(uow, out.provider, refusal, seen=seen, probe_at=next_probe(refusal, now=now))
