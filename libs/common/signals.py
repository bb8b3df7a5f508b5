"""Hearing of a stop at once: the server tells its lifespan only when every connection has ended, and streams never end."""

import asyncio
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def set_at_stop(stopping: asyncio.Event) -> Generator[None]:
    """Set the event when a stop signal comes, then let the server's own handler have it. Call it in the running loop."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def hear(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stopping.set)
        server = before[signal.Signals(number)]
        if callable(server):
            server(number, frame)

    wrapped = [number for number in _SIGNALS if callable(before[number])]
    for number in wrapped:
        signal.signal(number, hear)
    try:
        yield
    finally:
        for number in wrapped:
            if signal.getsignal(number) is hear:
                signal.signal(number, before[number])
