"""All that days to come are made from: a workspace's campaigns, mailboxes, slots and those who wait, as they are now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.errors import NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.days import day_at
from services.sender.domain.plan.candidates import Candidate, PlannedCampaign
from services.sender.domain.plan.outlook import Outlook
from services.sender.domain.plan.rooms import DayTerms
from services.sender.repositories import campaigns, candidates, plan, recipients, slots, test_mails, workspaces
from services.sender.repositories.campaigns import NOT_STARTED, Campaign
from services.sender.repositories.workspaces import Workspace
from services.sender.use_cases.check_campaign import PAGE, barred_rows
from services.sender.use_cases.enrol_page import place_of_recipient

_ALL = 10_000_000
_FAR = timedelta(days=3650)


@dataclass(frozen=True, kw_only=True)
class House:
    """What the settings add: the mailbox that serves every workspace, the quota of a day, and how long a send takes."""

    mailbox_id: UUID | None
    default_quota: int
    call_s: float


async def look_ahead(
    uow: UnitOfWork, *, workspace_id: UUID, house: House, now: datetime, also: UUID | None = None
) -> Outlook:
    """The outlook of a workspace; `also` counts one campaign as if it were started now.

    Raises NotFound (campaign_not_found) for one that is not the workspace's.
    """
    workspace = await workspaces.load_workspace(uow.conn, workspace_id)
    campaign = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=also) if also else None
    if workspace is None or (also and campaign is None):
        raise NotFound(f"there is no campaign {also}", code="campaign_not_found")
    boxes = await candidates.usable_mailboxes(uow.conn, workspace_id=workspace_id, house_mailbox_id=house.mailbox_id)
    running = await candidates.active_campaigns(
        uow.conn, workspace_id=workspace_id, mailbox_ids=[box.id for box in boxes], also=also
    )
    today = day_at(now, time_zone=workspace.time_zone)
    quota = workspace.daily_quota or house.default_quota
    return Outlook(
        now=now,
        time_zone=workspace.time_zone,
        terms=DayTerms(quota, workspace.domain_quota, workspace.follow_up_share),
        quota_today=await plan.quota_of(uow.conn, workspace_id=workspace_id, day=today.date) or quota,
        pause=timedelta(days=workspace.campaign_pause_days),
        call=timedelta(seconds=house.call_s),
        campaigns=running,
        mailboxes=boxes,
        waiting=await _waiting(uow, workspace, running, campaign, now=now),
        held=await slots.held(uow.conn, workspace_id=workspace_id, day=today.date),
        tests=await test_mails.held(uow.conn, workspace_id=workspace_id, since=today.starts_at, until=today.ends_at),
    )


async def _waiting(
    uow: UnitOfWork, workspace: Workspace, running: Sequence[PlannedCampaign], also: Campaign | None, *, now: datetime
) -> list[Candidate]:
    far, found = now + _FAR, list[Candidate]()
    for one in running:
        if also and one.id == also.id and also.state in NOT_STARTED:
            found += await _would_be_enrolled(uow, also, time_zone=workspace.time_zone)
            continue
        found += await candidates.again(uow.conn, one.id, after=None, until=far, limit=_ALL)
        found += await candidates.fresh(uow.conn, one.id, after=-1, until=far, limit=_ALL)
    return found


async def _would_be_enrolled(uow: UnitOfWork, campaign: Campaign, *, time_zone: str) -> list[Candidate]:
    """The rows of a draft's list that nothing bars. Their mails are not rendered: that is what the check is for."""
    found, row_no = list[Candidate](), -1
    while page := await recipients.page(uow.conn, list_id=campaign.list_id, after_row=row_no, limit=PAGE):
        row_no = page[-1].row_no
        barred = await barred_rows(uow, campaign, page)
        for row in page:
            if row.id in barred or row.lead_id is None:
                continue
            place = place_of_recipient(row, fallback_zone=time_zone)
            found.append(
                Candidate(
                    campaign_id=campaign.id,
                    enrolment_id=row.id,
                    lead_id=row.lead_id,
                    recipient=row.email,
                    domain=row.email.rpartition("@")[2],
                    position=row.row_no,
                    mailbox_id=None,
                    time_zone=place.time_zone,
                    country=place.country,
                    subdivision=place.subdivision,
                )
            )
    return found
