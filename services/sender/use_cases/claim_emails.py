"""A claimer reserves a batch of planned emails: SKIP LOCKED, a lease, and a fencing token that every claim raises."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.sender.domain.sending import SendTiming
from services.sender.repositories import claims as claiming
from services.sender.repositories import emails, endings
from services.sender.repositories.claims import Claim
from services.sender.repositories.expired_claims import release_expired_claims


async def claim_emails(
    uow: UnitOfWork, *, mailbox_id: UUID, now: datetime, timing: SendTiming, limit: int
) -> list[Claim]:
    """At most `limit` emails of this mailbox that have a slot today and for which there is still time today."""
    waiting = await claiming.look(uow.conn, mailbox_id=mailbox_id, now=now)
    if waiting.expired:
        await release_expired_claims(uow.conn, now=now)
    if not waiting.due:
        return []
    return await claiming.claim(
        uow.conn, mailbox_id=mailbox_id, now=now, call_s=timing.call_s, lease_s=timing.claim_lease_s, limit=limit
    )


async def give_back_claims(uow: UnitOfWork, claims: list[Claim], *, now: datetime) -> None:
    """What was claimed and not begun is planned again at once, not only when its lease runs out; cancelled, where its campaign
    was ended meanwhile, which took its slot."""
    given_back = [claim.email_id for claim in claims if await emails.give_back(uow.conn, claim)]
    await endings.cancel_ended(uow.conn, given_back, now=now)
