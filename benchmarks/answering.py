"""Stands in for enrich where ingest alone is measured: answers every chunk at once, each row with the same research.

`python -m benchmarks.answering AMQP_URL` runs until it is ended.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aio_pika
import orjson
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage

from libs.common.contracts.enrich import CapacityAnnounced, ChunkEnriched
from libs.common.contracts.envelope import Envelope, Event
from libs.common.contracts.research import Receipt, Research, RowResult, Source, Statement
from libs.common.ids import new_id
from libs.common.messaging.topology import EVENTS_EXCHANGE
from libs.common.outbox import encode

QUEUE = "enrich.enrich_chunk"
ROWS_IN_FLIGHT = 1000
_ANNOUNCED_EVERY_S = 1.5
_REPLICA = new_id()
_RESEARCH = Research(
    company=[
        Statement(id=f"c{n}", text="It makes bearings for mills. " * 3, source_ids=["s1"], snippet="bearings for mills")
        for n in range(4)
    ],
    sources=[Source(id="s1", url="https://acme.example/", title="Acme", kind="website")],
    confidence=0.8,
    as_of=datetime(2026, 11, 1, tzinfo=UTC),
    sandboxed=True,
)
_LINE = "Your bearings run in every second mill of the valley: how do you keep them from running dry?"


async def answer(broker_url: str) -> None:
    """Consume, answer, acknowledge; announce what is held."""
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        await channel.set_qos(prefetch_count=ROWS_IN_FLIGHT // 50)
        exchange = await channel.get_exchange(EVENTS_EXCHANGE)
        queue = await channel.get_queue(QUEUE)

        async def on_chunk(message: AbstractIncomingMessage) -> None:
            envelope = orjson.loads(message.body)
            said = _answer_to(envelope["data"])
            await _publish(exchange, said, tenant_id=envelope["tenant_id"], job_id=said.job_id)
            await message.ack()

        await queue.consume(on_chunk)
        while True:
            capacity = CapacityAnnounced(
                replica_id=_REPLICA, rows_capacity=ROWS_IN_FLIGHT, rows_in_flight=0, outbox_pending=0, sandboxed=True
            )
            await _publish(exchange, capacity)
            await asyncio.sleep(_ANNOUNCED_EVERY_S)


def _answer_to(chunk: dict[str, Any]) -> ChunkEnriched:
    receipt = Receipt(sandboxed=True)
    results = [
        RowResult(row_no=row["row_no"], status="enriched", research=_RESEARCH, line=_LINE, receipt=receipt)
        for row in chunk["rows"]
    ]
    names = ("job_id", "chunk_no", "epoch", "dispatch_no")
    return ChunkEnriched(**{name: chunk[name] for name in names}, results=results)


async def _publish(
    exchange: AbstractExchange, event: Event, *, tenant_id: UUID | None = None, job_id: UUID | None = None
) -> None:
    envelope = Envelope(
        id=new_id(),
        type=event.type,
        version=event.version,
        source="enrich",
        occurred_at=datetime.now(UTC),
        tenant_id=tenant_id,
        correlation_id=job_id,
        data=event.model_dump(mode="json"),
    )
    message = aio_pika.Message(
        encode(envelope), message_id=str(envelope.id), delivery_mode=aio_pika.DeliveryMode.PERSISTENT
    )
    await exchange.publish(message, routing_key=event.routing_key())


if __name__ == "__main__":
    asyncio.run(answer(sys.argv[1]))
