"""Whose customer is whose at Stripe."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.tables import stripe_customers as customers


async def claim_customer(
    conn: AsyncConnection, workspace_id: UUID, *, realm: str, now: datetime
) -> tuple[str | None, datetime]:
    """Note that the workspace's customer is being asked for. Answers its id where there is one, and when it was first asked
    for."""
    await conn.execute(
        insert(customers).values(workspace_id=workspace_id, realm=realm, asked_at=now).on_conflict_do_nothing()
    )
    row = (
        await conn.execute(
            select(customers.c.customer_id, customers.c.asked_at).where(
                customers.c.workspace_id == workspace_id, customers.c.realm == realm
            )
        )
    ).one()
    return row.customer_id, row.asked_at


async def record_customer(conn: AsyncConnection, workspace_id: UUID, *, realm: str, customer_id: str) -> str:
    """Keep the workspace's customer, unless there is one already. Answers the one that is kept."""
    of_workspace = customers.c.workspace_id == workspace_id, customers.c.realm == realm
    await conn.execute(
        update(customers).where(*of_workspace, customers.c.customer_id.is_(None)).values(customer_id=customer_id)
    )
    return (await conn.execute(select(customers.c.customer_id).where(*of_workspace))).scalar_one()


async def workspace_of(conn: AsyncConnection, customer_id: str) -> UUID | None:
    """Whose customer it is by our own record; None when it is nobody's."""
    query = select(customers.c.workspace_id).where(customers.c.customer_id == customer_id)
    return (await conn.execute(query)).scalar_one_or_none()
