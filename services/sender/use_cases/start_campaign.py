"""A person presses Start: every row's mail is rendered once, and those that can be sent are enrolled.

Rows that cannot be sent do not stop the campaign. Each is kept as excluded with its reason, and Start answers with them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict, Invalid, NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.days import Day, day_at
from services.sender.domain.message import Sender, build, message_id_of
from services.sender.domain.setting_aside import explain
from services.sender.domain.templates import render
from services.sender.repositories import campaigns, emails, lists, plan, recipients, suppressions, workspaces
from services.sender.repositories.campaigns import Campaign, Enrolment
from services.sender.repositories.recipients import Recipient
from services.sender.use_cases.create_campaign import check_plan, check_sandboxed_rows

_PAGE = 200
REPORTED_ROWS = 100


@dataclass(frozen=True)
class Started:
    """The campaign, and the first rows it leaves out."""

    campaign: Campaign
    excluded: Sequence[Enrolment]


async def start_campaign(
    uow: UnitOfWork, *, workspace_id: UUID, campaign_id: UUID, sender: Sender, now: datetime
) -> Started:
    """Draft or paused becomes active; the second of two clicks finds it active and changes nothing.

    Raises NotFound (campaign_not_found), Conflict (campaign_finished, nothing_to_send, mailboxes_reached, sandboxed_rows,
    list_deleted).
    """
    await workspaces.queue_for_start(uow.conn, workspace_id)
    workspace = await workspaces.load_workspace(uow.conn, workspace_id)
    campaign = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    if campaign is None or workspace is None:
        raise NotFound(f"there is no campaign {campaign_id}", code="campaign_not_found")
    if campaign.state == "finished":
        raise Conflict("the campaign is finished: make a new one", code="campaign_finished")
    if campaign.state == "draft":
        await _enrol(uow, campaign, sender=sender, day=day_at(now, time_zone=workspace.time_zone), now=now)
    await campaigns.activate(uow.conn, campaign_id, now=now)
    uow.notify(SENDER_WORK)
    excluded = await campaigns.excluded_rows(uow.conn, campaign_id, limit=REPORTED_ROWS)
    return Started(replace(campaign, state="active", started_at=campaign.started_at or now), excluded)


async def _enrol(uow: UnitOfWork, campaign: Campaign, *, sender: Sender, day: Day, now: datetime) -> None:
    found = await lists.load_list(uow.conn, workspace_id=campaign.workspace_id, list_id=campaign.list_id, lock=True)
    if found is None or found.delete_asked_at is not None:
        raise Conflict("the list of the campaign is deleted: make a campaign for another list", code="list_deleted")
    await check_plan(uow, campaign.workspace_id)
    await check_sandboxed_rows(uow, found, mailbox_id=campaign.mailbox_id)
    row_no, taken = 0, 0
    while page := await recipients.page(uow.conn, list_id=campaign.list_id, after_row=row_no, limit=_PAGE):
        row_no = page[-1].row_no
        taken += await _enrol_page(uow, campaign, page, sender=sender, day=day, now=now)
    if not taken:
        excluded = await campaigns.excluded_rows(uow.conn, campaign.id, limit=REPORTED_ROWS)
        rows = [{"row_no": row.position, "code": row.reason, "detail": row.detail} for row in excluded]
        why = nothing_to_send(await campaigns.excluded_counts(uow.conn, campaign.id))
        raise Conflict(why, code="nothing_to_send", extra={"excluded_rows": rows})


def nothing_to_send(excluded: Mapping[str, int]) -> str:
    """Why no row of a list can be sent, by how many rows there are for each reason."""
    again, total = excluded.get("already_sent", 0), sum(excluded.values())
    if not again:
        return "no row of the list can be sent"
    return (
        f"no row of the list can be sent: {again} of {total} have had this very email already, and nobody gets it twice"
    )


async def _enrol_page(
    uow: UnitOfWork, campaign: Campaign, page: Sequence[Recipient], *, sender: Sender, day: Day, now: datetime
) -> int:
    workspace_id = campaign.workspace_id
    addresses = [row.email for row in page]
    barred = await _barred(uow, campaign, addresses)
    wanted = [_enrolment(row, campaign, barred=barred, sender=sender, now=now) for row in page]
    active = [row for row in wanted if row.state == "active"]
    await plan.take_over(
        uow.conn,
        [row.email for row in active],
        workspace_id=workspace_id,
        mailbox_id=campaign.mailbox_id,
        today=day.date,
        now=now,
    )
    taken = await campaigns.enrol(uow.conn, workspace_id=workspace_id, campaign_id=campaign.id, rows=active)
    holders = await campaigns.campaigns_of_addresses(uow.conn, workspace_id=workspace_id, addresses=addresses)
    left_out = [
        replace(row, state="excluded", **_held_by(holders.get(row.email)))
        for row in active
        if row.recipient_id not in taken
    ]
    left_out += [row for row in wanted if row.state == "excluded"]
    await campaigns.enrol(uow.conn, workspace_id=workspace_id, campaign_id=campaign.id, rows=left_out)
    return len(taken)


async def _barred(uow: UnitOfWork, campaign: Campaign, addresses: Sequence[str]) -> dict[str, dict[str, str]]:
    """Addresses that this campaign must not write to, each with reason and detail."""
    workspace_id = campaign.workspace_id
    before = await emails.sent_before(
        uow.conn, workspace_id=workspace_id, campaign_id=campaign.id, step=plan.FIRST_STEP, addresses=addresses
    )
    suppressed = await suppressions.suppressed_among(uow.conn, workspace_id=workspace_id, emails=addresses)
    return {
        **{
            address: {
                "reason": "already_sent",
                "detail": f"the campaign {other} has sent this very email to the address",
            }
            for address, other in before.items()
        },
        **{address: {"reason": "suppressed", "detail": "the address is suppressed"} for address in suppressed},
    }


def _held_by(holder: UUID | None) -> dict[str, str]:
    return {"reason": "in_another_campaign", "detail": f"the address is in the active campaign {holder}"}


def _enrolment(
    recipient: Recipient, campaign: Campaign, *, barred: Mapping[str, dict[str, str]], sender: Sender, now: datetime
) -> Enrolment:
    first = recipient.lead_id if recipient.duplicate_of is None else None
    row = Enrolment(recipient.id, first, recipient.email, recipient.row_no)
    # A suppression may have been lifted since the import: what holds is what `barred` has just been told.
    if recipient.set_aside and recipient.set_aside != "suppressed":
        detail = explain(recipient.set_aside, address=recipient.email, duplicate_of=recipient.duplicate_of)
        return replace(row, state="excluded", reason=recipient.set_aside, detail=detail)
    if recipient.email in barred:
        return replace(row, state="excluded", **barred[recipient.email])
    try:
        rendered = render(campaign.source, values_for(recipient.values, sender))
        message_id = message_id_of(recipient.id, domain=sender.domain)
        build(rendered, sender=sender, to=recipient.email, message_id=message_id, email_id=recipient.id, now=now)
    except Invalid as error:
        return replace(row, state="excluded", reason=error.code, detail=error.message[:500])
    return row


def values_for(lead: Mapping[str, str], sender: Sender) -> dict[str, str]:
    """Everything a template may use: the lead's fields and the sender's."""
    return {
        **lead,
        "sender_name": sender.name,
        "postal_address": sender.postal_address,
        "unsubscribe_address": sender.unsubscribe_address,
    }


SENDER_WORK = "sender_work"
"""The NOTIFY channel on which the sending loops are woken."""
