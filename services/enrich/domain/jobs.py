"""What enrich believes of a job: the highest version it has heard of and the state that came with it."""

from dataclasses import dataclass
from typing import Literal

State = Literal["running", "paused", "parked", "ended"]


@dataclass(frozen=True, slots=True)
class JobView:
    """Versions order what is heard; what carries a lower one is old news."""

    version: int
    state: State

    @property
    def may_work(self) -> bool:
        """Whether a next row may be started."""
        return self.state == "running"


def newer(present: JobView | None, heard: JobView) -> JobView:
    """The view after hearing something: only a higher version changes it."""
    return heard if present is None or heard.version > present.version else present
