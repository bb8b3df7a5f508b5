"""A person asks what leaves when: the calendar of a workspace, or of one campaign among the others."""

from uuid import UUID

from libs.common.uow import OpenUow
from services.sender.domain.plan.forecast import Forecast, forecast
from services.sender.repositories.workspaces import Clock
from services.sender.use_cases.look_ahead import House, look_ahead
from services.sender.use_cases.virtual_days import run_virtual_days


async def forecast_sending(
    open_uow: OpenUow, *, workspace_id: UUID, house: House, clock: Clock, days: int, campaign_id: UUID | None = None
) -> Forecast:
    """Stores nothing. With a campaign, one that is a draft or paused counts as if it were started now.

    Raises NotFound (campaign_not_found).
    """
    async with open_uow() as uow:
        now = await clock(uow.conn)
    outlook = await look_ahead(open_uow, workspace_id=workspace_id, house=house, now=now, also=campaign_id)
    return await run_virtual_days(forecast, outlook, days=days)
