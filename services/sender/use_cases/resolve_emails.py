"""Somebody decides about many unknown emails at once: after a crash there is one of each connection and handful."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.sender.domain.resolving import Resolution
from services.sender.repositories import endings, resolutions
from services.sender.use_cases.resolve_email import settle

MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Chosen:
    """Which unknown emails: all of the workspace, or those of a campaign or a mailbox; those behind `after`."""

    workspace_id: UUID
    campaign_id: UUID | None = None
    mailbox_id: UUID | None = None
    after: UUID | None = None


@dataclass(frozen=True)
class Resolved:
    """How many were decided, how many could not be (their campaign has ended), and behind which email there may be more."""

    resolved: int
    ended: int
    next_after: UUID | None


async def resolve_emails(
    uow: UnitOfWork, chosen: Chosen, *, outcome: Resolution, decided_by: str, now: datetime
) -> Resolved:
    """Key: the emails' state, so a second click finds nothing to do. The first 200 that are chosen."""
    found = await resolutions.lock_unknown(
        uow.conn,
        chosen.workspace_id,
        campaign_id=chosen.campaign_id,
        mailbox_id=chosen.mailbox_id,
        after=chosen.after,
        limit=MOST_AT_ONCE,
    )
    over = set[UUID]()
    if outcome == "send_again":
        campaigns = {one.email.campaign_id for one in found}
        over = {campaign_id for campaign_id in campaigns if await endings.is_ended(uow.conn, campaign_id)}
    done = [one for one in found if one.email.campaign_id not in over]
    for one in done:
        await settle(uow, one, outcome=outcome, decided_by=decided_by, now=now)
    behind = found[-1].email.email_id if len(found) == MOST_AT_ONCE else None
    return Resolved(len(done), len(found) - len(done), next_after=behind)
