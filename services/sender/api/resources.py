"""What the routes need beside the unit of work: what sending shares, what opens mailboxes, and the time."""

from dataclasses import dataclass
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request

from libs.common.uow import OpenUow
from services.sender import metrics
from services.sender.domain.message import Sender
from services.sender.domain.unsubscribing import UnsubscribeLinks
from services.sender.domain.writing import Writer
from services.sender.post_office import PostOffice
from services.sender.repositories.workspaces import Clock
from services.sender.use_cases.plan_day import plan_day
from services.sender.use_cases.send_context import HouseContext
from services.sender.use_cases.settle_hand_overs import Desk

Cursor = Annotated[UUID | None, Query(description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200)]
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Resources:
    """Made at start."""

    context: HouseContext
    office: PostOffice

    @property
    def mailbox_id(self) -> UUID | None:
        """The mailbox of the settings; None where they name none."""
        return self.context.house_id

    @property
    def sender(self) -> Sender:
        return self.context.sender

    @property
    def links(self) -> UnsubscribeLinks:
        return self.context.links

    @property
    def default_quota(self) -> int:
        return self.context.default_quota

    @property
    def clock(self) -> Clock:
        return self.context.clock

    @property
    def desk(self) -> Desk:
        """What tells other schedulers of campaigns."""
        return Desk(self.context.open_uow, self.office.opener, self.clock, self.default_quota)

    @property
    def writer(self) -> Writer:
        return Writer(self.sender, self.links)


def resources_of(request: Request) -> Resources:
    """The resources of this process."""
    found = request.app.state.parts.resources
    assert isinstance(found, Resources)
    return found


CurrentResources = Annotated[Resources, Depends(resources_of)]


async def plan_today(open_uow: OpenUow, workspace_id: UUID, resources: Resources) -> None:
    """Give today's free slots to whoever is next, now rather than at the planner's next round.

    In a transaction of its own: what made it necessary holds, whatever becomes of the plan.
    """
    async with open_uow() as uow:
        planned = await plan_day(
            uow,
            workspace_id=workspace_id,
            mailbox_id=resources.mailbox_id,
            now=await resources.clock(uow.conn),
            default_quota=resources.default_quota,
            call_s=resources.context.timing.call_s,
        )
    metrics.SLOTS_ASSIGNED.inc(planned.assigned)


def cut(items: list[_Item], limit: int) -> tuple[list[_Item], bool]:
    """A page out of `limit + 1` rows, and whether there is more."""
    return items[:limit], len(items) > limit
