"""Switches of plans that were asked for. Stripe is asked under the id of one."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import Conflict
from services.billing.domain.selling.switching import Switch
from services.billing.tables import subscription_switches as switches


async def claim_switch(
    conn: AsyncConnection,
    switch: Switch,
    *,
    id_: UUID,
    workspace_id: UUID,
    subscription_id: str,
    from_price_id: str,
    to_price_id: str,
    asked_by: UUID,
    now: datetime,
    given_up_after: timedelta,
) -> UUID:
    """The id to ask Stripe under: a new one, or that of the same switch where its end was not recorded, so that it is not
    done twice. Raises Conflict `switch_in_progress` while another one is under way; who calls holds the workspace's turn."""
    asked = switches.c.subscription_id == subscription_id, switches.c.state == "asked"
    row = (await conn.execute(select(switches).where(*asked))).one_or_none()
    if row is not None and row.asked_at > now - given_up_after:
        if (row.from_price_id, row.to_price_id, row.starts) != (from_price_id, to_price_id, switch.starts):
            msg = f"{subscription_id} is just being switched to {row.item}: try again in a moment"
            raise Conflict(msg, code="switch_in_progress")
        return row.id
    await conn.execute(update(switches).where(*asked).values(state="left"))
    await conn.execute(
        insert(switches).values(
            id=id_,
            workspace_id=workspace_id,
            subscription_id=subscription_id,
            from_price_id=from_price_id,
            to_price_id=to_price_id,
            item=switch.target.name,
            starts=switch.starts,
            state="asked",
            asked_by=asked_by,
            asked_at=now,
        )
    )
    return id_


async def end_switch(conn: AsyncConnection, switch_id: UUID, *, done: bool) -> None:
    """It was done, or refused."""
    await conn.execute(
        update(switches)
        .where(switches.c.id == switch_id, switches.c.state == "asked")
        .values(state="done" if done else "left")
    )
