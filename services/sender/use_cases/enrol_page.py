"""A page of a campaign's list becomes enrolments: those that are written to, and those left out with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.sender.domain.checking import Problem, problem_of_mail
from services.sender.domain.days import day_at
from services.sender.domain.places import Place, place_of
from services.sender.domain.writing import Writer
from services.sender.repositories import enrolments, orphans
from services.sender.repositories.campaigns import Campaign
from services.sender.repositories.enrolments import Enrolment
from services.sender.repositories.recipients import Recipient
from services.sender.use_cases.check_campaign import addressee, barred_rows, in_another_campaign, lines_of

Rendered = Mapping[UUID, Problem | None]
"""What speaks against the mail of each recipient for whom one was made, if anything does."""


async def enrol_page(
    uow: UnitOfWork,
    campaign: Campaign,
    page: Sequence[Recipient],
    *,
    rendered: Rendered,
    writer: Writer,
    time_zone: str,
    now: datetime,
) -> None:
    """`writer` writes as the workspace. Key: (campaign, row). Who calls has the lock of the workspace's starts."""
    problems = await _problems(uow, campaign, page, rendered=rendered, writer=writer)
    await _enrol(uow, campaign, page, problems=problems, time_zone=time_zone, now=now)


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


async def _enrol(
    uow: UnitOfWork,
    campaign: Campaign,
    page: Sequence[Recipient],
    *,
    problems: Mapping[UUID, Problem],
    time_zone: str,
    now: datetime,
) -> None:
    workspace_id = campaign.workspace_id
    addresses = [row.email for row in page]
    active = [
        replace(_enrolment(row), place=place_of_recipient(row, fallback_zone=time_zone))
        for row in page
        if row.id not in problems
    ]
    await orphans.take_over(
        uow.conn,
        [row.email for row in active],
        workspace_id=workspace_id,
        mailbox_id=campaign.mailbox_id,
        today=day_at(now, time_zone=time_zone).date,
        now=now,
    )
    taken = await enrolments.enrol(uow.conn, workspace_id=workspace_id, campaign_id=campaign.id, rows=active)
    holders = await enrolments.campaigns_of_addresses(uow.conn, workspace_id=workspace_id, addresses=addresses)
    held = [
        _left_out(row, in_another_campaign(holders.get(row.email))) for row in active if row.recipient_id not in taken
    ]
    left_out = held + [_left_out(_enrolment(row), problems[row.id]) for row in page if row.id in problems]
    await enrolments.enrol(uow.conn, workspace_id=workspace_id, campaign_id=campaign.id, rows=left_out)


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
