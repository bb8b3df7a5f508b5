"""A person asks why a campaign has not written to everybody yet: how many leads wait for what, and until when."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from libs.common.errors import NotFound
from libs.common.uow import OpenUow
from services.sender.domain.explaining import Explanation, explain_plan, explain_slot, plan_today
from services.sender.domain.plan.outlook import Outlook
from services.sender.domain.turns import TURNS, Group, first_turns, groups_of
from services.sender.repositories import campaigns, lists, standings
from services.sender.repositories.campaigns import NOT_STARTED
from services.sender.repositories.standings import Counted
from services.sender.repositories.workspaces import Clock
from services.sender.use_cases.look_ahead import House, look_ahead
from services.sender.use_cases.virtual_days import run_virtual_days


@dataclass(frozen=True)
class Cause:
    """So many leads have the same explanation; `next_at` is that of the first of them."""

    explanation: Explanation
    leads: int


async def explain_campaign(
    open_uow: OpenUow, *, workspace_id: UUID, campaign_id: UUID, house: House, clock: Clock
) -> list[Cause]:
    """The causes, those with most leads first; without leads that have been sent to. A draft, and one that is being
    started, has its list's rows.

    Raises NotFound (campaign_not_found).
    """
    async with open_uow() as uow:
        campaign = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id)
        if campaign is None:
            raise NotFound(f"there is no campaign {campaign_id}", code="campaign_not_found")
        if campaign.state in NOT_STARTED:
            found = await lists.load_list(uow.conn, workspace_id=workspace_id, list_id=campaign.list_id)
            return [Cause(Explanation(f"campaign_{campaign.state}"), found.recipients_count)] if found else []
        counted = await standings.count(uow.conn, campaign_id)
        now = await clock(uow.conn)
        waiting = sum(one.leads for one in counted if one.state in {"waiting", "deferred"})
    causes = list(_settled(counted, now=now))
    if campaign.state == "active" and waiting > 0:
        outlook = await look_ahead(open_uow, workspace_id=workspace_id, house=house, now=now)
        causes += await run_virtual_days(_of_waiting, outlook, campaign_id, waiting=waiting)
    elif waiting:
        causes.append(Cause(Explanation(f"campaign_{campaign.state}"), waiting))
    return sorted(causes, key=lambda cause: (-cause.leads, cause.explanation.code))


def _settled(counted: Iterable[Counted], *, now: datetime) -> Iterable[Cause]:
    """What the rows say by themselves."""
    for one in counted:
        match one.state:
            case "planned":
                told = explain_slot(
                    one.planned_at,
                    paused=one.mailbox_paused,
                    trouble=one.mailbox_trouble,
                    retry_at=one.mailbox_retry_at,
                    now=now,
                )
                yield Cause(told or Explanation("planned"), one.leads)
            case "unknown":
                yield Cause(Explanation("unknown_outcome"), one.leads)
            case "failed":
                yield Cause(Explanation("failed", "see the emails of the campaign"), one.leads)
            case "excluded" | "stopped" as state:
                yield Cause(Explanation(state, one.reason or ""), one.leads)
            case "suppressed" | "cancelled":
                yield Cause(Explanation("stopped", one.reason or one.state), one.leads)
            case "sending":
                yield Cause(Explanation("sending"), one.leads)
            case _:
                continue


def _of_waiting(outlook: Outlook, campaign_id: UUID, *, waiting: int) -> list[Cause]:
    """By what the planner says of each. Leads of one place and domain who rest alike are told the same."""
    window = next((one.window for one in outlook.campaigns if one.id == campaign_id), None)
    if window is None:
        return [Cause(Explanation("no_mailbox", "all of them are paused or deleted, so resume one"), waiting)]
    today = plan_today(outlook)
    hours = today.hours
    told: dict[tuple[str, str], list[tuple[Explanation, int]]] = defaultdict(list)
    turns: dict[tuple[str, str], list[Group]] = defaultdict(list)
    for group in groups_of(outlook.waiting.alike(campaign_id), today=today):
        who = group.first
        one = Explanation("suppressed") if who.suppressed else explain_plan(who, window, today=today, hours=hours)
        told[(one.code, one.detail)].append((one, group.leads))
        if one.code in TURNS:
            turns[(one.code, one.detail)].append(group)
    at = first_turns(today, campaign_id, turns)
    return [_together(ones, at.get(key)) for key, ones in told.items()]


def _together(told: Sequence[tuple[Explanation, int]], turn: datetime | None) -> Cause:
    first = min((one for one, _ in told), key=lambda one: (one.next_at is None, one.next_at))
    if first.code in TURNS:
        first = replace(first, next_at=turn)
    return Cause(first, sum(leads for _, leads in told))
