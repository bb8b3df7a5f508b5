"""All that days to come are made from: a workspace's campaigns, mailboxes, slots and those who wait, as they are now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.errors import NotFound
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.domain.days import day_at
from services.sender.domain.plan.candidates import Candidate
from services.sender.domain.plan.crowds import Crowd
from services.sender.domain.plan.outlook import Outlook
from services.sender.domain.plan.rooms import DayTerms
from services.sender.repositories import campaigns, candidates, pauses, plan, recipients, slots, test_mails, workspaces
from services.sender.repositories.campaigns import NOT_STARTED, Campaign
from services.sender.repositories.recipients import Recipient
from services.sender.use_cases.check_campaign import barred_rows
from services.sender.use_cases.enrol_page import place_of_recipient

_PAGE = 500
_FAR = timedelta(days=3650)


@dataclass(frozen=True, kw_only=True)
class House:
    """What the settings add: the mailbox that serves every workspace, the quota of a day, and how long a send takes."""

    mailbox_id: UUID | None
    default_quota: int
    call_s: float


async def look_ahead(
    open_uow: OpenUow, *, workspace_id: UUID, house: House, now: datetime, also: UUID | None = None
) -> Outlook:
    """The outlook of a workspace; `also` counts one campaign as if it were started now.

    Those who wait are read page by page, each in a transaction of its own, and kept small: their number does not matter.
    Raises NotFound (campaign_not_found) for a campaign that is not the workspace's.
    """
    async with open_uow() as uow:
        outlook, campaign = await _frame(uow, workspace_id, house=house, now=now, also=also)
    for one in outlook.campaigns:
        if campaign and one.id == campaign.id and campaign.state in NOT_STARTED:
            await _add_list(outlook, campaign, open_uow=open_uow)
        else:
            await _add_enrolled(outlook, one.id, open_uow=open_uow)
    return outlook


async def _frame(
    uow: UnitOfWork, workspace_id: UUID, *, house: House, now: datetime, also: UUID | None
) -> tuple[Outlook, Campaign | None]:
    """All but those who wait."""
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
    outlook = Outlook(
        now=now,
        time_zone=workspace.time_zone,
        terms=DayTerms(quota, workspace.domain_quota, workspace.follow_up_share),
        quota_today=await plan.quota_of(uow.conn, workspace_id=workspace_id, day=today.date) or quota,
        pause=timedelta(days=workspace.campaign_pause_days),
        call=timedelta(seconds=house.call_s),
        campaigns=running,
        mailboxes=boxes,
        waiting=Crowd(),
        held=await slots.held(uow.conn, workspace_id=workspace_id, day=today.date),
        tests=await test_mails.held(uow.conn, workspace_id=workspace_id, since=today.starts_at, until=today.ends_at),
    )
    return outlook, campaign


async def _add_enrolled(outlook: Outlook, campaign_id: UUID, *, open_uow: OpenUow) -> None:
    far, email_id, position = outlook.now + _FAR, None, -1
    full = True
    while full:
        async with open_uow() as uow:
            found = await candidates.again(uow.conn, campaign_id, after=email_id, until=far, limit=_PAGE)
        outlook.waiting.add(found)
        full, email_id = len(found) == _PAGE, found[-1].email_id if found else None
    full = True
    while full:
        async with open_uow() as uow:
            found = await candidates.fresh(uow.conn, campaign_id, after=position, until=far, limit=_PAGE)
        outlook.waiting.add(found)
        full, position = len(found) == _PAGE, found[-1].position if found else position


async def _add_list(outlook: Outlook, campaign: Campaign, *, open_uow: OpenUow) -> None:
    """The rows of a draft's list that nothing bars. Their mails are not rendered: that is what the check is for."""
    row_no = -1
    while True:
        async with open_uow() as uow:
            page = await recipients.page(uow.conn, list_id=campaign.list_id, after_row=row_no, limit=_PAGE)
            barred = await barred_rows(uow, campaign, page)
            written = await pauses.written_since(
                uow.conn,
                workspace_id=campaign.workspace_id,
                campaign_id=campaign.id,
                addresses=[row.email for row in page],
                since=outlook.now - outlook.pause,
            )
        if not page:
            return
        row_no = page[-1].row_no
        outlook.waiting.add(
            _would_wait(campaign, row, row.lead_id, outlook.time_zone, written=written)
            for row in page
            if row.id not in barred and row.lead_id is not None
        )


def _would_wait(
    campaign: Campaign, row: Recipient, lead_id: UUID, time_zone: str, *, written: Mapping[str, datetime]
) -> Candidate:
    place = place_of_recipient(row, fallback_zone=time_zone)
    return Candidate(
        campaign_id=campaign.id,
        enrolment_id=row.id,
        lead_id=lead_id,
        recipient=row.email,
        domain=row.email.rpartition("@")[2],
        position=row.row_no,
        mailbox_id=None,
        time_zone=place.time_zone,
        country=place.country,
        subdivision=place.subdivision,
        written_elsewhere_at=written.get(row.email),
    )
