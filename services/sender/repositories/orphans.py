"""Addresses that wait in campaigns which have no mailbox any more."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.repositories.plan import stop
from services.sender.tables import campaign_mailboxes, campaigns, enrolments, mailboxes


async def take_over(
    conn: AsyncConnection, addresses: Sequence[str], *, workspace_id: UUID, mailbox_id: UUID, today: date, now: datetime
) -> None:
    """Addresses that wait in a campaign that has no mailbox any more are free for one that leaves through this mailbox.

    Gone are mailboxes that were deleted, and one of the settings when the settings name this one instead.
    """
    made_for, this, other = mailboxes.alias(), mailboxes.alias(), mailboxes.alias()
    replaced = and_(made_for.c.workspace_id.is_(None), this.c.workspace_id.is_(None), made_for.c.id != this.c.id)
    has_another = (
        select(campaign_mailboxes.c.mailbox_id)
        .join(other, other.c.id == campaign_mailboxes.c.mailbox_id)
        .where(campaign_mailboxes.c.campaign_id == campaigns.c.id, other.c.deleted_at.is_(None))
        .correlate(campaigns)
        .exists()
    )
    orphaned = (
        select(campaigns.c.id)
        .join(made_for, made_for.c.id == campaigns.c.mailbox_id)
        .join(this, this.c.id == mailbox_id)
        .where(campaigns.c.workspace_id == workspace_id, ~has_another)
        .where(or_(made_for.c.deleted_at.is_not(None), replaced))
    )
    theirs = and_(
        enrolments.c.workspace_id == workspace_id,
        enrolments.c.email.in_(addresses),
        enrolments.c.campaign_id.in_(orphaned),
    )
    await stop(conn, theirs, state="cancelled", reason="mailbox_changed", today=today, now=now)
