"""Waiting for a condition, with a bound: what tests do instead of sleeping."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

PATIENCE_S = 60
"""A bound, not an expectation: a machine that is busy elsewhere is no failing test. pytest's own limit is 120 s."""

Condition = Callable[[], object | Awaitable[object]]


async def eventually(condition: Condition, *, within_s: float = PATIENCE_S, every_s: float = 0.02) -> None:
    """Returns when the condition holds. Fails, saying what was waited for, when it does not in time."""
    deadline, last = time.monotonic() + within_s, None
    while True:
        last = condition()
        if inspect.isawaitable(last):
            last = await last
        if last:
            return
        if time.monotonic() > deadline:
            what = inspect.getsource(condition).strip()
            raise AssertionError(f"not within {within_s} s (last: {last!r}): {what}")
        await asyncio.sleep(every_s)
