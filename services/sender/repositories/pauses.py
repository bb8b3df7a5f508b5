"""Who was written to by another campaign lately, and rests before the next one writes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, any_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.repositories.arrays import array
from services.sender.repositories.candidates import MAY_HAVE_LEFT
from services.sender.tables import campaigns, emails, mailboxes


async def written_since(
    conn: AsyncConnection, *, workspace_id: UUID, campaign_id: UUID, addresses: Sequence[str], since: datetime
) -> dict[str, datetime]:
    """When which of these addresses last had a mail from another campaign, or may have had, as the planner sees it.

    What a sandbox took counts for campaigns through the sandbox only.
    """
    own, its, mine = mailboxes.alias(), mailboxes.alias(), campaigns.alias()
    last = func.max(func.coalesce(emails.c.ended_at, emails.c.sending_at)).label("last")
    query = (
        select(emails.c.recipient, last)
        .join(its, its.c.id == emails.c.mailbox_id)
        .join(mine, mine.c.id == campaign_id)
        .join(own, own.c.id == mine.c.mailbox_id)
        .where(emails.c.workspace_id == workspace_id, emails.c.recipient == any_(array(addresses, Text())))
        .where(emails.c.campaign_id != campaign_id, emails.c.state.in_(MAY_HAVE_LEFT))
        .where(its.c.sandboxed == own.c.sandboxed)
        .group_by(emails.c.recipient)
        .having(last.element > since)
    )
    return {row.recipient: row.last for row in await conn.execute(query)}
