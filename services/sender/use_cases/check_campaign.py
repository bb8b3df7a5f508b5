"""Every row's mail is made before Start, and the problems are listed by row. Nothing is held while mails are rendered.

Start looks at the same rows by the same rules; it leaves out what is named here.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.errors import Conflict, NotFound
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.domain.checking import Problem, problem_of_mail
from services.sender.domain.first_mail import check_first_mail
from services.sender.domain.plan.terms import FIRST_STEP
from services.sender.domain.setting_aside import explain
from services.sender.domain.templates import TemplateSource
from services.sender.domain.writing import Addressee, Writer
from services.sender.repositories import (
    campaign_lines,
    campaigns,
    enrolments,
    facts,
    lists,
    pauses,
    recipients,
    sending_settings,
    suppressions,
)
from services.sender.repositories.campaigns import Campaign
from services.sender.repositories.recipients import Recipient

PAGE = 200


@dataclass(frozen=True)
class RowProblem:
    """Why a row is left out."""

    row_no: int
    email: str
    problem: Problem


@dataclass(frozen=True)
class CheckedPage:
    """So many rows of so many have been looked at, and what was wrong with the latest of them.

    `last_row` is the number of the last of them. `rendered` says of each recipient whose mail was made what speaks against
    that mail, if anything does. `resting` are the ends of the pauses of those who can be written to and were by another campaign
    lately.
    """

    rows: int
    of: int
    last_row: int
    problems: Sequence[RowProblem]
    rendered: Mapping[UUID, Problem | None]
    resting: Sequence[datetime] = ()


@dataclass(frozen=True)
class Checkable:
    """A campaign that can be checked, and whoever writes its mails. `pause` is what is between campaigns `now`; without it
    nobody asks who rests."""

    campaign: Campaign
    writer: Writer
    rows: int
    now: datetime | None = None
    pause: timedelta = timedelta()


async def open_check(
    uow: UnitOfWork, *, workspace_id: UUID, campaign_id: UUID, writer: Writer, now: datetime
) -> Checkable:
    """Raises NotFound (campaign_not_found), Conflict (list_deleted), Invalid (unsubscribe_link_missing, …) where the
    template itself cannot be a first mail."""
    campaign = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id)
    if campaign is None:
        raise NotFound(f"there is no campaign {campaign_id}", code="campaign_not_found")
    found = await lists.load_list(uow.conn, workspace_id=workspace_id, list_id=campaign.list_id)
    if found is None or found.delete_asked_at is not None:
        raise Conflict("the list of the campaign is deleted: make a campaign for another list", code="list_deleted")
    check_first_mail(campaign.source)
    told = await sending_settings.load_settings(uow.conn, workspace_id)
    writer = await writer_of(uow, workspace_id, writer=writer)
    return Checkable(campaign, writer, found.recipients_count, now, timedelta(days=told.campaign_pause_days))


async def writer_of(uow: UnitOfWork, workspace_id: UUID, *, writer: Writer) -> Writer:
    """The writer under the name and the postal address that the workspace has given itself."""
    told = await sending_settings.load_settings(uow.conn, workspace_id)
    return writer.as_workspace(name=told.sender_name, postal_address=told.postal_address)


async def check_rows(found: Checkable, *, open_uow: OpenUow) -> AsyncGenerator[CheckedPage]:
    """Page after page, each read in a transaction of its own and rendered in none."""
    row_no, rows = -1, 0
    while page := await check_page(found, after_row=row_no, open_uow=open_uow):
        row_no, rows = page.last_row, rows + page.rows
        yield replace(page, rows=rows, of=max(found.rows, rows))


async def check_page(found: Checkable, *, after_row: int, open_uow: OpenUow) -> CheckedPage | None:
    """The next rows of the list. None: there are no more."""
    campaign = found.campaign
    async with open_uow() as uow:
        page = await recipients.page(uow.conn, list_id=campaign.list_id, after_row=after_row, limit=PAGE)
        if not page:
            return None
        barred = await barred_rows(uow, campaign, page) | await _held(uow, campaign, page)
        lines = await lines_of(uow, campaign.id, page)
        written = await _written_lately(uow, found, page)
    clear = [addressee(row, campaign.workspace_id, lines) for row in page if row.id not in barred]
    rendered = await asyncio.to_thread(_problems, campaign.source, clear, writer=found.writer)
    told = {row.id: barred.get(row.id) or rendered.get(row.id) for row in page}
    problems = [RowProblem(row.row_no, row.email, problem) for row in page if (problem := told[row.id])]
    resting = [written[row.email] + found.pause for row in page if told[row.id] is None and row.email in written]
    return CheckedPage(len(page), found.rows, page[-1].row_no, problems, rendered, resting)


async def _written_lately(uow: UnitOfWork, found: Checkable, page: Sequence[Recipient]) -> dict[str, datetime]:
    if found.now is None or not found.pause:
        return {}
    return await pauses.written_since(
        uow.conn,
        workspace_id=found.campaign.workspace_id,
        campaign_id=found.campaign.id,
        addresses=[row.email for row in page],
        since=found.now - found.pause,
    )


def _problems(source: TemplateSource, clear: Sequence[Addressee], *, writer: Writer) -> dict[UUID, Problem | None]:
    return {to.email_id: problem_of_mail(source, to, writer=writer) for to in clear}


async def lines_of(uow: UnitOfWork, campaign_id: UUID, page: Sequence[Recipient]) -> dict[UUID, str]:
    """The lines of the campaign's own for these rows, by lead."""
    return await campaign_lines.own_lines(uow.conn, campaign_id, [row.lead_id for row in page if row.lead_id])


def addressee(row: Recipient, workspace_id: UUID, lines: Mapping[UUID, str]) -> Addressee:
    """Whom a row's first mail is for. Before there is an email, the row's id stands for it."""
    lead_id = row.lead_id or row.id
    values = {**row.values, "line": lines.get(lead_id, row.values["line"])}
    return Addressee(workspace_id, lead_id, row.id, row.email, FIRST_STEP, values, row.fields)


async def barred_rows(uow: UnitOfWork, campaign: Campaign, page: Sequence[Recipient]) -> dict[UUID, Problem]:
    """Rows that are left out whatever their mail would be, by recipient."""
    if not page:
        return {}
    addresses = [row.email for row in page]
    workspace_id = campaign.workspace_id
    before = await facts.sent_before(
        uow.conn, workspace_id=workspace_id, campaign_id=campaign.id, step=FIRST_STEP, addresses=addresses
    )
    suppressed = await suppressions.suppressed_among(uow.conn, workspace_id=workspace_id, emails=addresses)
    found: dict[UUID, Problem] = {}
    for row in page:
        # A suppression may have been lifted since the import: what holds is what has just been read.
        if row.set_aside and row.set_aside != "suppressed":
            words = explain(row.set_aside, address=row.email, duplicate_of=row.duplicate_of)
            found[row.id] = Problem(row.set_aside, words)
        elif row.email in suppressed:
            found[row.id] = Problem("suppressed", "the address is suppressed")
        elif row.email in before:
            words = f"the campaign {before[row.email]} has sent this very email to the address"
            found[row.id] = Problem("already_sent", words)
    return found


async def _held(uow: UnitOfWork, campaign: Campaign, page: Sequence[Recipient]) -> dict[UUID, Problem]:
    held = await enrolments.campaigns_of_addresses(
        uow.conn,
        workspace_id=campaign.workspace_id,
        addresses=[row.email for row in page],
        mailbox_id=campaign.mailbox_id,
    )
    return {
        row.id: in_another_campaign(held[row.email]) for row in page if held.get(row.email, campaign.id) != campaign.id
    }


def in_another_campaign(holder: UUID | None) -> Problem:
    """Nobody is in two active campaigns at a time."""
    return Problem("in_another_campaign", f"the address is in the active campaign {holder}")
