"""Every queue of the catalogue is served by exactly one subscription, with an ack policy of its own choosing."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from faststream import AckPolicy
from faststream.rabbit import RabbitBroker

from libs.common.contracts.catalogue import LISTENERS
from libs.common.contracts.protections import PROTECTIONS
from libs.common.messaging.bus import Bus
from libs.common.messaging.consumer import Consumer, Subscription
from libs.common.messaging.undertaker import Undertaker
from libs.common.uow import UnitOfWorkFactory
from tests.architecture.tree import ROOT, argument, calls, modules, shown


def _subscriptions() -> list[tuple[Path, ast.Call]]:
    return [(path, call) for path in modules("services") for call in calls(path, "Subscription")]


def _queue_of(path: Path, call: ast.Call) -> str:
    name = argument(call, "queue", position=0)
    assert isinstance(name, ast.Constant), f"{shown(path)}:{call.lineno}: name the queue where it is subscribed to"
    return str(name.value)


def test_every_queue_has_exactly_one_subscription_and_every_subscription_its_queue() -> None:
    """Red when a queue fills with nobody listening, or two use cases take each other's messages."""
    found = Counter(_queue_of(path, call) for path, call in _subscriptions())
    assert found == Counter(LISTENERS.keys())


def test_a_service_listens_to_its_own_queues_only() -> None:
    strangers = [
        (shown(path), _queue_of(path, call))
        for path, call in _subscriptions()
        if _queue_of(path, call).split(".")[0] != path.relative_to(ROOT / "services").parts[0]
    ]
    assert strangers == []


def test_who_calls_out_says_so_in_its_protection() -> None:
    """The documents tell where each inbox row is written. Red when they tell it wrongly."""
    for path, call in _subscriptions():
        flag = argument(call, "calls_out", position=2)
        calls_out = isinstance(flag, ast.Constant) and flag.value is True
        queue = _queue_of(path, call)
        assert (PROTECTIONS[queue].inbox != "with the effect") == calls_out, queue


def test_every_subscriber_has_an_explicit_ack_policy() -> None:
    """FastStream's default throws a message away at the first exception. Red when a subscriber is left to it."""
    broker = RabbitBroker("amqp://nobody@127.0.0.1:1/")
    for queue in LISTENERS:
        subscription = Subscription(queue, _handler)
        bus = Bus("amqp://nobody@127.0.0.1:1/", service="test")
        open_uow = UnitOfWorkFactory.__new__(UnitOfWorkFactory)
        Consumer(subscription, open_uow=open_uow, bus=bus).attach(broker)
        Undertaker(subscription, open_uow=open_uow).attach(broker)
    policies = {subscriber.ack_policy for subscriber in broker.subscribers}
    assert len(broker.subscribers) == 2 * len(LISTENERS)
    assert policies == {AckPolicy.MANUAL}


async def _handler() -> None:
    """Is never called."""


def test_nobody_subscribes_beside_the_platform() -> None:
    """A subscriber made by hand would need its own ack policy, prefetch and dead letters. Red when one appears."""
    beside = [
        f"{shown(path)}:{call.lineno}"
        for path in modules("services", "libs")
        for call in calls(path, "subscriber")
        if isinstance(call.func, ast.Attribute) and argument(call, "ack_policy") is None
    ]
    assert beside == []


LONGEST_S = 1700
"""RabbitMQ closes the channel of a delivery that is unacked for 30 minutes, and with it those of the neighbours."""


def test_no_handler_may_take_longer_than_the_broker_waits() -> None:
    for path, call in _subscriptions():
        limit = argument(call, "timeout_s")
        if isinstance(limit, ast.Constant):
            assert float(str(limit.value)) <= LONGEST_S, f"{shown(path)}:{call.lineno}"
