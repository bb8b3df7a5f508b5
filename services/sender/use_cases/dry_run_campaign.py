"""A person asks what would become of a whole campaign: nothing is stored and nothing is sent."""

import asyncio
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.sender.domain.dry_run import DryRun, Faults, dry_run
from services.sender.domain.sending import SendTiming
from services.sender.use_cases.look_ahead import House, look_ahead


async def dry_run_campaign(
    uow: UnitOfWork,
    *,
    workspace_id: UUID,
    campaign_id: UUID,
    house: House,
    timing: SendTiming,
    faults: Faults,
    now: datetime,
) -> DryRun:
    """A draft or paused campaign is run as if it were started now. Raises NotFound (campaign_not_found)."""
    outlook = await look_ahead(uow, workspace_id=workspace_id, house=house, now=now, also=campaign_id)
    return await asyncio.to_thread(dry_run, outlook, campaign_id, faults=faults, timing=timing)
