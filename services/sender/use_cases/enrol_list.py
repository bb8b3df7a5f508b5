"""A campaign that is being started takes in its list, page by page, each in a transaction of its own.

Mails are rendered outside of these. Whoever goes on with a start (the request, the clock, both) goes on where the campaign
says that it is, so that no row is taken in twice, and a crash loses no more than a page of work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.common.contracts.sender import CampaignStarted
from libs.common.errors import Conflict
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.domain.writing import Writer
from services.sender.repositories import (
    campaigns,
    enrolments,
    erasures,
    lists,
    planning,
    recipients,
    starts,
    workspaces,
)
from services.sender.repositories.campaigns import Campaign
from services.sender.repositories.enrolments import Enrolment
from services.sender.repositories.workspaces import Clock
from services.sender.use_cases.check_campaign import PAGE, Checkable, check_page, writer_of
from services.sender.use_cases.enrol_page import Rendered, enrol_page

REPORTED_ROWS = 100
LEASE = timedelta(seconds=30)
"""So long after its latest page a start is taken for abandoned: many times what a page takes."""
_ERASED_AT_ONCE = 5_000
SENDER_WORK = "sender_work"
"""The NOTIFY channel on which the sending loops are woken."""


@dataclass(frozen=True)
class Nothing:
    """Why a start came to nothing, and the first rows that it would have left out."""

    why: str
    excluded: Sequence[Enrolment]


@dataclass(frozen=True)
class Step:
    """Where the campaign is, what `rows` of work that was, and why the start comes to nothing, if that was found."""

    campaign: Campaign
    rows: int = PAGE
    nothing: Nothing | None = None


async def enrol_list(
    open_uow: OpenUow, campaign: Campaign, *, writer: Writer, clock: Clock, rows: int
) -> tuple[Campaign, Nothing | None]:
    """Go on with a start for so many rows, or to its end; answers where the campaign is then. Rows that are erased, as the start
    comes to nothing, count as those that are taken in.

    It is `active` when all rows are in, and planned soon after; with nothing that can be sent, a draft again. While it is
    `starting`, somebody else may go on with it at once.
    """
    done, nothing = 0, None
    while campaign.state == "starting" and done < rows:
        rendered = await _render(open_uow, campaign, writer=writer)
        async with open_uow() as uow:
            now = await clock(uow.conn)
            step = await take_in_page(uow, campaign, rendered=rendered, writer=writer, now=now)
            campaign, done = step.campaign, done + step.rows
            if campaign.state == "active":
                # Last, for planners wait for whoever asks until the asker commits.
                await planning.ask(uow.conn, campaign.workspace_id)
        nothing = step.nothing or nothing
    if campaign.state == "starting":
        async with open_uow() as uow:
            await starts.hand_on(uow.conn, campaign.id, due_at=await clock(uow.conn))
    return campaign, nothing


async def _render(open_uow: OpenUow, campaign: Campaign, *, writer: Writer) -> Rendered:
    """What speaks against each mail of the next page."""
    if campaign.start_problem is not None:
        return {}
    async with open_uow() as uow:
        writer = await writer_of(uow, campaign.workspace_id, writer=writer)
    found = Checkable(campaign, writer, rows=0)
    page = await check_page(found, after_row=campaign.start_after_row, open_uow=open_uow)
    return page.rendered if page else {}


async def take_in_page(uow: UnitOfWork, seen: Campaign, *, rendered: Rendered, writer: Writer, now: datetime) -> Step:
    """One step of a start that was `seen` to be so far. If it is elsewhere meanwhile, or another start of the campaign, for
    which other mails were rendered, nothing is done but to say where."""
    await workspaces.queue_for_start(uow.conn, seen.workspace_id)
    # Whoever is erased meanwhile would stay in rows that the erasure does not see yet.
    await erasures.hold_off(uow.conn, seen.workspace_id)
    campaign = await campaigns.load_campaign(uow.conn, workspace_id=seen.workspace_id, campaign_id=seen.id, lock=True)
    workspace = await workspaces.load_workspace(uow.conn, seen.workspace_id)
    assert campaign is not None, "campaigns are not deleted"
    assert workspace is not None, "workspaces are not deleted"
    at = (campaign.start_no, campaign.start_after_row)
    if campaign.state != "starting" or at != (seen.start_no, seen.start_after_row):
        return Step(campaign)
    if campaign.start_problem is not None:
        return await _take_back(uow, campaign, now=now)
    page = await recipients.page(uow.conn, list_id=campaign.list_id, after_row=campaign.start_after_row, limit=PAGE)
    if page:
        writer = await writer_of(uow, campaign.workspace_id, writer=writer)
        zone = workspace.time_zone
        await enrol_page(uow, campaign, page, rendered=rendered, writer=writer, time_zone=zone, now=now)
        campaign = replace(campaign, start_after_row=page[-1].row_no, start_rows=campaign.start_rows + len(page))
        await starts.note_page(
            uow.conn, campaign.id, after_row=campaign.start_after_row, rows=len(page), due_at=now + LEASE
        )
    return Step(campaign) if len(page) == PAGE else await _finish(uow, campaign, now=now)


async def _finish(uow: UnitOfWork, campaign: Campaign, *, now: datetime) -> Step:
    if not await starts.is_anybody_in(uow.conn, campaign.id):
        counts = await enrolments.excluded_counts(uow.conn, campaign.id)
        nothing = Nothing(
            nothing_to_send(counts), await enrolments.excluded_rows(uow.conn, campaign.id, limit=REPORTED_ROWS)
        )
        await starts.note_problem(uow.conn, campaign.id, nothing.why)
        taken_back = await _take_back(uow, replace(campaign, start_problem=nothing.why), now=now)
        return replace(taken_back, nothing=nothing)
    await campaigns.activate(uow.conn, campaign.id, now=now)
    started = CampaignStarted(campaign_id=campaign.id, name=campaign.name)
    uow.publish(started, tenant_id=campaign.workspace_id, correlation_id=campaign.id)
    uow.notify(SENDER_WORK)
    return Step(replace(campaign, state="active", started_at=campaign.started_at or now))


async def _take_back(uow: UnitOfWork, campaign: Campaign, *, now: datetime) -> Step:
    """Its rows would be in the way of the next start, and hold addresses. There may be very many."""
    erased = await starts.erase_rows(uow.conn, campaign.id, limit=_ERASED_AT_ONCE)
    if erased == _ERASED_AT_ONCE:
        await starts.hand_on(uow.conn, campaign.id, due_at=now + LEASE)
        return Step(campaign, erased)
    await starts.back_to_draft(uow.conn, campaign.id)
    return Step(replace(campaign, state="draft", start_after_row=-1, start_rows=0), max(erased, 1))


async def check_list(uow: UnitOfWork, campaign: Campaign) -> lists.ListRow:
    """The list of the campaign, which is not deleted before the caller's end. Raises Conflict (list_deleted)."""
    found = await lists.load_list(uow.conn, workspace_id=campaign.workspace_id, list_id=campaign.list_id, lock=True)
    if found is None or found.delete_asked_at is not None:
        raise Conflict("the list of the campaign is deleted: make a campaign for another list", code="list_deleted")
    return found


def nothing_to_send(excluded: Mapping[str, int]) -> str:
    """Why no row of a list can be sent, by how many rows there are for each reason."""
    if not excluded:
        return "the list has no row that could be sent"
    total, told = sum(excluded.values()), list[str]()
    for code, rows in sorted(excluded.items(), key=lambda one: (one[0] != "already_sent", -one[1], one[0])):
        said = "have had this very email already, and nobody gets it twice" if code == "already_sent" else code
        told.append(f"{rows} of {total} {said.replace('_', ' ')}")
    return f"no row of the list can be sent: {'; '.join(told)}"
