"""The mirror of Stripe's subscriptions, and the numbers that keep an old answer from replacing a later one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.selling.plans import ITEMS, PlanItem
from services.billing.domain.selling.subscriptions import ENDED, FoundSubscription, KeptSubscription, Status
from services.billing.tables import stripe_fetches, subscriptions


@dataclass(frozen=True)
class Told:
    """The failure of a payment that was told last."""

    invoice_id: str | None
    attempts: int


async def next_fetch(conn: AsyncConnection) -> int:
    """The number of a fetch that begins now: higher than that of any that began before."""
    return (await conn.execute(select(stripe_fetches.next_value()))).scalar_one()


async def lock_workspace(conn: AsyncConnection, workspace_id: UUID) -> None:
    """Whoever records what a workspace has bought takes turns, to the end of the transaction."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"plan:{workspace_id}", 0))))


async def find_subscription(conn: AsyncConnection, subscription_id: str) -> tuple[KeptSubscription, Told] | None:
    """The subscription on record, and which failure of it was told."""
    row = (
        await conn.execute(select(subscriptions).where(subscriptions.c.subscription_id == subscription_id))
    ).one_or_none()
    return None if row is None else (_read(row), Told(row.told_invoice_id, row.told_attempts))


async def subscriptions_of(conn: AsyncConnection, workspace_id: UUID, *, realm: str) -> Sequence[KeptSubscription]:
    """All of a workspace's subscriptions, ever."""
    return (await subscriptions_of_all(conn, [workspace_id], realm=realm)).get(workspace_id, [])


async def subscriptions_of_all(
    conn: AsyncConnection, workspace_ids: Collection[UUID], *, realm: str
) -> Mapping[UUID, list[KeptSubscription]]:
    """Workspace → all of its subscriptions, ever, for a slice of workspaces."""
    rows = await conn.execute(
        select(subscriptions).where(subscriptions.c.workspace_id.in_(workspace_ids), subscriptions.c.realm == realm)
    )
    found = dict[UUID, list[KeptSubscription]]()
    for row in rows:
        found.setdefault(row.workspace_id, []).append(_read(row))
    return found


async def save_subscription(
    conn: AsyncConnection,
    found: FoundSubscription,
    *,
    workspace_id: UUID,
    realm: str,
    item: PlanItem | None,
    pending: PlanItem | None,
    unpaid: PlanItem | None,
    dunning_since: datetime | None,
    fetch_no: int,
    fetched_at: datetime,
) -> bool:
    """Write what Stripe answered. False when a fetch that began later has been written already."""
    values = {
        **_state_of(found),
        "workspace_id": workspace_id,
        "realm": realm,
        "plan": item.plan.code if item else None,
        "interval": item.interval if item else None,
        "pending_plan": pending.plan.code if pending else None,
        "pending_interval": pending.interval if pending else None,
        "unpaid_plan": unpaid.plan.code if unpaid else None,
        "unpaid_interval": unpaid.interval if unpaid else None,
        "dunning_since": dunning_since,
        "fetch_no": fetch_no,
        "fetched_at": fetched_at,
    }
    written = await conn.execute(
        insert(subscriptions)
        .values(subscription_id=found.id, **values)
        .on_conflict_do_update(
            index_elements=["subscription_id"], set_=values, where=subscriptions.c.fetch_no < fetch_no
        )
    )
    return written.rowcount == 1


def _state_of(found: FoundSubscription) -> dict[str, object]:
    return {
        "customer_id": found.customer_id,
        "status": found.status,
        "price_id": found.price_id,
        "item_id": found.item_id,
        "period_starts_at": found.period_starts_at,
        "period_ends_at": found.period_ends_at,
        "trial_starts_at": found.trial_starts_at,
        "trial_ends_at": found.trial_ends_at,
        "cancels_at_period_end": found.cancels_at_period_end,
        "ends_at": found.ends_at,
        "ended_at": found.ended_at,
        "schedule_id": found.schedule_id,
        "pending_at": found.pending.at if found.pending else None,
        "unpaid_until": found.unpaid.until if found.unpaid else None,
        "next_attempt_at": found.failure.next_attempt_at if found.failure else None,
        "pay_url": found.failure.pay_url if found.failure else None,
        "made_at": found.made_at,
    }


async def note_told(conn: AsyncConnection, subscription_id: str, told: Told) -> None:
    """A failure of the subscription's payment has been told."""
    await conn.execute(
        subscriptions.update()
        .where(subscriptions.c.subscription_id == subscription_id)
        .values(told_invoice_id=told.invoice_id, told_attempts=told.attempts)
    )


async def doubled_workspaces(conn: AsyncConnection, *, realm: str) -> int:
    """How many workspaces pay for more than one subscription."""
    doubled = (
        select(subscriptions.c.workspace_id)
        .where(subscriptions.c.realm == realm, subscriptions.c.status.not_in(ENDED))
        .group_by(subscriptions.c.workspace_id)
        .having(func.count() > 1)
        .subquery()
    )
    return (await conn.execute(select(func.count()).select_from(doubled))).scalar_one()


def _read(row: Row[Any]) -> KeptSubscription:
    return KeptSubscription(
        id=row.subscription_id,
        workspace_id=row.workspace_id,
        customer_id=row.customer_id,
        status=Status(row.status),
        item=_item(row.plan, row.interval),
        price_id=row.price_id,
        period_ends_at=row.period_ends_at,
        trial_ends_at=row.trial_ends_at,
        cancels_at_period_end=row.cancels_at_period_end,
        ended_at=row.ended_at,
        pending=_item(row.pending_plan, row.pending_interval),
        pending_at=row.pending_at,
        dunning_since=row.dunning_since,
        next_attempt_at=row.next_attempt_at,
        pay_url=row.pay_url,
        made_at=row.made_at,
        had_trial=row.trial_starts_at is not None,
        unpaid=_item(row.unpaid_plan, row.unpaid_interval),
        unpaid_until=row.unpaid_until,
    )


def _item(plan: str | None, interval: str | None) -> PlanItem | None:
    item = ITEMS.get(f"{plan}_{interval}")
    return item if isinstance(item, PlanItem) else None
