"""Room for requests of people nobody knows: how many may be open and how often one may begin, in this process."""

import time

from libs.common.errors import RateLimited
from services.gateway.domain.pace import full
from services.gateway.domain.routing import PUBLIC, PublicPath

_RETRY_AFTER_S = 2


class PublicRoom:
    """The room of one public path."""

    def __init__(self, path: PublicPath) -> None:
        self.path = path
        self.taken = 0
        self._pace = None if path.per_second is None else full(path.per_second, now=time.monotonic())

    def enter(self) -> None:
        """Take a place, to be left again. Raises RateLimited by the path's own name where there is none."""
        begins = True
        if self._pace is not None:
            self._pace, begins = self._pace.begin(time.monotonic())
        if self.taken >= self.path.at_once or not begins:
            msg = "too many such requests arrive at this moment: try again"
            raise RateLimited(msg, code=self.path.refusal, extra={"retry_after_s": _RETRY_AFTER_S})
        self.taken += 1

    def leave(self) -> None:
        """Give a place back."""
        self.taken -= 1


def public_rooms() -> dict[str, PublicRoom]:
    """A room for each public path, by its first segment."""
    return {segment: PublicRoom(path) for segment, path in PUBLIC.items()}
