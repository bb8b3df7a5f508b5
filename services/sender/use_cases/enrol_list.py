"""The rows of a campaign's list become enrolments: those that are written to, and those that are left out with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.sender.domain.checking import Problem, problem_of_mail
from services.sender.domain.days import day_at
from services.sender.domain.places import Place, place_of
from services.sender.domain.writing import Writer
from services.sender.repositories import campaigns, lists, plan, recipients, workspaces
from services.sender.repositories.campaigns import Campaign, Enrolment
from services.sender.repositories.recipients import Recipient
from services.sender.use_cases.check_campaign import (
    PAGE,
    addressee,
    barred_rows,
    in_another_campaign,
    lines_of,
    writer_of,
)
from services.sender.use_cases.choose_mailboxes import check_plan
from services.sender.use_cases.create_campaign import check_sandboxed_rows

REPORTED_ROWS = 100
Rendered = Mapping[UUID, Problem | None]
"""What speaks against the mail of each recipient for whom one was made, if anything does."""


async def enrol_list(uow: UnitOfWork, campaign: Campaign, *, rendered: Rendered, writer: Writer, now: datetime) -> None:
    """Raises Conflict (nothing_to_send, mailboxes_reached, sandboxed_rows, list_deleted)."""
    workspace = await workspaces.load_workspace(uow.conn, campaign.workspace_id)
    found = await lists.load_list(uow.conn, workspace_id=campaign.workspace_id, list_id=campaign.list_id, lock=True)
    if workspace is None or found is None or found.delete_asked_at is not None:
        raise Conflict("the list of the campaign is deleted: make a campaign for another list", code="list_deleted")
    await check_plan(uow, campaign.workspace_id, campaign.mailbox_id)
    await check_sandboxed_rows(uow, found, mailbox_id=campaign.mailbox_id)
    writer = await writer_of(uow, campaign.workspace_id, writer=writer)
    row_no, taken = -1, 0
    while page := await recipients.page(uow.conn, list_id=campaign.list_id, after_row=row_no, limit=PAGE):
        row_no = page[-1].row_no
        problems = await _problems(uow, campaign, page, rendered=rendered, writer=writer)
        taken += await _enrol_page(uow, campaign, page, problems=problems, time_zone=workspace.time_zone, now=now)
    if not taken:
        excluded = await campaigns.excluded_rows(uow.conn, campaign.id, limit=REPORTED_ROWS)
        rows = [{"row_no": row.position, "code": row.reason, "detail": row.detail} for row in excluded]
        why = nothing_to_send(await campaigns.excluded_counts(uow.conn, campaign.id))
        raise Conflict(why, code="nothing_to_send", extra={"excluded_rows": rows})


async def _problems(
    uow: UnitOfWork,
    campaign: Campaign,
    page: Sequence[Recipient],
    *,
    rendered: Rendered,
    writer: Writer,
) -> dict[UUID, Problem]:
    """What keeps these rows from being written to. A row that could not be written to when the others were rendered, and
    can now, is rendered here."""
    barred = await barred_rows(uow, campaign, page)
    late = [row for row in page if row.id not in barred and row.id not in rendered]
    lines = await lines_of(uow, campaign.id, late)
    tos = {row.id: addressee(row, campaign.workspace_id, lines) for row in late}
    told = {key: problem_of_mail(campaign.source, to, writer=writer) for key, to in tos.items()}
    found = {row.id: barred.get(row.id) or rendered.get(row.id) or told.get(row.id) for row in page}
    return {key: problem for key, problem in found.items() if problem is not None}


def nothing_to_send(excluded: Mapping[str, int]) -> str:
    """Why no row of a list can be sent, by how many rows there are for each reason."""
    if not excluded:
        return "the list has no row that could be sent"
    total, told = sum(excluded.values()), list[str]()
    for code, rows in sorted(excluded.items(), key=lambda one: (one[0] != "already_sent", -one[1], one[0])):
        said = "have had this very email already, and nobody gets it twice" if code == "already_sent" else code
        told.append(f"{rows} of {total} {said.replace('_', ' ')}")
    return f"no row of the list can be sent: {'; '.join(told)}"


async def _enrol_page(
    uow: UnitOfWork,
    campaign: Campaign,
    page: Sequence[Recipient],
    *,
    problems: Mapping[UUID, Problem],
    time_zone: str,
    now: datetime,
) -> int:
    workspace_id = campaign.workspace_id
    addresses = [row.email for row in page]
    active = [
        replace(_enrolment(row), place=place_of_recipient(row, fallback_zone=time_zone))
        for row in page
        if row.id not in problems
    ]
    await plan.take_over(
        uow.conn,
        [row.email for row in active],
        workspace_id=workspace_id,
        mailbox_id=campaign.mailbox_id,
        today=day_at(now, time_zone=time_zone).date,
        now=now,
    )
    taken = await campaigns.enrol(uow.conn, workspace_id=workspace_id, campaign_id=campaign.id, rows=active)
    holders = await campaigns.campaigns_of_addresses(uow.conn, workspace_id=workspace_id, addresses=addresses)
    held = [
        _left_out(row, in_another_campaign(holders.get(row.email))) for row in active if row.recipient_id not in taken
    ]
    left_out = held + [_left_out(_enrolment(row), problems[row.id]) for row in page if row.id in problems]
    await campaigns.enrol(uow.conn, workspace_id=workspace_id, campaign_id=campaign.id, rows=left_out)
    return len(taken)


def _enrolment(row: Recipient) -> Enrolment:
    first = row.lead_id if row.duplicate_of is None else None
    return Enrolment(row.id, first, row.email, row.row_no)


def _left_out(row: Enrolment, problem: Problem) -> Enrolment:
    return replace(row, state="excluded", reason=problem.code, detail=problem.detail)


def place_of_recipient(row: Recipient, *, fallback_zone: str) -> Place:
    """Where the person of a row is, by its columns."""
    return place_of(
        country=row.values["country"],
        state=row.values["state"],
        city=row.values["city"],
        phone=row.phone,
        email=row.email,
        fallback_zone=fallback_zone,
    )
