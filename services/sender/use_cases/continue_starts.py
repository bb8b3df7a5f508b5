"""The clock goes on with campaigns whose lists are too long to be started while somebody waits."""

from uuid import UUID

from libs.common.errors import Permanent
from libs.common.logs import get_logger
from libs.common.uow import OpenUow
from services.sender.domain.writing import Writer
from services.sender.repositories import campaigns, starts
from services.sender.repositories.workspaces import Clock
from services.sender.use_cases.enrol_list import LEASE, enrol_list

ROWS_AT_ONCE = 2_000
"""So many rows of one, and the next has its turn."""
_TRIES = 5
"""So often, a lease apart, the same page is tried before the start is given up."""
_GIVEN_UP = (
    "the list could not be taken in, by an error of ours: start the campaign again, or tell us where it happens again"
)
log = get_logger()


async def continue_start(open_uow: OpenUow, *, writer: Writer, clock: Clock) -> bool:
    """Go on with the one that has waited longest. False: there is none, as each is done or in somebody's hands.

    Whoever dies over one leaves it to others `LEASE` after the latest page. One that fails keeps no other from going on: it is
    tried again as late, and comes to nothing after `_TRIES`, or at once where trying again cannot help.
    """
    async with open_uow() as uow:
        now = await clock(uow.conn)
        due = await starts.take_due(uow.conn, now=now, until=now + LEASE)
        if due is None:
            return False
        campaign = await campaigns.load_campaign(uow.conn, workspace_id=due.workspace_id, campaign_id=due.campaign_id)
    assert campaign is not None, "campaigns are not deleted"
    try:
        await enrol_list(open_uow, campaign, writer=writer, clock=clock, rows=ROWS_AT_ONCE)
    except Exception as error:
        log.exception("start.failed", campaign_id=str(campaign.id), error=str(error))
        await _note_failure(open_uow, campaign.id, start_no=campaign.start_no, error=error, clock=clock)
    return True


async def _note_failure(open_uow: OpenUow, campaign_id: UUID, *, start_no: int, error: Exception, clock: Clock) -> None:
    """Where it is the last, whoever is next gives the campaign back as a draft, and it says why."""
    async with open_uow() as uow:
        failures = await starts.note_failure(uow.conn, campaign_id, start_no=start_no)
        if isinstance(error, Permanent) and failures:
            await starts.note_problem(uow.conn, campaign_id, error.message)
        elif failures >= _TRIES:
            await starts.note_problem(uow.conn, campaign_id, _GIVEN_UP)
        else:
            return
        await starts.hand_on(uow.conn, campaign_id, due_at=await clock(uow.conn))
