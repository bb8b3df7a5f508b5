"""A person gives a campaign other hours: before it starts, or while it is paused."""

from dataclasses import replace
from uuid import UUID

from libs.common.errors import Conflict, NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.windows import Window
from services.sender.repositories import campaigns, planning, sleepers, workspaces
from services.sender.repositories.campaigns import Campaign


async def change_window(uow: UnitOfWork, *, workspace_id: UUID, campaign_id: UUID, window: Window) -> Campaign:
    """Idempotent. Whoever slept until the old hours is looked at again.

    Raises NotFound (campaign_not_found), Conflict (campaign_active, campaign_finished).
    """
    await workspaces.load_workspace(uow.conn, workspace_id, lock=True)
    found = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    if found is None:
        raise NotFound(f"there is no campaign {campaign_id}", code="campaign_not_found")
    if found.state == "active":
        raise Conflict("the campaign is sending: pause it, then change its hours", code="campaign_active")
    if found.state == "finished":
        raise Conflict("the campaign is finished: its hours matter no more", code="campaign_finished")
    await campaigns.set_window(uow.conn, campaign_id, window)
    await sleepers.ask_to_wake(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id)
    await planning.ask(uow.conn, workspace_id)
    return replace(found, window=window)
