"""A person presses Start: every row's mail is made once, and those that can be sent are enrolled.

Rows that cannot be sent do not stop the campaign. Each is kept as excluded with its reason, and Start answers with them.
Mails are rendered before the transaction that enrols, so that a long list keeps nobody waiting.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict, NotFound
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.domain.checking import Problem
from services.sender.domain.writing import Writer
from services.sender.repositories import campaigns, planning, workspaces
from services.sender.repositories.campaigns import Campaign, Enrolment
from services.sender.repositories.workspaces import Clock
from services.sender.use_cases.check_campaign import check_rows, open_check
from services.sender.use_cases.choose_mailboxes import check_plan
from services.sender.use_cases.enrol_list import REPORTED_ROWS, Rendered, enrol_list


@dataclass(frozen=True)
class Started:
    """The campaign, and the first rows it leaves out."""

    campaign: Campaign
    excluded: Sequence[Enrolment]


async def start_campaign(
    open_uow: OpenUow, *, workspace_id: UUID, campaign_id: UUID, writer: Writer, clock: Clock
) -> Started:
    """Draft or paused becomes active; the second of two clicks finds it active and changes nothing.

    Raises NotFound (campaign_not_found), Conflict (campaign_finished, nothing_to_send, mailboxes_reached, sandboxed_rows,
    list_deleted), Invalid (unsubscribe_link_missing, postal_address_missing) for a template that cannot be a first mail.
    """
    rendered = await _render(open_uow, workspace_id=workspace_id, campaign_id=campaign_id, writer=writer)
    async with open_uow() as uow:
        started = await begin_campaign(
            uow,
            workspace_id=workspace_id,
            campaign_id=campaign_id,
            rendered=rendered,
            writer=writer,
            now=await clock(uow.conn),
        )
        # Last, for planners wait for whoever asks until the asker commits.
        await planning.ask(uow.conn, workspace_id)
    return started


async def begin_campaign(
    uow: UnitOfWork, *, workspace_id: UUID, campaign_id: UUID, rendered: Rendered, writer: Writer, now: datetime
) -> Started:
    """All of a start that must happen at once. `rendered`: the mails that were made before. Raises as `start_campaign`."""
    await workspaces.queue_for_start(uow.conn, workspace_id)
    campaign = await _load(uow, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    if campaign.state == "draft":
        await enrol_list(uow, campaign, rendered=rendered, writer=writer, now=now)
    await campaigns.activate(uow.conn, campaign_id, now=now)
    uow.notify(SENDER_WORK)
    excluded = await campaigns.excluded_rows(uow.conn, campaign_id, limit=REPORTED_ROWS)
    return Started(replace(campaign, state="active", started_at=campaign.started_at or now), excluded)


async def _load(uow: UnitOfWork, *, workspace_id: UUID, campaign_id: UUID, lock: bool = False) -> Campaign:
    campaign = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id, lock=lock)
    if campaign is None:
        raise NotFound(f"there is no campaign {campaign_id}", code="campaign_not_found")
    if campaign.state == "finished":
        raise Conflict("the campaign is finished: make a new one", code="campaign_finished")
    return campaign


async def _render(open_uow: OpenUow, *, workspace_id: UUID, campaign_id: UUID, writer: Writer) -> Rendered:
    """What speaks against each row's mail, for a draft."""
    async with open_uow() as uow:
        campaign = await _load(uow, workspace_id=workspace_id, campaign_id=campaign_id)
        if campaign.state != "draft":
            return {}
        await check_plan(uow, workspace_id, campaign.mailbox_id)
        found = await open_check(uow, workspace_id=workspace_id, campaign_id=campaign_id, writer=writer)
    rendered: dict[UUID, Problem | None] = {}
    async for page in check_rows(found, open_uow=open_uow):
        rendered |= page.rendered
    return rendered


SENDER_WORK = "sender_work"
"""The NOTIFY channel on which the sending loops are woken."""
