"""A person gives a draft another template, or the words its own has by now."""

from dataclasses import replace
from uuid import UUID

from libs.common.errors import Conflict, NotFound
from libs.common.uow import UnitOfWork
from services.sender.repositories import campaigns
from services.sender.repositories.campaigns import Campaign
from services.sender.use_cases.choose_template import choose_template


async def change_template(uow: UnitOfWork, *, workspace_id: UUID, campaign_id: UUID, template_id: UUID) -> Campaign:
    """Idempotent as long as nobody changes the template. What a start before found wrong is said no more.

    Raises NotFound (campaign_not_found, template_not_found), Conflict (campaign_not_draft), Invalid as `choose_template`.
    """
    found = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    if found is None:
        raise NotFound(f"there is no campaign {campaign_id}", code="campaign_not_found")
    if found.state != "draft":
        msg = f"the campaign is {found.state}: only a draft gets another template, so make a new campaign"
        raise Conflict(msg, code="campaign_not_draft")
    chosen = await choose_template(uow, workspace_id=workspace_id, template_id=template_id, list_id=found.list_id)
    await campaigns.set_template(uow.conn, campaign_id, chosen)
    return replace(
        found,
        template_id=chosen.id,
        template_version=chosen.version,
        source=chosen.source,
        start_problem=None,
    )
