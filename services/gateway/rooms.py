"""Room in this process: for requests of people nobody knows, how many may be open and how often one may begin; for exports."""

import time
from uuid import UUID

from libs.common.errors import RateLimited
from services.gateway.domain.pace import full
from services.gateway.domain.routing import PUBLIC, PublicPath

_RETRY_AFTER_S = 2
_EXPORTS_AT_ONCE = 2
_EXPORT_RETRY_AFTER_S = 60


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


class ExportRoom:
    """Exports under way: each holds one of every service's few connections until it is read to its end."""

    def __init__(self) -> None:
        self._taken = set[UUID]()

    def enter(self, workspace_id: UUID) -> None:
        """Take a place, to be left again. Raises RateLimited `export_under_way`, `too_many_exports`."""
        more = {"retry_after_s": _EXPORT_RETRY_AFTER_S}
        if workspace_id in self._taken:
            raise RateLimited("an export of this workspace is being read", code="export_under_way", extra=more)
        if len(self._taken) >= _EXPORTS_AT_ONCE:
            msg = "other workspaces are being exported at this moment: try again in a minute"
            raise RateLimited(msg, code="too_many_exports", extra=more)
        self._taken.add(workspace_id)

    def leave(self, workspace_id: UUID) -> None:
        """Give the place back."""
        self._taken.discard(workspace_id)
