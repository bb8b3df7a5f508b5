"""A stop signal is heard at once, and still reaches the server."""

from __future__ import annotations

import asyncio
import signal

from libs.common.signals import set_at_stop
from tests.support.waiting import PATIENCE_S


async def test_a_stop_signal_sets_the_event_and_reaches_the_servers_own_handler() -> None:
    """Streams never end by themselves, and the server waits for them. Red when the event is set only by the lifespan."""
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        stopping = asyncio.Event()
        with set_at_stop(stopping):
            signal.raise_signal(signal.SIGTERM)
            await asyncio.wait_for(stopping.wait(), PATIENCE_S)
        assert heard == [signal.SIGTERM]
        signal.raise_signal(signal.SIGTERM)
        assert len(heard) == 2, "afterwards the server has it alone"
    finally:
        signal.signal(signal.SIGTERM, before)
