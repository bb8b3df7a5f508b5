"""A limit of CPU time for a piece of work that a hostile input could make endless."""

import contextlib
import signal
from collections.abc import Generator
from types import FrameType


class OutOfTime(Exception):
    """The work took longer than it may."""


_GRACE_S = 1.0


@contextlib.contextmanager
def cpu_deadline(seconds: float) -> Generator[None]:
    """Raises OutOfTime inside the block after so many seconds of this process's own CPU time. Main thread only.

    Code that does not come back to Python, or swallows the exception, is ended with its process a second later.
    """

    def ring(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
        raise OutOfTime

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _GRACE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
