"""The daily plan: today's slots are given to the leads that come first. Only planned leads are sent to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.sender.domain.days import Day, day_at
from services.sender.domain.message import message_id_of
from services.sender.domain.plan.sharing import Demand, share_out
from services.sender.repositories import campaigns, plan, workspaces
from services.sender.repositories.plan import Candidate
from services.sender.use_cases.start_campaign import SENDER_WORK


@dataclass(frozen=True)
class Planned:
    """How many slots this run gave away. `busy`: none, as another was planning."""

    assigned: int
    busy: bool = False


async def plan_day(
    uow: UnitOfWork,
    *,
    workspace_id: UUID,
    mailbox_id: UUID,
    now: datetime,
    default_quota: int,
    mail_domain: str,
    wait: bool = True,
) -> Planned:
    """Give every free slot of today to the mailbox's next lead; run again at any time, by any number of planners.

    Earlier days' unused slots are gone, suppressed leads leave the plan, exhausted campaigns are finished.
    """
    workspace = await workspaces.load_workspace(uow.conn, workspace_id, lock=True, wait=wait)
    if workspace is None:
        return Planned(0, busy=True)
    day = day_at(now, time_zone=workspace.time_zone)
    quota = await plan.open_day(
        uow.conn, workspace_id=workspace_id, day=day, quota=workspace.daily_quota or default_quota
    )
    await plan.close_earlier_days(uow.conn, workspace_id=workspace_id, today=day.date)
    await plan.stop_suppressed(uow.conn, workspace_id=workspace_id, today=day.date, now=now)
    await plan.release_other_mailboxes(uow.conn, workspace_id=workspace_id, mailbox_id=mailbox_id, today=day.date)
    numbers = await plan.free_numbers(uow.conn, workspace_id=workspace_id, day=day.date, quota=quota)
    chosen = await _choose(uow, workspace_id=workspace_id, mailbox_id=mailbox_id, day=day, free=len(numbers), now=now)
    taken = await _assign(
        uow, chosen, numbers=numbers, workspace_id=workspace_id, day=day, now=now, mail_domain=mail_domain
    )
    await campaigns.finish_exhausted(uow.conn, workspace_id=workspace_id, now=now)
    if taken:
        uow.notify(SENDER_WORK)
    return Planned(taken)


async def _assign(
    uow: UnitOfWork,
    chosen: Sequence[Candidate],
    *,
    numbers: Sequence[int],
    workspace_id: UUID,
    day: Day,
    now: datetime,
    mail_domain: str,
) -> int:
    fresh = {who.enrolment_id: new_id() for who in chosen if who.email_id is None}
    await plan.add_emails(
        uow.conn,
        [
            _email(who, fresh[who.enrolment_id], workspace_id=workspace_id, now=now, mail_domain=mail_domain)
            for who in chosen
            if who.email_id is None
        ],
    )
    await plan.put_in_plan(uow.conn, [who.email_id for who in chosen if who.email_id is not None])
    taken = [
        (number, who.campaign_id, who.email_id or fresh[who.enrolment_id])
        for number, who in zip(numbers, chosen, strict=False)
    ]
    await plan.assign(uow.conn, workspace_id=workspace_id, day=day.date, taken=taken)
    return len(taken)


async def _choose(
    uow: UnitOfWork, *, workspace_id: UUID, mailbox_id: UUID, day: Day, free: int, now: datetime
) -> list[Candidate]:
    waiting: dict[UUID, list[Candidate]] = {}
    demands: list[Demand] = []
    for campaign_id, room in await plan.rooms(uow.conn, workspace_id=workspace_id, mailbox_id=mailbox_id, day=day.date):
        found = await plan.candidates(uow.conn, campaign_id, now=now, limit=min(room, free))
        waiting[campaign_id] = found
        demands.append(Demand(campaign_id, room=max(room, 0), waiting=len(found)))
    shares = share_out(free, demands)
    return [who for campaign_id, found in waiting.items() for who in found[: shares[campaign_id]]]


def _email(who: Candidate, email_id: UUID, *, workspace_id: UUID, now: datetime, mail_domain: str) -> dict[str, object]:
    return {
        "id": email_id,
        "workspace_id": workspace_id,
        "campaign_id": who.campaign_id,
        "enrolment_id": who.enrolment_id,
        "lead_id": who.lead_id,
        "step": plan.FIRST_STEP,
        "recipient": who.recipient,
        "message_id": message_id_of(email_id, domain=mail_domain),
        "due_at": now,
        "created_at": now,
    }
