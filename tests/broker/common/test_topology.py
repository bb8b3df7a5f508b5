"""Topology: everything is declared by everybody, so that an event waits even for a service that was never started."""

from __future__ import annotations

import aio_pika
import httpx
import pytest

from deploy.local.pair import Pair
from libs.common.contracts.catalogue import EVENTS, LISTENERS
from libs.common.contracts.enrich import CapacityAnnounced
from libs.common.messaging.bus import Bus
from libs.common.messaging.topology import RETRY_DELAYS, dead_queue, queues, retry_exchange
from tests.broker.common.parts import Bench, created


async def test_an_event_waits_for_a_service_that_was_never_started(bench: Bench) -> None:
    """Red when a service declares only its own queues: the event would be unroutable, or lost to the late ones."""
    await bench.say(created())
    assert await bench.relay_once() == 1
    for queue in ("billing.open_account", "sender.open_workspace", "ingest.open_workspace"):
        assert await bench.waiting_in(queue) == 1


async def test_declaring_again_changes_nothing(bench: Bench) -> None:
    """Every replica of every service declares it all at each start. Red when a second declaration differs."""
    again = Bus(bench.amqp_url, service="sender")
    await again.connect()
    await again.close()


async def test_a_queue_that_exists_with_other_limits_is_an_error_at_start(fresh_vhost: str) -> None:
    """Red when a service would run on a queue whose limits are not the ones in the code."""
    connection = await aio_pika.connect(fresh_vhost)
    async with connection:
        channel = await connection.channel()
        await channel.declare_queue("ingest.read_upload", durable=True)
    refused = Bus(fresh_vhost, service="ingest")
    with pytest.raises(aio_pika.exceptions.ChannelPreconditionFailed, match=r"ingest\.read_upload"):
        await refused.connect()
    # Left open it would try to come back to a vhost that is gone, and the end of the run would wait for it.
    await refused.close()


async def test_every_queue_is_a_quorum_queue_and_refuses_rather_than_drops(bench: Bench, server_pair: Pair) -> None:
    """What the broker really has. Red with classic queues, with a retry queue without its delay, or a work queue that
    does not pass its hopeless messages on to its dead queue."""
    found = await _queues_of(server_pair, bench.amqp_url.rpartition("/")[2])
    assert set(found) == {spec.name for spec in queues()}
    for name, arguments in found.items():
        assert arguments["x-queue-type"] == "quorum"
        assert arguments["x-overflow"] == "reject-publish"
        if ".retry." in name or name.endswith(".dead"):
            continue
        if all(event.transient for event in LISTENERS[name]):
            assert "x-dead-letter-exchange" not in arguments
        else:
            assert arguments["x-dead-letter-routing-key"] == dead_queue(name)
            assert arguments["x-dead-letter-strategy"] == "at-least-once"
    for service in ("gateway", "ingest", "enrich", "billing", "sender"):
        delays = {found[retry_exchange(service, name)]["x-message-ttl"] for name, _ in RETRY_DELAYS}
        assert delays == {milliseconds for _, milliseconds in RETRY_DELAYS}


async def _queues_of(servers: Pair, vhost: str) -> dict[str, dict[str, object]]:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as api:
        answer = await api.get(f"{servers.management_url}/api/queues/{vhost}", params={"disable_stats": "true"})
        return {queue["name"]: queue["arguments"] for queue in answer.json()}


async def test_every_event_that_must_not_be_lost_has_a_queue_to_wait_in() -> None:
    """An event without a listener would stay in the outbox for ever, as unroutable. Red when one is not listened to."""
    heard = {event for events in LISTENERS.values() for event in events}
    deaf = {event.type for event in EVENTS if event not in heard and not event.transient}
    assert deaf == set()
    assert CapacityAnnounced in heard


def test_nothing_waits_longer_than_five_minutes_in_the_broker() -> None:
    """A longer wait is a row with `due_at`, where it can be seen and changed. Red when a retry queue holds for longer."""
    assert all(0 < milliseconds <= 5 * 60 * 1000 for _, milliseconds in RETRY_DELAYS)
