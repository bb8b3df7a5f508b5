"""What is counted of what other schedulers keep for us."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.repositories.hand_overs import LOOKED_AFTER
from services.sender.tables import campaigns, hand_overs, mailboxes, take_backs


@dataclass(frozen=True)
class Watched:
    """Hand-overs in trouble by state, and leads that are not taken back yet; how old the oldest of each is."""

    troubled: Mapping[str, int]
    troubled_for: timedelta
    to_take_back: int
    not_taken_back_for: timedelta


async def watch(conn: AsyncConnection, *, now: datetime) -> Watched:
    """Two looks at partial indexes. What nobody looks after any more is nobody's trouble."""
    looked_after = or_(campaigns.c.state != "finished", campaigns.c.finished_at > now - LOOKED_AFTER)
    troubled = (
        select(hand_overs.c.state, func.count().label("number"), func.min(hand_overs.c.troubled_since).label("since"))
        .join(campaigns, campaigns.c.id == hand_overs.c.campaign_id)
        .join(mailboxes, and_(mailboxes.c.id == hand_overs.c.mailbox_id, mailboxes.c.deleted_at.is_(None)))
        .where(hand_overs.c.troubled_since.is_not(None), looked_after)
        .group_by(hand_overs.c.state)
    )
    found = (await conn.execute(troubled)).all()
    waiting = select(func.count().label("number"), func.min(take_backs.c.asked_at).label("since"))
    left = (await conn.execute(waiting.where(take_backs.c.state == "open"))).one()
    return Watched(
        troubled={row.state: row.number for row in found},
        troubled_for=now - min((row.since for row in found), default=now),
        to_take_back=left.number,
        not_taken_back_for=now - (left.since or now),
    )
