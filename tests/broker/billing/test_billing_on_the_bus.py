"""Billing on a real broker: what ingest says goes in, what ingest and the gateway hear comes out."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import aio_pika
import orjson
import pytest
from prometheus_client import REGISTRY

from libs.common.contracts.envelope import Event
from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.contracts.ingest import ChunkCompleted, JobCompleted, JobCreated
from libs.common.ids import new_id
from libs.common.outbox import encode
from services.billing import metrics
from tests.integration.billing.steps import message_of
from tests.support.billing import RunningBilling, headers, running_billing
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def service(module_database: str, module_vhost: str) -> AsyncGenerator[RunningBilling]:
    async with running_billing(module_database, module_vhost, clock=True) as running:
        yield running


@pytest.fixture(scope="module")
async def listening(module_vhost: str, service: RunningBilling) -> AsyncGenerator[list[dict[str, Any]]]:
    """Every event of billing that anybody hears, as it arrives."""
    del service
    heard: list[dict[str, Any]] = []
    connection = await aio_pika.connect(module_vhost)
    channel = await connection.channel()
    queue = await channel.declare_queue(exclusive=True)
    await queue.bind("events", routing_key="billing.#")

    async def hear(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        heard.append(orjson.loads(message.body))

    await queue.consume(hear, no_ack=True)
    yield heard
    await connection.close()


async def say(service: RunningBilling, event: Event, workspace_id: UUID) -> None:
    envelope = message_of(event, workspace_id).envelope
    await service.platform.bus.publish_event(envelope.routing_key(), encode(envelope), message_id=str(envelope.id))


async def open_with(service: RunningBilling, credits_: int) -> UUID:
    workspace_id = new_id()
    await say(service, WorkspaceCreated(workspace_id=workspace_id, name="Acme", owner_user_id=new_id()), workspace_id)
    asked = headers(workspace_id, operator=True) | {"Idempotency-Key": "first"}
    answer = await service.client.post(
        "/v1/credits/grants", json={"credits": credits_, "reason": "a test"}, headers=asked
    )
    assert answer.status_code == 201, answer.text
    return workspace_id


async def credits_of(service: RunningBilling, workspace_id: UUID) -> dict[str, int]:
    found = (await service.client.get("/v1/credits", headers=headers(workspace_id))).json()
    return {part: found[part] for part in ("available", "held", "settling", "owed", "spent")}


def types_of(heard: list[dict[str, Any]], workspace_id: UUID) -> list[str]:
    """What was said about the workspace's credits and holds; its plan is not of interest here."""
    types = [one["type"] for one in heard if one["tenant_id"] == str(workspace_id)]
    return [type_ for type_ in types if type_.startswith(("billing.credits.", "billing.hold."))]


async def test_a_job_is_held_captured_and_settled_over_the_bus(
    service: RunningBilling, listening: list[dict[str, Any]]
) -> None:
    """Red when an answer is not said, is said twice, or does not name its job."""
    workspace_id, job_id = await open_with(service, 10), new_id()
    await say(service, JobCreated(job_id=job_id, credits=6, price_version=1), workspace_id)
    await eventually(lambda: "billing.hold.placed" in types_of(listening, workspace_id))
    for chunk_no, earned in enumerate((3, 0, 1)):
        await say(service, ChunkCompleted(job_id=job_id, chunk_no=chunk_no, credits=earned), workspace_id)
    await say(service, JobCompleted(job_id=job_id, job_version=9, credits_total=4), workspace_id)
    await eventually(
        lambda: (
            sorted(types_of(listening, workspace_id))
            == [
                "billing.credits.captured",
                "billing.credits.captured",
                "billing.credits.granted",
                "billing.credits.released",
                "billing.hold.placed",
            ]
        )
    )
    ours = [one for one in listening if one["tenant_id"] == str(workspace_id) and one["data"].get("job_id")]
    assert {one["correlation_id"] for one in ours} == {str(job_id)}
    assert await credits_of(service, workspace_id) == {
        "available": 6,
        "held": 0,
        "settling": 0,
        "owed": 0,
        "spent": 4,
    }


async def test_a_capture_that_comes_before_its_hold_waits_and_is_charged(
    service: RunningBilling, listening: list[dict[str, Any]]
) -> None:
    """Red when a capture that finds no hold is dead instead of tried again, or is taken for done."""
    workspace_id, job_id = await open_with(service, 10), new_id()
    await say(service, ChunkCompleted(job_id=job_id, chunk_no=0, credits=3), workspace_id)
    await eventually(lambda: depth_of(service, "billing.retry.5s"))
    await say(service, JobCreated(job_id=job_id, credits=6, price_version=1), workspace_id)
    await eventually(lambda: "billing.credits.captured" in types_of(listening, workspace_id))
    assert (await credits_of(service, workspace_id))["spent"] == 3


async def test_a_capture_above_its_hold_is_dead_at_once_and_charges_nothing(
    service: RunningBilling, listening: list[dict[str, Any]]
) -> None:
    """Red when more is charged than was held, or when what can never be right is tried again."""
    workspace_id, job_id = await open_with(service, 10), new_id()
    await say(service, JobCreated(job_id=job_id, credits=2, price_version=1), workspace_id)
    await eventually(lambda: "billing.hold.placed" in types_of(listening, workspace_id))
    await say(service, ChunkCompleted(job_id=job_id, chunk_no=0, credits=3), workspace_id)

    async def causes() -> list[str]:
        answer = await service.client.get("/internal/dead-letters", headers=headers(workspace_id, operator=True))
        return [letter["cause"] for letter in answer.json()["items"] if letter["tenant_id"] == str(workspace_id)]

    await eventually(causes)
    assert await causes() == ["capture_above_hold"]
    assert await credits_of(service, workspace_id) == {
        "available": 8,
        "held": 2,
        "settling": 0,
        "owed": 0,
        "spent": 0,
    }


async def test_many_jobs_at_once_are_each_answered_once_and_none_beyond_what_there_is(
    service: RunningBilling, listening: list[dict[str, Any]]
) -> None:
    """Red when messages that share a transaction are acked without an answer, answered twice, or decided on stale books."""
    workspace_id = await open_with(service, 100)
    await asyncio.gather(
        *(say(service, JobCreated(job_id=new_id(), credits=3, price_version=1), workspace_id) for _ in range(40))
    )
    await eventually(lambda: len(answers_of(listening, workspace_id)) >= 40)
    assert Counter(answers_of(listening, workspace_id)) == {"billing.hold.placed": 33, "billing.hold.declined": 7}
    credits_ = await credits_of(service, workspace_id)
    assert (credits_["available"], credits_["held"]) == (1, 99)


def answers_of(heard: list[dict[str, Any]], workspace_id: UUID) -> list[str]:
    return [type_ for type_ in types_of(heard, workspace_id) if type_.startswith("billing.hold.")]


async def test_each_replica_measures_for_itself(
    service: RunningBilling, module_database: str, module_vhost: str
) -> None:
    """Red when a replica starts without its measuring task."""
    del service
    metrics.OVERDUE_HOLDS.set(7)
    async with running_billing(module_database, module_vhost, clock=True):
        await eventually(lambda: REGISTRY.get_sample_value("billing_overdue_holds") == 0)


async def test_prices_are_announced_at_every_start(
    service: RunningBilling, module_database: str, module_vhost: str
) -> None:
    """Red when only the schedule announces: a new price list would wait for its hour."""
    await eventually(lambda: depth_of(service, "ingest.update_prices"))
    before = await depth_of(service, "ingest.update_prices")
    async with running_billing(module_database, module_vhost, clock=True):
        await eventually(lambda: exceeds(service, before))


async def exceeds(service: RunningBilling, depth: int) -> bool:
    return await depth_of(service, "ingest.update_prices") > depth


async def depth_of(service: RunningBilling, queue: str) -> int:
    return await service.platform.bus.depth(queue)
