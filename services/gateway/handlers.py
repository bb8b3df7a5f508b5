"""The gateway's queues."""

from collections.abc import Sequence

from libs.common.messaging.consumer import Subscription
from services.gateway.use_cases.record_history import record_history


def subscriptions() -> Sequence[Subscription]:
    """One subscription per queue."""
    return [Subscription("gateway.record_history", record_history, prefetch=16)]
