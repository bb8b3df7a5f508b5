"""Somebody decides about an email of which nobody knows whether it was accepted: "it was sent", or "send it again"."""

from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict, NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.resolving import Resolution, check_resolvable
from services.sender.repositories import emails, endings, planning, resolutions
from services.sender.repositories.resolutions import Unresolved
from services.sender.use_cases.record_outcome import announce


async def resolve_email(
    uow: UnitOfWork, *, workspace_id: UUID, email_id: UUID, outcome: Resolution, decided_by: str, now: datetime
) -> bool:
    """Key: the email and its attempt, so that the second of two clicks changes nothing. Answers whether this one did.

    Raises NotFound (email_not_found), Conflict (not_unknown, resolved_otherwise, campaign_ended).
    """
    found = await resolutions.lock_email(uow.conn, email_id, workspace_id=workspace_id)
    if found is None:
        raise NotFound(f"there is no email {email_id}", code="email_not_found")
    if not check_resolvable(found.state, decided=found.decided, wanted=outcome, in_hand_until=found.lease_until):
        return False
    if outcome == "send_again" and await endings.is_ended(uow.conn, found.email.campaign_id):
        raise Conflict("the campaign was ended: nothing of it is sent again", code="campaign_ended")
    await settle(uow, found, outcome=outcome, decided_by=decided_by, now=now)
    return True


async def settle(uow: UnitOfWork, found: Unresolved, *, outcome: Resolution, decided_by: str, now: datetime) -> None:
    """Write the decision down and act on it. The email is locked and unknown."""
    await resolutions.keep(uow.conn, found, outcome=outcome, decided_by=decided_by, now=now)
    if outcome == "send_again":
        await resolutions.plan_again(uow.conn, found.email.email_id, now=now)
        await planning.ask(uow.conn, found.email.workspace_id)
        return
    await resolutions.mark_sent(uow.conn, found.email.email_id, now=now)
    await emails.finish_enrolment(uow.conn, found.enrolment_id, now=now)
    # A later step may have waited for this, and a campaign of which nothing else is left is finished by the planner.
    await planning.ask(uow.conn, found.email.workspace_id)
    announce(uow, found.email, "sent", reason=None)
