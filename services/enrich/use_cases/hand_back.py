"""Give a chunk back unfinished, with the reason and when to try again. The first to meet a refusal tells everybody."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from libs.common.clock import utc_now
from libs.common.contracts.enrich import ChunkReturned, ProviderExhausted
from libs.common.contracts.ingest import ChunkCreated
from libs.common.logs import get_logger
from libs.common.uow import Message, UnitOfWork
from services.enrich import metrics
from services.enrich.clients.errors import ProviderOut
from services.enrich.in_flight.floor import Floor
from services.enrich.in_flight.leases import Lease
from services.enrich.repositories import claims, providers
from services.enrich.repositories.providers import ProviderState
from services.enrich.use_cases.work_rows import Stop

log = get_logger()

RETRY_WITHOUT_A_TIME = timedelta(minutes=10)
PROBE_BAD_KEY_EVERY = timedelta(minutes=1)


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


def next_probe(out: ProviderOut, *, now: datetime) -> datetime:
    """When to ask a provider again that has refused."""
    if out.reason == "bad_key":
        return now + PROBE_BAD_KEY_EVERY
    return out.resume_at or now + RETRY_WITHOUT_A_TIME


def _retry_at(stop: Stop, *, now: datetime) -> datetime:
    if stop.reason in {"provider_exhausted", "bad_key"}:
        return stop.resume_at or now + RETRY_WITHOUT_A_TIME
    return now + timedelta(seconds=stop.wait_s)


async def _tell_of_refusal(
    uow: UnitOfWork, out: ProviderOut, states: Mapping[str, ProviderState], *, now: datetime
) -> None:
    """Once per change: the counter moves by compare-and-swap on the one that was seen when the chunk was taken in hand."""
    known = states.get(out.provider)
    counter = await providers.mark_out(
        uow.conn,
        out.provider,
        seen=known.counter if known else 0,
        reason=out.reason,
        message=out.said,
        resume_at=out.resume_at,
        probe_at=next_probe(out, now=now),
    )
    if counter is None:
        return
    exhausted = ProviderExhausted(
        account=out.provider,
        provider=out.provider,
        counter=counter,
        reason="bad_key" if out.reason == "bad_key" else "day_limit",
        message=out.said,
        resume_at=out.resume_at,
    )
    uow.publish(exhausted, tenant_id=None)
    log.warning("provider.exhausted", account=out.provider, reason=out.reason, said=out.said)
