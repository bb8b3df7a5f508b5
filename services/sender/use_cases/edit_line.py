"""A person gives one lead of a campaign another line, or finds the one it has good."""

from uuid import UUID

from libs.common.errors import Conflict, NotFound
from libs.common.uow import UnitOfWork
from services.sender.repositories import campaign_lines, campaigns, dead_letters
from services.sender.repositories.campaign_lines import Line


async def edit_line(
    uow: UnitOfWork,
    *,
    workspace_id: UUID,
    campaign_id: UUID,
    lead_id: UUID,
    line: str | None,
    approved: bool,
    user_id: UUID,
) -> Line:
    """Holds for the mail that has not begun; the list keeps its own line. Key: (campaign, lead), the last word counts.

    Raises NotFound (campaign_not_found, lead_not_found), Conflict (campaign_finished, but for a lead whose mail is an open
    dead letter; already_sent, as nothing would come of it).
    """
    campaign = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id)
    if campaign is None:
        raise NotFound(f"there is no campaign {campaign_id}", code="campaign_not_found")
    lead_id = await campaign_lines.listed_lead(uow.conn, campaign_id=campaign_id, lead_id=lead_id)
    if campaign.state == "finished" and not await dead_letters.is_open_for(
        uow.conn, campaign_id=campaign_id, lead_id=lead_id
    ):
        raise Conflict("the campaign is finished: nothing more is sent", code="campaign_finished")
    if await campaign_lines.sent_to(uow.conn, campaign_id=campaign_id, lead_id=lead_id):
        raise Conflict("the lead has had its mail of this campaign", code="already_sent")
    found = await campaign_lines.load_line(uow.conn, campaign_id=campaign_id, list_id=campaign.list_id, lead_id=lead_id)
    if found is None:
        raise NotFound(f"the list of the campaign has no lead {lead_id}", code="lead_not_found")
    await campaign_lines.keep_line(
        uow.conn,
        workspace_id=workspace_id,
        campaign_id=campaign_id,
        lead_id=lead_id,
        line=line,
        approved=approved,
        user_id=user_id,
    )
    kept = await campaign_lines.load_line(uow.conn, campaign_id=campaign_id, list_id=campaign.list_id, lead_id=lead_id)
    assert kept is not None, "it was there a moment ago, in this transaction"
    return kept
