"""A person pauses a campaign: nothing begins after that, and what it had not used of today serves the others."""

from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict, NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.days import day_at
from services.sender.repositories import campaigns, plan, planning, workspaces
from services.sender.repositories.campaigns import Campaign
from services.sender.tables import slots


async def pause_campaign(
    uow: UnitOfWork, *, workspace_id: UUID, campaign_id: UUID, now: datetime, reason: str | None = None
) -> Campaign:
    """Idempotent. `reason` is told to whoever looks, where no person has paused it.

    Raises NotFound (campaign_not_found), Conflict (campaign_not_active) for a draft or a finished one."""
    workspace = await workspaces.load_workspace(uow.conn, workspace_id, lock=True)
    campaign = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id)
    if campaign is None or workspace is None:
        raise NotFound(f"there is no campaign {campaign_id}", code="campaign_not_found")
    if campaign.state not in {"active", "paused"}:
        raise Conflict(
            f"the campaign is {campaign.state}: only an active one can be paused (any can be ended)",
            code="campaign_not_active",
        )
    await campaigns.pause(uow.conn, campaign_id, now=now, reason=reason)
    today = day_at(now, time_zone=workspace.time_zone).date
    await plan.release_assigned(uow.conn, slots.c.campaign_id == campaign_id, today=today)
    await planning.ask(uow.conn, workspace_id)
    paused = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id)
    assert paused is not None
    return paused
