"""Which mailboxes a campaign sends through, and which campaigns a mailbox is waited for by."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.repositories.arrays import one_of
from services.sender.tables import campaign_mailboxes, campaigns


async def share_campaign(conn: AsyncConnection, campaign_id: UUID, mailbox_ids: Sequence[UUID]) -> None:
    """The campaign's leads are shared out among these, beside the mailbox that it was made for."""
    if mailbox_ids:
        rows = [{"campaign_id": campaign_id, "mailbox_id": mailbox_id} for mailbox_id in mailbox_ids]
        await conn.execute(insert(campaign_mailboxes), rows)


async def beside(conn: AsyncConnection, campaign_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The mailboxes that campaigns share their leads out among, beside those that they were made for."""
    query = select(campaign_mailboxes).where(one_of(campaign_mailboxes.c.campaign_id, campaign_ids))
    found: dict[UUID, list[UUID]] = {name: [] for name in campaign_ids}
    for row in await conn.execute(query.order_by(campaign_mailboxes.c.mailbox_id)):
        found[row.campaign_id].append(row.mailbox_id)
    return found


async def campaigns_through(conn: AsyncConnection, mailbox_id: UUID) -> list[str]:
    """The names of campaigns that are not finished and send through it."""
    also = select(campaign_mailboxes.c.campaign_id).where(campaign_mailboxes.c.mailbox_id == mailbox_id)
    through = or_(campaigns.c.mailbox_id == mailbox_id, campaigns.c.id.in_(also))
    query = select(campaigns.c.name).where(through, campaigns.c.state != "finished").order_by(campaigns.c.name)
    return list((await conn.execute(query)).scalars())
