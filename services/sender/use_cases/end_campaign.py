"""A person ends a campaign: nothing of it begins any more, and whom it has not written to is free for others."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.sender import CampaignFinished
from libs.common.errors import NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.days import day_at
from services.sender.repositories import campaigns, endings, planning, workspaces
from services.sender.repositories.campaigns import Campaign


async def end_campaign(
    uow: UnitOfWork, *, workspace_id: UUID, campaign_id: UUID, ended_by: UUID, now: datetime
) -> Campaign:
    """Idempotent, also for a draft; a finished campaign stays as it is. What is with a provider already is recorded as ever;
    an unknown email can still be decided to have been sent. Raises NotFound (campaign_not_found)."""
    workspace = await workspaces.load_workspace(uow.conn, workspace_id, lock=True)
    campaign = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id)
    if campaign is None or workspace is None:
        raise NotFound(f"there is no campaign {campaign_id}", code="campaign_not_found")
    if campaign.state == "finished":
        return campaign
    today = day_at(now, time_zone=workspace.time_zone).date
    await endings.end(uow.conn, campaign_id, ended_by=ended_by, today=today, now=now)
    told = CampaignFinished(campaign_id=campaign_id, name=campaign.name, ended_by_person=True)
    uow.publish(told, tenant_id=workspace_id, correlation_id=campaign_id)
    await planning.ask(uow.conn, workspace_id)
    ended = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id)
    assert ended is not None, "it was there, and its workspace is locked"
    return ended
