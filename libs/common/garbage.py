"""Keeps the cycle collector out of the way of hundreds of calls in flight: left alone it takes a seventh of the CPU."""

import contextlib
import gc
from collections.abc import Generator

_YOUNG = 50_000
"""Container objects between two young collections. The default of 700 is one row's worth: everything in flight grows old."""


@contextlib.contextmanager
def seldom_collected() -> Generator[None]:
    """What exists by now stays and is not looked at again; what comes is looked at more seldom. As before, afterwards."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
