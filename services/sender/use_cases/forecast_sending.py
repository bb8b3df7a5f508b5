"""A person asks what leaves when: the calendar of a workspace, or of one campaign among the others."""

import asyncio
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.sender.domain.plan.forecast import Forecast, forecast
from services.sender.use_cases.look_ahead import House, look_ahead


async def forecast_sending(
    uow: UnitOfWork, *, workspace_id: UUID, house: House, now: datetime, days: int, campaign_id: UUID | None = None
) -> Forecast:
    """Stores nothing. With a campaign, one that is a draft or paused counts as if it were started now.

    Raises NotFound (campaign_not_found).
    """
    outlook = await look_ahead(uow, workspace_id=workspace_id, house=house, now=now, also=campaign_id)
    # Takes a second per ten thousand mails: the sending loops of this process go on meanwhile.
    return await asyncio.to_thread(forecast, outlook, days=days)
