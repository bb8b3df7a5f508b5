"""The free slots of a day are given to the mails that come first, round after round."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.sender.domain.days import Day
from services.sender.domain.message import message_id_of
from services.sender.domain.plan.candidates import Candidate, Hours, PlannedCampaign, UsableMailbox
from services.sender.domain.plan.laying_out import lay_out
from services.sender.domain.plan.rooms import DayTerms, room_of, shares_of
from services.sender.domain.plan.sorting import Gathered, Sorter
from services.sender.domain.plan.terms import Assignment, Room, Share
from services.sender.repositories import plan, planned_emails, sleepers, slots, test_mails
from services.sender.repositories.planned_emails import NewEmail
from services.sender.repositories.slots import Taken
from services.sender.repositories.workspaces import Workspace
from services.sender.use_cases.gather_waiting import Queue


@dataclass(frozen=True)
class Today:
    """What this run plans for."""

    workspace: Workspace
    day: Day
    now: datetime
    call: timedelta
    boxes: dict[UUID, UsableMailbox]
    running: Sequence[PlannedCampaign]


@dataclass
class Filled:
    """What a run did: slots it gave away, and when those that are assigned can be used no more. `goes_on`: so many were put to
    sleep that the next run goes on, as slots go to nobody before all who come first are known."""

    closes: list[datetime] = field(default_factory=list[datetime])
    assigned: int = 0
    goes_on: bool = False


async def fill_day(uow: UnitOfWork, today: Today, *, default_quota: int) -> Filled:
    """Round after round, until the slots or the mails that wait are used up."""
    workspace_id, day = today.workspace.id, today.day
    quota = await plan.open_day(
        uow.conn, workspace_id=workspace_id, day=day, quota=today.workspace.daily_quota or default_quota
    )
    numbers = await slots.free_numbers(uow.conn, workspace_id=workspace_id, day=day.date, quota=quota)
    holders = await slots.held(uow.conn, workspace_id=workspace_id, day=day.date)
    terms = DayTerms(quota, today.workspace.domain_quota, today.workspace.follow_up_share)
    shares = shares_of(today.running, holders)
    tests = await test_mails.held(uow.conn, workspace_id=workspace_id, since=day.starts_at, until=day.ends_at)
    room = room_of(list(today.boxes.values()), [*holders, *tests], day=day.date, terms=terms, free=len(numbers))
    sorter = _sorter(today)
    queues = {one.id: Queue(one) for one in today.running}
    filled = Filled(closes=[one.closes_at for one in holders if one.state == "assigned" and one.closes_at])
    while room.slots > 0:
        gathered = await _gather(uow, queues, shares, sorter, room=room)
        if len(gathered.asleep) >= sleepers.PAGE:
            await sleepers.sleep(uow.conn, gathered.asleep)
            filled.goes_on = True
            break
        layout = lay_out(
            gathered.waiting,
            shares=shares,
            room=room,
            day=day.date,
            since=today.now,
            until=day.ends_at,
            call=today.call,
        )
        enough = {who for who, why in layout.passed_over.items() if why == "domain_quota"}
        await sleepers.sleep(uow.conn, {**gathered.asleep, **dict.fromkeys(enough, day.ends_at)})
        await plan.stop_enrolments(uow.conn, gathered.suppressed, today=day.date, now=today.now)
        await _assign(uow, layout.assignments, numbers[filled.assigned :], gathered.known, today=today)
        filled.assigned += len(layout.assignments)
        filled.closes += [given.closes_at for given in layout.assignments]
        if not gathered.waiting:
            break
        shares, room = layout.shares, layout.room
    return filled


async def _gather(
    uow: UnitOfWork, queues: dict[UUID, Queue], shares: Sequence[Share], sorter: Sorter, *, room: Room
) -> Gathered:
    """Also of a campaign whose mailboxes have no room left: a mail stays with the mailbox that has written to its lead, which
    may be none of the campaign's any more."""
    gathered = Gathered()
    if any(left != 0 for left in room.mailboxes.values()):
        for share in shares:
            if share.room > 0:
                wanted = min(share.room, room.slots)
                first_mails = any(room.mailboxes.get(name, 0) != 0 for name in share.mailbox_ids)
                queue = queues[share.campaign_id]
                await queue.gather(uow.conn, sorter, wanted=wanted, first_mails=first_mails, into=gathered)
    return gathered


def _sorter(today: Today) -> Sorter:
    pause = timedelta(days=today.workspace.campaign_pause_days)
    hours = Hours(since=today.now, until=today.day.ends_at)
    return Sorter(today.day, today.now, today.call, pause, hours)


async def _assign(
    uow: UnitOfWork,
    assignments: Sequence[Assignment],
    numbers: Sequence[int],
    known: dict[UUID, Candidate],
    *,
    today: Today,
) -> None:
    taken, fresh, again = list[Taken](), list[NewEmail](), dict[UUID, UUID]()
    for number, given in zip(numbers, assignments, strict=False):
        who = known[given.waiting.key]
        email_id = who.email_id or new_id()
        if who.email_id is None:
            fresh.append(_email(who, email_id, today.boxes[given.mailbox_id]))
        else:
            again[email_id] = given.mailbox_id
        taken.append(Taken(number, who.campaign_id, email_id, given.mailbox_id, given.due_at, given.closes_at))
    await planned_emails.add_emails(uow.conn, fresh, workspace_id=today.workspace.id, at=today.now)
    await planned_emails.put_in_plan(uow.conn, again)
    await slots.assign(uow.conn, workspace_id=today.workspace.id, day=today.day.date, taken=taken)


def _email(who: Candidate, email_id: UUID, box: UsableMailbox) -> NewEmail:
    return NewEmail(
        id=email_id,
        campaign_id=who.campaign_id,
        enrolment_id=who.enrolment_id,
        lead_id=who.lead_id,
        mailbox_id=box.id,
        step=who.step,
        recipient=who.recipient,
        message_id=message_id_of(email_id, domain=box.domain),
    )
