"""What leaves when, what would become of a campaign, and why a lead has not been written to."""

from dataclasses import asdict
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Query

from libs.common.errors import NotFound
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.uow import OpenUow
from services.sender.api.resources import CurrentResources, Limit, Resources, cut
from services.sender.domain.dry_run import Faults
from services.sender.domain.explaining import Explanation
from services.sender.domain.plan.forecast import Forecast
from services.sender.repositories import campaigns, standings
from services.sender.repositories.standings import Standing
from services.sender.schemas.outlook import (
    CampaignWhy,
    CauseOut,
    DayOfCampaignOut,
    DryDayOut,
    DryRunIn,
    DryRunOut,
    ExplanationOut,
    ForecastDayOut,
    ForecastOut,
    LeadOut,
    LeadPage,
    LeadState,
    LeadWhy,
)
from services.sender.use_cases.dry_run_campaign import dry_run_campaign
from services.sender.use_cases.explain_campaign import explain_campaign
from services.sender.use_cases.explain_lead import explain_lead
from services.sender.use_cases.forecast_sending import forecast_sending
from services.sender.use_cases.look_ahead import House

router = APIRouter(prefix="/v1", responses=PROBLEM_RESPONSES)
Days = Annotated[int, Query(ge=1, le=366, description="So many days at most, from today on.")]


@router.get("/sending/forecast", tags=["campaigns"])
async def forecast_of_workspace(
    identity: CurrentIdentity, open_uow: OpenUowDep, resources: CurrentResources, days: Days = 30
) -> ForecastOut:
    """How many mails leave on each day to come, by campaign, of those that are active, as far as all goes well."""
    return await _forecast(open_uow, identity.workspace_id, resources, days=days, campaign_id=None)


@router.get("/campaigns/{campaign_id}/forecast", tags=["campaigns"])
async def forecast_of_campaign(
    campaign_id: UUID, identity: CurrentIdentity, open_uow: OpenUowDep, resources: CurrentResources, days: Days = 30
) -> ForecastOut:
    """How many of this campaign's mails leave on each day to come, among the others'. A draft counts as started now.

    404 campaign_not_found.
    """
    return await _forecast(open_uow, identity.workspace_id, resources, days=days, campaign_id=campaign_id)


@router.post("/campaigns/{campaign_id}/dry-run", tags=["campaigns"])
async def dry_run(
    campaign_id: UUID, body: DryRunIn, identity: CurrentIdentity, open_uow: OpenUowDep, resources: CurrentResources
) -> DryRunOut:
    """The whole campaign in seconds, on a clock of its own, with a provider that fails as told. Nothing is stored or sent.

    A draft is run as if it were started now; its mails are not rendered. 404 campaign_not_found.
    """
    found = await dry_run_campaign(
        open_uow,
        workspace_id=identity.workspace_id,
        campaign_id=campaign_id,
        house=_house(resources),
        timing=resources.context.timing,
        faults=Faults(**body.faults.model_dump()),
        clock=resources.clock,
    )
    totals = {name: sum(getattr(day, name) for day in found.days) for name in ("sent", "deferred", "failed", "unknown")}
    return DryRunOut(
        days=[DryDayOut(**asdict(day)) for day in found.days],
        **totals,
        suppressed=found.stopped,
        left=found.left,
        first_at=found.first_at,
        last_at=found.last_at,
    )


@router.get("/campaigns/{campaign_id}/leads", tags=["campaigns"])
async def list_leads(
    campaign_id: UUID,
    identity: CurrentIdentity,
    uow: Uow,
    state: Annotated[LeadState | None, Query()] = None,
    cursor: Annotated[int, Query(ge=0, description="`next_cursor` of the page before.")] = 0,
    limit: Limit = 50,
) -> LeadPage:
    """The leads of a campaign that was started, in the order of the list, with their zones. 404 campaign_not_found."""
    if not await campaigns.load_campaign(uow.conn, workspace_id=identity.workspace_id, campaign_id=campaign_id):
        raise NotFound(f"there is no campaign {campaign_id}", code="campaign_not_found")
    rows = await standings.page(uow.conn, campaign_id=campaign_id, state=state, after=cursor, limit=limit + 1)
    page, more = cut(rows, limit)
    return LeadPage(items=[_lead(row) for row in page], next_cursor=str(page[-1].position) if more else None)


@router.get("/campaigns/{campaign_id}/why", tags=["campaigns"])
async def why_campaign(
    campaign_id: UUID, identity: CurrentIdentity, open_uow: OpenUowDep, resources: CurrentResources
) -> CampaignWhy:
    """What the leads that have not been written to wait for, how many each, and until when. 404 campaign_not_found."""
    found = await explain_campaign(
        open_uow,
        workspace_id=identity.workspace_id,
        campaign_id=campaign_id,
        house=_house(resources),
        clock=resources.clock,
    )
    return CampaignWhy(
        causes=[CauseOut(**_explanation(one.explanation).model_dump(), leads=one.leads) for one in found]
    )


@router.get("/campaigns/{campaign_id}/leads/{lead_id}/why", tags=["campaigns"])
async def why_lead(
    campaign_id: UUID, lead_id: UUID, identity: CurrentIdentity, open_uow: OpenUowDep, resources: CurrentResources
) -> LeadWhy:
    """Why a lead has not been written to, in the words of what decides, and the next possible time. 404 lead_not_found."""
    found = await explain_lead(
        open_uow,
        workspace_id=identity.workspace_id,
        campaign_id=campaign_id,
        lead_id=lead_id,
        house=_house(resources),
        timing=resources.context.timing,
        clock=resources.clock,
    )
    return LeadWhy(lead=_lead(found.standing), explanation=_explanation(found.explanation), position=found.position)


async def _forecast(
    open_uow: OpenUow, workspace_id: UUID, resources: Resources, *, days: int, campaign_id: UUID | None
) -> ForecastOut:
    found = await forecast_sending(
        open_uow,
        workspace_id=workspace_id,
        house=_house(resources),
        clock=resources.clock,
        days=days,
        campaign_id=campaign_id,
    )
    return _calendar(found, campaign_id)


def _calendar(found: Forecast, campaign_id: UUID | None) -> ForecastOut:
    days: list[ForecastDayOut] = []
    for day in found.days:
        shown = [one for one in day.campaigns if campaign_id in {None, one.campaign_id}]
        days.append(
            ForecastDayOut(
                date=day.date,
                first_emails=sum(one.first_emails for one in shown),
                follow_ups=sum(one.follow_ups for one in shown),
                campaigns=[DayOfCampaignOut(**asdict(one)) for one in shown],
            )
        )
    left = found.left if campaign_id is None else found.left_of.get(campaign_id, 0)
    busy = [day.date for day in days if day.campaigns]
    return ForecastOut(days=days, left=left, ends_on=busy[-1] if busy and not left else None)


def _house(resources: Resources) -> House:
    return House(
        mailbox_id=resources.mailbox_id,
        default_quota=resources.default_quota,
        call_s=resources.context.timing.call_s,
    )


def _explanation(found: Explanation) -> ExplanationOut:
    return ExplanationOut(code=found.code, sentence=found.sentence, next_at=found.next_at)


def _lead(row: Standing) -> LeadOut:
    placed = row.enrolment_state != "excluded"
    return LeadOut.model_validate(
        {
            "lead_id": row.lead_id,
            "email": row.email,
            "row_no": row.position,
            "state": cast("LeadState", row.state),
            "reason": row.enrolment_reason or row.email_reason,
            "detail": row.enrolment_detail,
            "time_zone": row.time_zone if placed else None,
            "zone_source": row.zone_source if placed else None,
            "country": (row.country or None) if placed else None,
            "subdivision": (row.subdivision or None) if placed else None,
            "planned_at": row.planned_at,
            "ended_at": row.ended_at,
        }
    )
