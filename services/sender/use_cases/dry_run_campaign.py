"""A person asks what would become of a whole campaign: nothing is stored and nothing is sent."""

from uuid import UUID

from libs.common.uow import OpenUow
from services.sender.domain.dry_run import DryRun, Faults, dry_run
from services.sender.domain.sending import SendTiming
from services.sender.repositories.workspaces import Clock
from services.sender.use_cases.look_ahead import House, look_ahead
from services.sender.use_cases.virtual_days import run_virtual_days


async def dry_run_campaign(
    open_uow: OpenUow,
    *,
    workspace_id: UUID,
    campaign_id: UUID,
    house: House,
    timing: SendTiming,
    faults: Faults,
    clock: Clock,
) -> DryRun:
    """A draft or paused campaign is run as if it were started now. Raises NotFound (campaign_not_found)."""
    async with open_uow() as uow:
        now = await clock(uow.conn)
    outlook = await look_ahead(open_uow, workspace_id=workspace_id, house=house, now=now, also=campaign_id)
    return await run_virtual_days(dry_run, outlook, campaign_id, faults=faults, timing=timing)
