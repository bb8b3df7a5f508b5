"""A person presses Start: every row's mail is made once, and those that can be sent are enrolled.

Rows that cannot be sent do not stop the campaign. Each is kept as excluded with its reason, and Start answers with them. A
short list is in when Start answers; a long one goes on by itself, and the campaign says how far it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict, NotFound
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.domain.first_mail import check_first_mail
from services.sender.domain.writing import Writer
from services.sender.repositories import campaigns, enrolments, planning, starts, workspaces
from services.sender.repositories.campaigns import Campaign
from services.sender.repositories.enrolments import Enrolment
from services.sender.repositories.workspaces import Clock
from services.sender.use_cases.choose_mailboxes import check_plan
from services.sender.use_cases.create_campaign import check_sandboxed_rows
from services.sender.use_cases.enrol_list import (
    LEASE,
    REPORTED_ROWS,
    SENDER_WORK,
    Nothing,
    check_list,
    enrol_list,
    nothing_to_send,
)

ROWS_AT_ONCE = 2_000
"""So many rows of a list are taken in while a person waits for the answer."""


@dataclass(frozen=True)
class Started:
    """The campaign, and the first rows it leaves out so far."""

    campaign: Campaign
    excluded: Sequence[Enrolment]


async def start_campaign(
    open_uow: OpenUow,
    *,
    workspace_id: UUID,
    campaign_id: UUID,
    writer: Writer,
    clock: Clock,
    rows: int = ROWS_AT_ONCE,
) -> Started:
    """Draft or paused becomes active, a draft by way of `starting`, in which the clock goes on with all but the first `rows`
    of its list. The second of two clicks finds it there and changes nothing.

    Raises NotFound (campaign_not_found), Conflict (campaign_finished, nothing_to_send, mailboxes_reached, sandboxed_rows,
    list_deleted), Invalid (unsubscribe_link_missing, postal_address_missing) for a template that cannot be a first mail.
    """
    async with open_uow() as uow:
        campaign = await open_start(uow, workspace_id=workspace_id, campaign_id=campaign_id, now=await clock(uow.conn))
    campaign, nothing = await enrol_list(open_uow, campaign, writer=writer, clock=clock, rows=rows)
    if nothing is None and (campaign.state == "draft" or campaign.start_problem is not None):
        # Somebody else, who went on with it meanwhile, has found that there is nothing.
        nothing = Nothing(campaign.start_problem or nothing_to_send({}), ())
    if nothing is not None:
        raise _nothing_to_send(nothing)
    if campaign.state == "finished":
        raise _finished()
    async with open_uow() as uow:
        return Started(campaign, await enrolments.excluded_rows(uow.conn, campaign_id, limit=REPORTED_ROWS))


async def open_start(uow: UnitOfWork, *, workspace_id: UUID, campaign_id: UUID, now: datetime) -> Campaign:
    """The decision to start, which holds from this commit on. Raises as `start_campaign`, but for nothing_to_send."""
    await workspaces.queue_for_start(uow.conn, workspace_id)
    campaign = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    if campaign is None:
        raise NotFound(f"there is no campaign {campaign_id}", code="campaign_not_found")
    match campaign.state:
        case "finished":
            raise _finished()
        case "starting":
            return campaign
        case "draft":
            await _check(uow, campaign)
            await starts.begin(uow.conn, campaign_id, due_at=now + LEASE)
            no = campaign.start_no + 1
            anew = replace(campaign, state="starting", start_after_row=-1, start_rows=0, start_problem=None)
            return replace(anew, start_no=no)
        case _:
            await campaigns.activate(uow.conn, campaign_id, now=now)
            uow.notify(SENDER_WORK)
            # Last, for planners wait for whoever asks until the asker commits.
            await planning.ask(uow.conn, workspace_id)
            return replace(campaign, state="active", started_at=campaign.started_at or now, paused_reason=None)


async def _check(uow: UnitOfWork, campaign: Campaign) -> None:
    """All that speaks against a start as a whole."""
    found = await check_list(uow, campaign)
    check_first_mail(campaign.source)
    await check_plan(uow, campaign.workspace_id, campaign.mailbox_id)
    await check_sandboxed_rows(uow, found, mailbox_id=campaign.mailbox_id)


def _finished() -> Conflict:
    return Conflict("the campaign is finished: make a new one", code="campaign_finished")


def _nothing_to_send(nothing: Nothing) -> Conflict:
    rows = [{"row_no": row.position, "code": row.reason, "detail": row.detail} for row in nothing.excluded]
    return Conflict(nothing.why, code="nothing_to_send", extra={"excluded_rows": rows})
