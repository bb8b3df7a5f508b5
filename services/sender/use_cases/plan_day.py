"""The daily plan: today's slots are given to the mails that come first. Only planned mails are sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.contracts.sender import CampaignFinished
from libs.common.uow import UnitOfWork
from services.sender.domain.days import day_at
from services.sender.repositories import campaigns, candidates, plan, planning, sleepers, slots, workspaces
from services.sender.use_cases.fill_day import Filled, Today, fill_day
from services.sender.use_cases.start_campaign import SENDER_WORK


@dataclass(frozen=True)
class Planned:
    """How many slots this run gave away. `busy`: none, as another was planning. `goes_on`: more were put to sleep or woken than
    one run should, and the next one, which is due at once, goes on from there."""

    assigned: int
    busy: bool = False
    goes_on: bool = False


async def plan_day(
    uow: UnitOfWork,
    *,
    workspace_id: UUID,
    mailbox_id: UUID | None,
    now: datetime,
    default_quota: int,
    call_s: float,
    wait: bool = True,
) -> Planned:
    """Give every free slot of today to the next mail; run again at any time, by any number of planners.

    `mailbox_id` is the mailbox of the settings, which serves every workspace beside its own. Earlier days' unused slots are
    gone, suppressed leads leave the plan, exhausted campaigns are finished, and it is noted when to plan again.
    """
    workspace = await workspaces.load_workspace(uow.conn, workspace_id, lock=True, wait=wait)
    if workspace is None:
        return Planned(0, busy=True)
    seen = await planning.asks(uow.conn, workspace_id)
    await candidates.plan_by_parameters(uow.conn)
    day = day_at(now, time_zone=workspace.time_zone)
    boxes = await candidates.usable_mailboxes(uow.conn, workspace_id=workspace_id, house_mailbox_id=mailbox_id)
    ids = [box.id for box in boxes]
    running = await candidates.active_campaigns(uow.conn, workspace_id=workspace_id, mailbox_ids=ids)
    today = Today(workspace, day, now, timedelta(seconds=call_s), {box.id: box for box in boxes}, running)
    await _make_room(uow, today)
    awake = await _wake(uow, today)
    filled = await fill_day(uow, today, default_quota=default_quota) if awake else Filled(goes_on=True)
    await _finish_exhausted(uow, workspace_id, now=now)
    next_at = now if filled.goes_on else min([*filled.closes, day.ends_at])
    await planning.plan_next(uow.conn, workspace_id, at=next_at if running else None, seen=seen)
    if filled.assigned:
        uow.notify(SENDER_WORK)
    return Planned(filled.assigned, goes_on=filled.goes_on)


async def _finish_exhausted(uow: UnitOfWork, workspace_id: UUID, *, now: datetime) -> None:
    for campaign in await campaigns.finish_exhausted(uow.conn, workspace_id=workspace_id, now=now):
        told = CampaignFinished(campaign_id=campaign.id, name=campaign.name, ended_by_person=False)
        uow.publish(told, tenant_id=workspace_id, correlation_id=campaign.id)


async def _make_room(uow: UnitOfWork, today: Today) -> None:
    """What cannot be used gives its slot back."""
    workspace_id, date_ = today.workspace.id, today.day.date
    await slots.close_earlier_days(uow.conn, workspace_id=workspace_id, today=date_)
    await plan.stop_suppressed(uow.conn, workspace_id=workspace_id, today=date_, now=today.now)
    await plan.release_lost(
        uow.conn,
        workspace_id=workspace_id,
        mailbox_ids=list(today.boxes),
        today=date_,
        call_ends_at=today.now + today.call,
    )


async def _wake(uow: UnitOfWork, today: Today) -> bool:
    """Wake those whose time comes today, and those of a campaign whose terms have changed. False: not all of them yet."""
    if not today.running:
        return True
    for one in today.running:
        if one.waking and not await sleepers.wake_page(uow.conn, one.id):
            return False
    return await sleepers.wake_due(uow.conn, [one.id for one in today.running], until=today.day.ends_at)
