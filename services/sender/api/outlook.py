"""What leaves when, and what would become of a campaign."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from libs.common.http.dependencies import OpenUowDep
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.uow import OpenUow
from services.sender.api.resources import CurrentResources, Resources
from services.sender.domain.dry_run import Faults
from services.sender.domain.plan.forecast import Forecast
from services.sender.schemas.outlook import (
    DayOfCampaignOut,
    DryDayOut,
    DryRunIn,
    DryRunOut,
    ForecastDayOut,
    ForecastOut,
)
from services.sender.use_cases.dry_run_campaign import dry_run_campaign
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
        house=house_of(resources),
        timing=resources.context.timing,
        faults=Faults(**body.faults.model_dump()),
        clock=resources.clock,
    )
    totals = {name: sum(getattr(day, name) for day in found.days) for name in ("sent", "deferred", "failed", "unknown")}
    return DryRunOut(
        days=[DryDayOut(**asdict(day)) for day in found.days],
        **totals,
        suppressed=found.stopped,
        planned=found.planned,
        left=found.left,
        first_at=found.first_at,
        last_at=found.last_at,
    )


async def _forecast(
    open_uow: OpenUow, workspace_id: UUID, resources: Resources, *, days: int, campaign_id: UUID | None
) -> ForecastOut:
    found = await forecast_sending(
        open_uow,
        workspace_id=workspace_id,
        house=house_of(resources),
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


def house_of(resources: Resources) -> House:
    """What the settings add to an outlook."""
    return House(
        mailbox_id=resources.mailbox_id,
        default_quota=resources.default_quota,
        call_s=resources.context.timing.call_s,
    )
