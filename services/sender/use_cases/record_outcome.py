"""What became of a call is written down, by the owner of the newest token only, together with the event that says so."""

from datetime import datetime
from typing import Final

from libs.common.contracts.envelope import Event
from libs.common.contracts.sender import EmailDeferred, EmailFailed, EmailSent, EmailUnknown
from libs.common.uow import UnitOfWork
from services.sender.domain.days import day_at
from services.sender.domain.sending import Outcome, Record, record_of
from services.sender.repositories import campaigns, emails, plan, workspaces
from services.sender.repositories.claims import Claim, Leased

_EVENTS: Final = {"sent": EmailSent, "deferred": EmailDeferred, "failed": EmailFailed, "unknown": EmailUnknown}


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
        await plan.return_used(uow.conn, claim.email_id, token=claim.token, today=today)
    if record.state in {"sent", "failed"}:
        ended = "finished" if record.state == "sent" else "stopped"
        await campaigns.end_enrolment(uow.conn, claim.enrolment_id, state=ended, reason=record.reason, now=now)
    announce(uow, claim, record.state, reason=record.reason)
    return record


def announce(uow: UnitOfWork, email: Claim | Leased, state: str, *, reason: str | None) -> None:
    """Say what became of an email."""
    event: Event = _EVENTS[state](
        campaign_id=email.campaign_id,
        email_id=email.email_id,
        lead_id=email.lead_id,
        step=email.step,
        recipient=email.recipient,
        reason=reason,
    )
    uow.publish(event, tenant_id=email.workspace_id, correlation_id=email.campaign_id)
