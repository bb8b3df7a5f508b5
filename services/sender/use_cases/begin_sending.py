"""`claimed → sending`: the transaction that decides. After its commit the provider is called, or the email is unknown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from libs.common.logs import get_logger
from libs.common.uow import UnitOfWork
from services.sender.domain.dead_letters import cause_of_problem
from services.sender.domain.message import Letter
from services.sender.domain.sending import Drop, Facts, GiveBack, Go, SendTiming, decide
from services.sender.domain.windows import is_open
from services.sender.repositories import campaigns, emails, handfuls, plan, planning
from services.sender.repositories import slots as slotting
from services.sender.repositories.claims import Claim
from services.sender.repositories.facts import Reasons, reasons
from services.sender.repositories.handfuls import Ready
from services.sender.repositories.words import Words
from services.sender.tables import slots
from services.sender.use_cases.prepare_mail import Prepared
from services.sender.use_cases.record_outcome import announce, bury

log = get_logger()


@dataclass(frozen=True)
class Begun:
    """`go`: call the provider now. Otherwise what became of the email instead, and why."""

    state: Literal["go", "planned", "dropped", "lost"]
    reason: str = ""


async def begin_sending(
    uow: UnitOfWork, claim: Claim, *, now: datetime, timing: SendTiming, subject: str = "", problem: str | None = None
) -> Begun:
    """Re-check everything, then take the slot by writing it. `problem`: the mail cannot be built, so it fails here."""
    if not await emails.lock_claimed(uow.conn, claim):
        return Begun("lost", "claim_lost")
    today, ends_at = await plan.day_end(uow.conn, workspace_id=claim.workspace_id, now=now)
    facts = facts_of(await reasons(uow.conn, claim), now=now, timing=timing, day_ends_at=ends_at)
    verdict = Drop("failed", problem) if problem else decide(facts, now=now, timing=timing)
    match verdict:
        case Drop(state, reason):
            await _drop(uow, claim, state=state, reason=reason, today=today, now=now)
            return Begun("dropped", reason)
        case GiveBack(reason):
            await _give_back(uow, claim, reason=reason, today=today)
            return Begun("planned", reason)
        case Go():
            return await _go(uow, claim, today=today, now=now, timing=timing, subject=subject)


async def begin_together(
    uow: UnitOfWork,
    claims: Sequence[Claim],
    *,
    prepare: Callable[[Claim, Words], Prepared],
    now: datetime,
    timing: SendTiming,
) -> dict[UUID, Letter]:
    """Begin those of some claims that nothing speaks against, as `begin_sending` would; answers their letters, by email. The
    others are left as they are, to be begun alone: what a mail before them in here does to them would not be seen. So is one
    that cannot be made, whatever the fault: it is told of there, and is not the others'."""
    letters, going, people, leads = (
        dict[UUID, Letter](),
        list[tuple[Ready, str]](),
        set[tuple[UUID, str]](),
        set[UUID](),
    )
    for ready in await handfuls.lock_claimed(uow.conn, claims, now=now):
        claim = ready.claim
        facts = facts_of(ready.facts, now=now, timing=timing, day_ends_at=ready.day_ends_at)
        person = (claim.workspace_id, claim.recipient)
        if person in people or claim.enrolment_id in leads or not isinstance(decide(facts, now=now, timing=timing), Go):
            continue
        try:
            mail = prepare(claim, ready.words)
        except Exception as error:
            log.warning("email.begun_alone", email_id=str(claim.email_id), error=type(error).__name__)
            continue
        if mail.letter is None:
            continue
        people.add(person)
        leads.add(claim.enrolment_id)
        going.append((ready, mail.subject))
        letters[claim.email_id] = mail.letter
    await handfuls.mark_sending(uow.conn, going, now=now, lease_s=timing.sending_lease_s)
    return letters


def facts_of(found: Reasons, *, now: datetime, timing: SendTiming, day_ends_at: datetime | None) -> Facts:
    """What was read, with the window asked about the whole call."""
    return Facts(
        suppressed=found.suppressed,
        enrolment_active=found.enrolment_active,
        campaign_active=found.campaign_active,
        mailbox_active=found.mailbox_active,
        sandboxed_lead=found.sandboxed_lead,
        sandboxed_mailbox=found.sandboxed_mailbox,
        already_sent=found.already_sent,
        earlier_open=found.earlier_open,
        window_open=is_open(found.window, found.place, since=now, seconds=timing.call_s),
        day_ends_at=day_ends_at,
    )


async def _give_back(uow: UnitOfWork, claim: Claim, *, reason: str, today: date | None) -> None:
    """What cannot be sent now leaves the plan, or it would be claimed again at once; the next plan takes it up."""
    await emails.give_back(uow.conn, claim, reason=reason)
    await plan.release_assigned(uow.conn, slots.c.email_id == claim.email_id, today=today)
    await planning.ask(uow.conn, claim.workspace_id)


async def _go(
    uow: UnitOfWork, claim: Claim, *, today: date | None, now: datetime, timing: SendTiming, subject: str
) -> Begun:
    if today is None or not await slotting.use_slot(uow.conn, claim.email_id, day=today, token=claim.token):
        await emails.give_back(uow.conn, claim, reason="no_slot")
        await planning.ask(uow.conn, claim.workspace_id)
        return Begun("planned", "no_slot")
    await emails.mark_sending(uow.conn, claim, subject=subject, now=now, lease_s=timing.sending_lease_s)
    return Begun("go")


async def _drop(uow: UnitOfWork, claim: Claim, *, state: str, reason: str, today: date | None, now: datetime) -> None:
    await emails.drop(uow.conn, claim, state=state, reason=reason, now=now)
    await campaigns.end_enrolment(uow.conn, claim.enrolment_id, state="stopped", reason=reason, now=now)
    await plan.release_assigned(uow.conn, slots.c.email_id == claim.email_id, today=today)
    await planning.ask(uow.conn, claim.workspace_id)
    if state == "failed":
        await bury(uow, claim, cause_of_problem(reason), detail=reason, now=now)
        announce(uow, claim, state, reason=reason)
