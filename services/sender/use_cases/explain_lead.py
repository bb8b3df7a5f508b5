"""A person asks why a lead has not been written to, and when it will be."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.errors import NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.explaining import Explanation, explain_gate, explain_plan, plan_today
from services.sender.domain.plan.outlook import Outlook
from services.sender.domain.plan.simulation import Simulation
from services.sender.domain.sending import SendTiming
from services.sender.repositories import facts, standings
from services.sender.repositories.facts import Subject
from services.sender.repositories.standings import Standing
from services.sender.use_cases.begin_sending import facts_of
from services.sender.use_cases.look_ahead import House, look_ahead

_DAYS = 90
"""So far ahead is looked for the day of somebody who waits for a turn."""
_TURN = {"workspace_quota", "campaign_quota", "mailbox_quota", "domain_quota"}


@dataclass(frozen=True)
class Why:
    """The explanation of a lead. `position` is its place among those of its campaign who wait without a slot, from 1."""

    standing: Standing
    explanation: Explanation
    position: int | None = None


async def explain_lead(
    uow: UnitOfWork,
    *,
    workspace_id: UUID,
    campaign_id: UUID,
    lead_id: UUID,
    house: House,
    timing: SendTiming,
    now: datetime,
) -> Why:
    """Raises NotFound (lead_not_found)."""
    standing = await standings.load(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id, lead_id=lead_id)
    if standing is None:
        raise NotFound(f"the campaign {campaign_id} has no lead {lead_id}", code="lead_not_found")
    told = explain_state(standing) or await _gate(uow, standing, workspace_id, timing=timing, now=now)
    told = told or explain_mailbox(standing, now=now)
    if told:
        return Why(standing, told)
    outlook = await look_ahead(uow, workspace_id=workspace_id, house=house, now=now)
    who = next((one for one in outlook.waiting if one.enrolment_id == standing.enrolment_id), None)
    window = next((one.window for one in outlook.campaigns if one.id == campaign_id), None)
    if who is None or window is None:
        return Why(standing, Explanation("no_mailbox", "none of its mailboxes sends"))
    today = plan_today(outlook)
    explanation = explain_plan(who, window, today=today, hours=today.hours)
    if explanation.code == "deferred":
        explanation = Explanation("deferred", standing.email_reason or "", explanation.next_at)
    if explanation.code in _TURN:
        turn = await asyncio.to_thread(_turn_of, outlook, who.enrolment_id)
        explanation = Explanation(explanation.code, explanation.detail, turn)
    before = await standings.waiting_before(uow.conn, campaign_id=campaign_id, position=standing.position)
    return Why(standing, explanation, before + 1)


def explain_state(standing: Standing) -> Explanation | None:
    """What the states of the rows say already."""
    detail = standing.enrolment_detail or standing.enrolment_reason or ""
    match standing.state:
        case "sent" | "sending":
            return Explanation(standing.state)
        case "failed":
            return Explanation("failed", standing.email_reason or "")
        case "unknown":
            return Explanation("unknown_outcome")
        case "excluded" | "stopped":
            return Explanation(standing.state, detail)
        case "suppressed" | "cancelled":
            return Explanation("stopped", standing.email_reason or detail)
        case _:
            return {"draft": Explanation("not_started"), "finished": Explanation("finished")}.get(
                standing.campaign_state
            )


def explain_mailbox(standing: Standing, *, now: datetime) -> Explanation | None:
    """What a mail with a mailbox waits for: its mailbox's rest, or its instant of today."""
    if standing.mailbox_retry_at and standing.mailbox_retry_at > now:
        return Explanation("mailbox_resting", standing.mailbox_trouble or "", standing.mailbox_retry_at)
    return Explanation("planned", next_at=max(standing.planned_at, now)) if standing.planned_at else None


async def _gate(
    uow: UnitOfWork, standing: Standing, workspace_id: UUID, *, timing: SendTiming, now: datetime
) -> Explanation | None:
    """What the sending transaction would say of it now."""
    subject = Subject(
        workspace_id=workspace_id,
        enrolment_id=standing.enrolment_id,
        email_id=standing.email_id or standing.enrolment_id,
        mailbox_id=standing.mailbox_id,
        step=standing.step,
        recipient=standing.email,
    )
    found = await facts.reasons(uow.conn, subject)
    told = explain_gate(facts_of(found, now=now, timing=timing, day_ends_at=None), now=now, timing=timing)
    if told and told.code == "mailbox_paused":
        return Explanation(told.code, standing.mailbox_paused or "")
    return told


def _turn_of(outlook: Outlook, enrolment_id: UUID) -> datetime | None:
    """The instant at which the planner, going on day by day, sends to it."""
    for day in Simulation(outlook).days(_DAYS):
        for one in day.sends:
            if one.who.enrolment_id == enrolment_id:
                return one.at
    return None
