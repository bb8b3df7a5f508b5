"""Campaigns and their emails."""

from typing import cast
from uuid import UUID

from fastapi import APIRouter

from libs.common.errors import NotFound
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.etags import NOT_MODIFIED, Guarded, Tagged
from libs.common.http.idempotency import Once
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.uow import UnitOfWork
from services.sender.api.resources import CurrentResources, Cursor, Limit, Resources, cut, plan_today
from services.sender.repositories import campaigns
from services.sender.repositories.campaigns import Campaign
from services.sender.schemas.campaigns import (
    CampaignChange,
    CampaignIn,
    CampaignOut,
    CampaignPage,
    CampaignState,
    Counts,
    ExcludedRow,
    QuotaToday,
    StartedOut,
    Starting,
)
from services.sender.schemas.windows import WindowIn, WindowOut
from services.sender.use_cases.change_template import change_template
from services.sender.use_cases.change_window import change_window
from services.sender.use_cases.create_campaign import NewCampaign, create_campaign
from services.sender.use_cases.end_campaign import end_campaign
from services.sender.use_cases.pause_campaign import pause_campaign
from services.sender.use_cases.settle_hand_overs import check_hand_over, settle_hand_overs
from services.sender.use_cases.show_campaign import CampaignView, show_campaign, show_campaigns
from services.sender.use_cases.start_campaign import start_campaign

router = APIRouter(prefix="/v1", responses=PROBLEM_RESPONSES)


@router.post("/campaigns", status_code=201, tags=["campaigns"])
async def create(
    body: CampaignIn, identity: CurrentIdentity, uow: Uow, resources: CurrentResources, once: Once
) -> CampaignOut:
    """A draft. 409 list_not_ready, idempotency_key_reused, mailbox_missing, sandboxed_rows (rows made up by the sandbox and a
    real mailbox)."""
    await once.begin(uow)
    wish = NewCampaign(
        list_id=body.list_id,
        name=body.name,
        template_id=body.template_id,
        daily_quota=body.daily_quota,
        weight=body.weight,
        window=body.window.window if body.window else None,
        mailbox_ids=tuple(body.mailbox_ids),
    )
    campaign = await create_campaign(
        wish,
        uow=uow,
        workspace_id=identity.workspace_id,
        mailbox_id=resources.mailbox_id,
        default_quota=resources.default_quota,
        now=await resources.clock(uow.conn),
    )
    made = await _view(uow, campaign, resources)
    await once.keep(uow, made)
    return made


@router.get("/campaigns", tags=["campaigns"])
async def list_campaigns(
    identity: CurrentIdentity, uow: Uow, resources: CurrentResources, cursor: Cursor = None, limit: Limit = 20
) -> CampaignPage:
    """The workspace's campaigns, newest first."""
    rows = await campaigns.page_campaigns(uow.conn, workspace_id=identity.workspace_id, before=cursor, limit=limit + 1)
    page, more = cut(rows, limit)
    now = await resources.clock(uow.conn)
    views = await show_campaigns(uow, page, now=now, default_quota=resources.default_quota)
    items = [_out(view) for view in views]
    return CampaignPage(items=items, next_cursor=str(page[-1].id) if more else None)


@router.get("/campaigns/{campaign_id}", tags=["campaigns"], responses=NOT_MODIFIED)
async def show(
    campaign_id: UUID, identity: CurrentIdentity, uow: Uow, resources: CurrentResources, tag: Tagged
) -> CampaignOut:
    """One campaign with its counts and today's quota. It has an `ETag`. 404 campaign_not_found."""
    campaign = await _known(uow, campaign_id, workspace_id=identity.workspace_id)
    return tag.on(await _view(uow, campaign, resources), settings=_settings(campaign))


@router.patch("/campaigns/{campaign_id}", tags=["campaigns"])
async def change(
    campaign_id: UUID,
    body: CampaignChange,
    identity: CurrentIdentity,
    uow: Uow,
    resources: CurrentResources,
    guard: Guarded,
) -> CampaignOut:
    """Give a draft another template, or its own as it is by now. 404 campaign_not_found, template_not_found; 409
    campaign_not_draft; 412 settings_changed when `If-Match` is no longer its ETag; 422 template_invalid,
    unsubscribe_link_missing, postal_address_missing."""
    await guard.hold(uow)
    known = await _known(uow, campaign_id, workspace_id=identity.workspace_id)
    guard.check(_settings(known))
    campaign = await change_template(
        uow, workspace_id=identity.workspace_id, campaign_id=campaign_id, template_id=body.template_id
    )
    return guard.on(await _view(uow, campaign, resources), settings=_settings(campaign))


async def _known(uow: UnitOfWork, campaign_id: UUID, *, workspace_id: UUID) -> Campaign:
    campaign = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id)
    if campaign is None:
        raise NotFound(f"there is no campaign {campaign_id}", code="campaign_not_found")
    return campaign


def _settings(campaign: Campaign) -> object:
    """What of it may be changed."""
    return {"template_id": campaign.template_id, "template_version": campaign.template_version}


@router.post("/campaigns/{campaign_id}/start", tags=["campaigns"])
async def start(
    campaign_id: UUID, identity: CurrentIdentity, open_uow: OpenUowDep, resources: CurrentResources
) -> StartedOut:
    """Render every row's mail, enrol those that can be sent, and plan today. Rows left out are named with the reason.

    A list of more than 2,000 rows is not in yet when this answers: the campaign is `starting`, says how far, and goes on by
    itself; what is left out is in its leads then, and why it came to nothing, if it did, in `start_problem`.

    A paused campaign goes on; an active one stays as it is. 409 nothing_to_send, campaign_finished, zone_not_offered.
    """
    async with open_uow() as uow:
        await check_hand_over(uow, campaign_id, workspace_id=identity.workspace_id, desk=resources.desk)
    started = await start_campaign(
        open_uow,
        workspace_id=identity.workspace_id,
        campaign_id=campaign_id,
        writer=resources.writer,
        clock=resources.clock,
    )
    if started.campaign.state == "active":
        await settle_hand_overs(resources.desk, campaign_id=campaign_id)
        await plan_today(open_uow, identity.workspace_id, resources)
    async with open_uow() as uow:
        view = await _view(uow, started.campaign, resources)
    rows = [ExcludedRow(row_no=r.position, code=r.reason or "", detail=r.detail) for r in started.excluded]
    return StartedOut(**view.model_dump(by_alias=True), excluded_rows=rows)


@router.post("/campaigns/{campaign_id}/pause", tags=["campaigns"])
async def pause(
    campaign_id: UUID, identity: CurrentIdentity, open_uow: OpenUowDep, resources: CurrentResources
) -> CampaignOut:
    """Nothing begins after this answer. What it had not used of today serves the other campaigns."""
    async with open_uow() as uow:
        now = await resources.clock(uow.conn)
        campaign = await pause_campaign(uow, workspace_id=identity.workspace_id, campaign_id=campaign_id, now=now)
    await settle_hand_overs(resources.desk, campaign_id=campaign_id)
    await plan_today(open_uow, identity.workspace_id, resources)
    async with open_uow() as uow:
        return await _view(uow, campaign, resources)


@router.post("/campaigns/{campaign_id}/end", tags=["campaigns"])
async def end(
    campaign_id: UUID, identity: CurrentIdentity, open_uow: OpenUowDep, resources: CurrentResources
) -> CampaignOut:
    """Finish it for good: nothing begins after this answer, what was planned is cancelled, and whom it has not written to
    may be written to by others. What a provider that schedules by itself still holds is stopped there. Repeating it changes
    nothing."""
    async with open_uow() as uow:
        now = await resources.clock(uow.conn)
        campaign = await end_campaign(
            uow, workspace_id=identity.workspace_id, campaign_id=campaign_id, ended_by=identity.user_id, now=now
        )
    await settle_hand_overs(resources.desk, campaign_id=campaign_id)
    await plan_today(open_uow, identity.workspace_id, resources)
    async with open_uow() as uow:
        return await _view(uow, campaign, resources)


@router.put("/campaigns/{campaign_id}/window", tags=["campaigns"])
async def set_window(
    campaign_id: UUID, body: WindowIn, identity: CurrentIdentity, uow: Uow, resources: CurrentResources
) -> CampaignOut:
    """Other hours, for a draft or a paused campaign. 409 campaign_active, campaign_finished; 422 window_invalid."""
    campaign = await change_window(uow, workspace_id=identity.workspace_id, campaign_id=campaign_id, window=body.window)
    return await _view(uow, campaign, resources)


async def _view(uow: UnitOfWork, campaign: Campaign, resources: Resources) -> CampaignOut:
    now = await resources.clock(uow.conn)
    return _out(await show_campaign(uow, campaign, now=now, default_quota=resources.default_quota))


def _out(view: CampaignView) -> CampaignOut:
    campaign = view.campaign
    starts = campaign.state == "starting"
    return CampaignOut(
        id=campaign.id,
        list_id=campaign.list_id,
        template_id=campaign.template_id,
        template_version=campaign.template_version,
        name=campaign.name,
        state=cast("CampaignState", campaign.state),
        sandboxed=campaign.sandboxed,
        daily_quota=campaign.daily_quota,
        weight=campaign.weight,
        mailbox_ids=list(view.mailbox_ids),
        hand_over=view.hand_over_note is not None,
        hand_over_note=view.hand_over_note,
        window=WindowOut.of(campaign.window),
        starting=Starting(rows=campaign.start_rows, of=max(view.rows, campaign.start_rows)) if starts else None,
        start_problem=campaign.start_problem,
        paused_reason=campaign.paused_reason,
        counts=Counts(**view.counts),
        quota_today=QuotaToday(limit=view.limit, used=view.used),
        created_at=campaign.created_at,
        started_at=campaign.started_at,
        finished_at=campaign.finished_at,
    )
