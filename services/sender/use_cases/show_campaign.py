"""A campaign as a person looks at it: where its leads stand, and what it may still send today."""

from dataclasses import dataclass
from datetime import datetime

from libs.common.errors import NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.days import day_at
from services.sender.repositories import campaigns, workspaces
from services.sender.repositories.campaigns import Campaign


@dataclass(frozen=True)
class CampaignView:
    """`counts` has every name the API promises; `limit` and `used` are of today."""

    campaign: Campaign
    counts: dict[str, int]
    limit: int
    used: int


async def show_campaign(uow: UnitOfWork, campaign: Campaign, *, now: datetime, default_quota: int) -> CampaignView:
    """Count a campaign. Raises NotFound when its workspace is gone."""
    workspace = await workspaces.load_workspace(uow.conn, campaign.workspace_id)
    if workspace is None:
        raise NotFound(f"there is no campaign {campaign.id}", code="campaign_not_found")
    today = day_at(now, time_zone=workspace.time_zone).date
    mails = await campaigns.email_counts(uow.conn, campaign.id)
    leads = await campaigns.enrolment_counts(uow.conn, campaign.id)
    counts = {name: mails.get(name, 0) for name in ("sending", "sent", "failed", "unknown", "deferred", "cancelled")}
    counts["planned"] = mails.get("planned", 0) + mails.get("claimed", 0)
    counts["waiting"] = leads["untouched"] + mails.get("slotless", 0)
    counts["suppressed"] = leads["suppressed"] + mails.get("suppressed", 0)
    counts["excluded"] = leads["excluded"]
    limit = min(campaign.daily_quota, workspace.daily_quota or default_quota)
    return CampaignView(campaign, counts, limit, await campaigns.used_today(uow.conn, campaign.id, day=today))
