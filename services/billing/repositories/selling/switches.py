"""Switches of plans that were asked for. Stripe is asked under the id of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import Conflict
from services.billing.domain.selling.switching import Starts, Switch
from services.billing.tables import subscription_switches as switches

_ASKED = [
    switches.c[name]
    for name in ("id", "subscription_id", "to_price_id", "starts", "called_off_price_id", "calls_off_end", "asked_at")
]


@dataclass(frozen=True)
class AskedSwitch:
    """A switch whose end is not on record. `called_off` is the price that waited for the period's end until then;
    `calls_off_end`: the plan was to end."""

    id: UUID
    subscription_id: str
    to_price_id: str
    starts: Starts
    called_off: str | None
    calls_off_end: bool
    asked_at: datetime

    @property
    def is_whole(self) -> bool:
        """Whether it takes something away that must come back if it is not paid for."""
        return self.called_off is not None or self.calls_off_end


async def find_asked(conn: AsyncConnection, subscription_id: str) -> AskedSwitch | None:
    """The one of this subscription, if there is one."""
    query = select(*_ASKED).where(switches.c.subscription_id == subscription_id, switches.c.state == "asked")
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else _read(row)


async def left_over(conn: AsyncConnection, *, before: datetime, limit: int) -> Sequence[AskedSwitch]:
    """Switches that were asked for before an instant, and of which nobody has heard since, the oldest first."""
    query = select(*_ASKED).where(switches.c.state == "asked", switches.c.asked_at < before)
    return [_read(row) for row in await conn.execute(query.order_by(switches.c.asked_at).limit(limit))]


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
    called_off: str | None,
    calls_off_end: bool,
    now: datetime,
    given_up_after: timedelta,
) -> AskedSwitch:
    """What to ask Stripe for, under its id: a new one, or the same switch where its end was not recorded, so that it is not
    done twice. Raises Conflict `switch_in_progress` while another one is under way; who calls holds the workspace's turn."""
    asked = switches.c.subscription_id == subscription_id, switches.c.state == "asked"
    row = (await conn.execute(select(switches).where(*asked))).one_or_none()
    if row is not None and row.asked_at > now - given_up_after:
        if (row.from_price_id, row.to_price_id, row.starts) != (from_price_id, to_price_id, switch.starts):
            msg = f"{subscription_id} is just being switched to {row.item}: try again in a moment"
            raise Conflict(msg, code="switch_in_progress")
        return _read([getattr(row, column.name) for column in _ASKED])
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
            called_off_price_id=called_off,
            calls_off_end=calls_off_end,
        )
    )
    return AskedSwitch(id_, subscription_id, to_price_id, switch.starts, called_off, calls_off_end, now)


async def end_switch(conn: AsyncConnection, switch_id: UUID, *, done: bool) -> None:
    """It was done, or refused."""
    await conn.execute(
        update(switches)
        .where(switches.c.id == switch_id, switches.c.state == "asked")
        .values(state="done" if done else "left")
    )


def _read(row: Sequence[Any]) -> AskedSwitch:
    id_, subscription_id, to_price_id, starts, *called_off = row
    return AskedSwitch(id_, subscription_id, to_price_id, Starts(starts), *called_off)
