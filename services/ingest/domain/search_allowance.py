"""How often a workspace may look at a search: looking is free, but Apollo counts the calls of all workspaces together."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.errors import RateLimited

PER_MINUTE = 20
_MINUTE = timedelta(minutes=1)
_REMEMBERED = 1000


@dataclass
class SearchAllowance:
    """Searches of the last minute by workspace, in this process."""

    per_minute: int = PER_MINUTE
    taken: OrderedDict[UUID, deque[datetime]] = field(default_factory=OrderedDict[UUID, deque[datetime]])

    def take(self, workspace_id: UUID, *, now: datetime) -> None:
        """Use one. Raises RateLimited `too_many_searches`, which says when the next one is free."""
        mine = self.taken.setdefault(workspace_id, deque())
        self.taken.move_to_end(workspace_id)
        if len(self.taken) > _REMEMBERED:
            self.taken.popitem(last=False)
        while mine and mine[0] <= now - _MINUTE:
            mine.popleft()
        if len(mine) >= self.per_minute:
            wait_s = max(1, round((mine[0] + _MINUTE - now).total_seconds()))
            msg = f"{self.per_minute} searches a minute are enough for one workspace: try again in {wait_s} s"
            raise RateLimited(msg, code="too_many_searches", extra={"retry_after_s": wait_s})
        mine.append(now)
