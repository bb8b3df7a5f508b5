"""Keeps the cycle collector out of the way of hundreds of calls in flight: left alone it takes a seventh of the CPU."""

import contextlib
import gc
from collections.abc import Generator

FEW_IN_FLIGHT = 5_000
MUCH_IN_FLIGHT = 50_000
"""Container objects between two young collections. The default of 700 is one row's worth: with hundreds in flight all of
them grow old. What is garbage meanwhile is memory, so a service that has little in flight waits less."""


_OLDER = (10, 10)
"""Collections of the young per one of the middle, and of those per one of everything. Cycles that have lived through two of them
are memory until then: with a hundred of the middle to one of everything a service grew by 35 MB in half a million rows."""


@contextlib.contextmanager
def seldom_collected(young: int = MUCH_IN_FLIGHT) -> Generator[None]:
    """What exists by now stays and is not looked at again; what comes is looked at more seldom. As before, afterwards."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(young, *_OLDER)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
