"""A person asks why a lead has not been written to, and when it will be."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from libs.common.errors import NotFound
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.domain.explaining import Explanation, explain_gate, explain_plan, explain_slot, plan_today
from services.sender.domain.plan.outlook import Outlook
from services.sender.domain.sending import SendTiming
from services.sender.domain.turns import TURNS, turn_of
from services.sender.repositories import facts, standings
from services.sender.repositories.facts import Subject
from services.sender.repositories.standings import Standing
from services.sender.repositories.workspaces import Clock
from services.sender.use_cases.begin_sending import facts_of
from services.sender.use_cases.look_ahead import House, look_ahead
from services.sender.use_cases.virtual_days import run_virtual_days


@dataclass(frozen=True)
class Why:
    """The explanation of a lead. `position` is its place among those of its campaign who wait without a slot, from 1."""

    standing: Standing
    explanation: Explanation
    position: int | None = None


@dataclass(frozen=True)
class _Found:
    """What was read of a lead. `told` explains it already; else an outlook does, with `told_paused` where no mailbox sends."""

    standing: Standing
    told: Explanation | None = None
    told_paused: Explanation | None = None
    position: int | None = None


async def explain_lead(
    open_uow: OpenUow,
    *,
    workspace_id: UUID,
    campaign_id: UUID,
    lead_id: UUID,
    house: House,
    timing: SendTiming,
    clock: Clock,
) -> Why:
    """Raises NotFound (lead_not_found)."""
    async with open_uow() as uow:
        standing = await standings.load(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id, lead_id=lead_id)
        if standing is None:
            raise NotFound(f"the campaign {campaign_id} has no lead {lead_id}", code="lead_not_found")
        now = await clock(uow.conn)
        found = await _find(uow, standing, workspace_id, campaign_id, timing=timing, now=now)
    if found.told:
        return Why(standing, found.told)
    outlook = await look_ahead(open_uow, workspace_id=workspace_id, house=house, now=now)
    told = await run_virtual_days(_explain, outlook, found, campaign_id)
    return Why(standing, told, found.position)


async def _find(
    uow: UnitOfWork,
    standing: Standing,
    workspace_id: UUID,
    campaign_id: UUID,
    *,
    timing: SendTiming,
    now: datetime,
) -> _Found:
    """All that needs the database."""
    told, paused = explain_state(standing), None
    told = told or await _gate(uow, standing, workspace_id, timing=timing, now=now)
    if told and told.code == "mailbox_paused" and not standing.has_mailbox:
        # Another mailbox of the campaign may take it.
        told, paused = None, told
    told = told or explain_mailbox(standing, now=now)
    if told:
        return _Found(standing, told)
    before = await standings.waiting_before(uow.conn, campaign_id=campaign_id, position=standing.position)
    return _Found(standing, None, paused, before + 1)


def _explain(outlook: Outlook, found: _Found, campaign_id: UUID) -> Explanation:
    """What the plan says of it, and when its turn is."""
    who = outlook.waiting.find(found.standing.enrolment_id)
    window = next((one.window for one in outlook.campaigns if one.id == campaign_id), None)
    if who is None or window is None:
        return found.told_paused or Explanation("no_mailbox", "all of them are paused or deleted, so resume one")
    today = plan_today(outlook)
    told = explain_plan(who, window, today=today, hours=today.hours)
    if told.code == "deferred":
        return replace(told, detail=found.standing.email_reason or "")
    return replace(told, next_at=turn_of(outlook, who.enrolment_id)) if told.code in TURNS else told


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
            over = standing.campaign_state in {"draft", "starting", "finished"}
            return Explanation(f"campaign_{standing.campaign_state}") if over else None


def explain_mailbox(standing: Standing, *, now: datetime) -> Explanation | None:
    """What a mail with a mailbox waits for: its mailbox's rest, or its instant of today."""
    if not standing.has_mailbox:
        return None
    return explain_slot(
        standing.planned_at,
        paused=standing.mailbox_paused,
        trouble=standing.mailbox_trouble,
        retry_at=standing.mailbox_retry_at,
        now=now,
    )


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
