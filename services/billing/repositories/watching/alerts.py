"""Thresholds, and which balances are below them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Text, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.watching.alerts import Crossing
from services.billing.tables import accounts, alert_settings, low_balances

_CROSS = text("""
    WITH wanted AS (
        SELECT workspace_id, unnest(thresholds) AS threshold FROM billing.alert_settings
        UNION ALL
        SELECT e.workspace_id, d.threshold
        FROM billing.entitlements e JOIN unnest(:plans, :thresholds) AS d (plan, threshold) USING (plan)
        WHERE NOT EXISTS (SELECT FROM billing.alert_settings s WHERE s.workspace_id = e.workspace_id)
    ), seen AS (
        SELECT w.workspace_id, w.threshold, a.available, a.available < w.threshold AS low, b.crossing, b.low_since
        FROM wanted w
        JOIN billing.accounts a USING (workspace_id)
        LEFT JOIN billing.low_balances b USING (workspace_id, threshold)
    ), armed AS (
        INSERT INTO billing.low_balances (workspace_id, threshold)
        SELECT workspace_id, threshold FROM seen WHERE NOT low AND crossing IS NULL
        ON CONFLICT DO NOTHING
    ), armed_again AS (
        UPDATE billing.low_balances b SET low_since = NULL
        FROM seen s
        WHERE b.workspace_id = s.workspace_id AND b.threshold = s.threshold AND NOT s.low AND s.low_since IS NOT NULL
    ), unwanted AS (
        DELETE FROM billing.low_balances b
        WHERE b.low_since IS NOT NULL AND NOT EXISTS (
            SELECT FROM wanted w WHERE w.workspace_id = b.workspace_id AND w.threshold = b.threshold
        )
    )
    UPDATE billing.low_balances b SET low_since = :now, crossing = b.crossing + 1
    FROM seen s
    WHERE b.workspace_id = s.workspace_id AND b.threshold = s.threshold
        AND s.low AND s.crossing IS NOT NULL AND s.low_since IS NULL
    RETURNING b.workspace_id, b.threshold, b.crossing, s.available
    """).bindparams(bindparam("plans", type_=ARRAY(Text())), bindparam("thresholds", type_=ARRAY(BigInteger())))


async def find_thresholds(conn: AsyncConnection, workspace_id: UUID) -> list[int] | None:
    """What the workspace has set; None when it never has."""
    query = select(alert_settings.c.thresholds).where(alert_settings.c.workspace_id == workspace_id)
    return (await conn.execute(query)).scalar_one_or_none()


async def save_thresholds(
    conn: AsyncConnection, workspace_id: UUID, thresholds: Sequence[int], *, user_id: UUID, now: datetime
) -> None:
    """In place of what was set before."""
    values = {"thresholds": list(thresholds), "set_by": user_id, "set_at": now}
    await conn.execute(
        insert(alert_settings)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values)
    )


async def cross_thresholds(conn: AsyncConnection, defaults: Mapping[str, int], *, now: datetime) -> list[Crossing]:
    """Mark what has fallen below a threshold since it was seen above, once, and arm again what is above. One statement.

    `defaults` are for workspaces that have set nothing: code of the plan → threshold. A threshold that the balance has not
    been seen above says nothing, and one that is wanted no more is forgotten.
    """
    values = {"plans": list(defaults), "thresholds": list(defaults.values()), "now": now}
    rows = await conn.execute(_CROSS, values)
    return [Crossing(row.workspace_id, row.threshold, row.crossing, row.available) for row in rows]


async def low_now(conn: AsyncConnection, workspace_id: UUID) -> list[tuple[int, datetime]]:
    """Thresholds that the balance is below at present, and since when; the lowest first."""
    of_account = accounts.c.workspace_id == low_balances.c.workspace_id
    query = (
        select(low_balances.c.threshold, low_balances.c.low_since)
        .join(accounts, of_account)
        .where(low_balances.c.workspace_id == workspace_id, low_balances.c.low_since.is_not(None))
        .where(accounts.c.available < low_balances.c.threshold)
    )
    return [(row[0], row[1]) for row in await conn.execute(query.order_by(low_balances.c.threshold))]
