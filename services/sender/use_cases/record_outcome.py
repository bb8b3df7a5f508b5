"""What became of a call is written down, by the owner of the newest token only, together with the event that says so."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from libs.common.contracts.envelope import Event
from libs.common.contracts.sender import EmailDeferred, EmailFailed, EmailsSent, EmailUnknown, SentEmail
from libs.common.uow import UnitOfWork
from services.sender.domain.days import day_at
from services.sender.domain.dead_letters import Cause, cause_of_outcome
from services.sender.domain.sending import Outcome, Record, Refused, record_of
from services.sender.repositories import campaigns, dead_letters, emails, endings, handfuls, planning, slots, workspaces
from services.sender.repositories.claims import Claim, Leased
from services.sender.use_cases.suppress_address import suppress_address

_EVENTS: Final = {"deferred": EmailDeferred, "failed": EmailFailed, "unknown": EmailUnknown}


async def record_outcome(uow: UnitOfWork, claim: Claim, outcome: Outcome, *, now: datetime) -> Record | None:
    """From `sending`, or from `unknown` when the resolver was faster. None: the token is not the newest, nothing is written."""
    called = await emails.lock_called(uow.conn, claim)
    if called is None:
        return None
    record = record_of(outcome, attempts=called.attempts, deferrals=called.deferrals, now=now)
    if record.state == called.state == "unknown":
        return record
    await emails.store_record(uow.conn, claim, record, now=now)
    if record.slot_back:
        workspace = await workspaces.load_workspace(uow.conn, claim.workspace_id)
        assert workspace is not None, "its campaign was started, so it is open"
        today = day_at(now, time_zone=workspace.time_zone).date
        await slots.return_used(uow.conn, claim.email_id, token=claim.token, today=today)
    if record.state == "sent":
        await emails.finish_enrolment(uow.conn, claim.enrolment_id, now=now)
    if record.state == "failed":
        await campaigns.end_enrolment(uow.conn, claim.enrolment_id, state="stopped", reason=record.reason, now=now)
        await bury(uow, claim, cause_of_outcome(outcome), detail=record.reason or "", now=now)
    match outcome:
        case Refused(reply, no_such_address=True):
            await _suppress(uow, claim, said=reply)
        case _:
            pass
    ended = record.state == "deferred" and await endings.cancel_ended(uow.conn, [claim.email_id], now=now) > 0
    if record.slot_back:
        # Last: whoever suppresses an address asks after that, and the two would wait for each other.
        await planning.ask(uow.conn, claim.workspace_id)
    if not ended:
        announce(uow, claim, record.state, reason=record.reason)
    return record


async def record_accepted(uow: UnitOfWork, claims: Sequence[Claim], *, now: datetime) -> frozenset[UUID]:
    """What `record_outcome` writes of mails that were accepted, for many; answers which emails. The others are to be recorded
    alone: somebody holds them, or has a newer token."""
    called = await handfuls.lock_called(uow.conn, claims)
    uow.write_last(handfuls.as_sent(called, now=now))
    _announce_sent(uow, [claim for claim, _ in called])
    return frozenset(claim.email_id for claim, _ in called)


async def _suppress(uow: UnitOfWork, claim: Claim, *, said: str) -> None:
    """Nobody is there: writing again would only harm the sender's name."""
    await suppress_address(
        uow,
        workspace_id=claim.workspace_id,
        address=claim.recipient,
        reason="bounced",
        proof={"email_id": str(claim.email_id), "said": said},
    )


async def bury(uow: UnitOfWork, claim: Claim, cause: Cause, *, detail: str, now: datetime) -> None:
    """An email that failed waits for a person."""
    await dead_letters.open_letter(
        uow.conn,
        email_id=claim.email_id,
        workspace_id=claim.workspace_id,
        campaign_id=claim.campaign_id,
        cause=cause,
        detail=detail,
        now=now,
    )


def announce(uow: UnitOfWork, email: Claim | Leased, state: str, *, reason: str | None) -> None:
    """Say what became of an email."""
    if state == "sent":
        _announce_sent(uow, [email])
        return
    event: Event = _EVENTS[state](
        campaign_id=email.campaign_id,
        email_id=email.email_id,
        lead_id=email.lead_id,
        step=email.step,
        recipient=email.recipient,
        reason=reason,
    )
    uow.publish(event, tenant_id=email.workspace_id, correlation_id=email.campaign_id)


def _announce_sent(uow: UnitOfWork, emails: Sequence[Claim | Leased]) -> None:
    """One event for each campaign: one for each mail costs three processes more than all the rest of a mail."""
    by_campaign: dict[tuple[UUID, UUID], list[SentEmail]] = {}
    for email in emails:
        sent = SentEmail(email_id=email.email_id, lead_id=email.lead_id, step=email.step, recipient=email.recipient)
        by_campaign.setdefault((email.workspace_id, email.campaign_id), []).append(sent)
    for (workspace_id, campaign_id), sent in by_campaign.items():
        event = EmailsSent(campaign_id=campaign_id, emails=sent)
        uow.publish(event, tenant_id=workspace_id, correlation_id=campaign_id)
