"""A chunk has reached the dead letters: that is an answer too."""

from libs.common.contracts.enrich import ChunkFailed
from libs.common.contracts.envelope import Event
from libs.common.contracts.ingest import ChunkCreated
from libs.common.uow import Message, UnitOfWork

_ERROR_CHARS = 500


async def fail_chunk(event: Event, message: Message, uow: UnitOfWork, error: str) -> None:
    """Say so in the transaction that files the letter; otherwise ingest would wait for this chunk for ever."""
    assert isinstance(event, ChunkCreated), "enrich_chunk listens to nothing else"
    failed = ChunkFailed(
        job_id=event.job_id,
        chunk_no=event.chunk_no,
        epoch=event.epoch,
        dispatch_no=event.dispatch_no,
        error=error[:_ERROR_CHARS],
    )
    uow.publish(failed, tenant_id=message.envelope.tenant_id, correlation_id=event.job_id)
