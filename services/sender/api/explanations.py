"""The leads of a campaign, and why they have not been written to."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Query

from libs.common.errors import NotFound
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.sender.api.outlook import house_of
from services.sender.api.resources import CurrentResources, Limit, cut
from services.sender.domain.explaining import Explanation
from services.sender.repositories import campaigns, standings
from services.sender.repositories.standings import Standing
from services.sender.schemas.outlook import CampaignWhy, CauseOut, ExplanationOut, LeadOut, LeadPage, LeadState, LeadWhy
from services.sender.use_cases.explain_campaign import explain_campaign
from services.sender.use_cases.explain_lead import explain_lead

router = APIRouter(prefix="/v1", responses=PROBLEM_RESPONSES)


@router.get("/campaigns/{campaign_id}/leads", tags=["campaigns"])
async def list_leads(
    campaign_id: UUID,
    identity: CurrentIdentity,
    uow: Uow,
    state: Annotated[LeadState | None, Query()] = None,
    cursor: Annotated[int, Query(ge=0, lt=2**31, description="`next_cursor` of the page before.")] = 0,
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
        house=house_of(resources),
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
        house=house_of(resources),
        timing=resources.context.timing,
        clock=resources.clock,
    )
    return LeadWhy(lead=_lead(found.standing), explanation=_explanation(found.explanation), position=found.position)


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
