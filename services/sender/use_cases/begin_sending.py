"""`claimed → sending`: the transaction that decides. After its commit the provider is called, or the email is unknown."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Literal

from libs.common.uow import UnitOfWork
from services.sender.domain.sending import Drop, Facts, GiveBack, Go, SendTiming, decide
from services.sender.repositories import campaigns, emails, plan
from services.sender.repositories.claims import Claim
from services.sender.tables import slots
from services.sender.use_cases.record_outcome import announce


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
    reasons = await emails.reasons(uow.conn, claim)
    facts = Facts(**asdict(reasons), day_ends_at=ends_at)
    verdict = Drop("failed", problem) if problem else decide(facts, now=now, timing=timing)
    match verdict:
        case Drop(state, reason):
            await _drop(uow, claim, state=state, reason=reason, today=today, now=now)
            return Begun("dropped", reason)
        case GiveBack(reason):
            await emails.give_back(uow.conn, claim, reason=reason)
            return Begun("planned", reason)
        case Go():
            return await _go(uow, claim, today=today, now=now, timing=timing, subject=subject)


async def _go(
    uow: UnitOfWork, claim: Claim, *, today: date | None, now: datetime, timing: SendTiming, subject: str
) -> Begun:
    if today is None or not await plan.use_slot(uow.conn, claim.email_id, day=today, token=claim.token):
        await emails.give_back(uow.conn, claim, reason="no_slot")
        return Begun("planned", "no_slot")
    await emails.mark_sending(uow.conn, claim, subject=subject, now=now, lease_s=timing.sending_lease_s)
    return Begun("go")


async def _drop(uow: UnitOfWork, claim: Claim, *, state: str, reason: str, today: date | None, now: datetime) -> None:
    await emails.drop(uow.conn, claim, state=state, reason=reason, now=now)
    await campaigns.end_enrolment(uow.conn, claim.enrolment_id, state="stopped", reason=reason, now=now)
    await plan.release_assigned(uow.conn, slots.c.email_id == claim.email_id, today=today)
    if state == "failed":
        announce(uow, claim, state, reason=reason)
