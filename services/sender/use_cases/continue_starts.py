"""The clock goes on with campaigns whose lists are too long to be started while somebody waits."""

from libs.common.uow import OpenUow
from services.sender.domain.writing import Writer
from services.sender.repositories import campaigns, starts
from services.sender.repositories.workspaces import Clock
from services.sender.use_cases.enrol_list import LEASE, enrol_list

ROWS_AT_ONCE = 2_000
"""So many rows of one, and the next has its turn."""


async def continue_start(open_uow: OpenUow, *, writer: Writer, clock: Clock) -> bool:
    """Go on with the one that has waited longest. False: there is none, as each is done or in somebody's hands.

    Whoever dies over one leaves it to others `LEASE` after the latest page.
    """
    async with open_uow() as uow:
        now = await clock(uow.conn)
        due = await starts.take_due(uow.conn, now=now, until=now + LEASE)
        if due is None:
            return False
        campaign = await campaigns.load_campaign(uow.conn, workspace_id=due.workspace_id, campaign_id=due.campaign_id)
    assert campaign is not None, "campaigns are not deleted"
    await enrol_list(open_uow, campaign, writer=writer, clock=clock, rows=ROWS_AT_ONCE)
    return True
