"""What workspaces may do, with a version that rises at each change."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.selling.plans import Entitlements
from services.billing.tables import COMMON, accounts, entitlements

_DELETED = COMMON.deleted_workspaces
_LIMITS = [field.name for field in fields(Entitlements)]


@dataclass(frozen=True)
class Entitled:
    """What a workspace may do since version `version`, and by which plan."""

    version: int
    plan: str
    entitlements: Entitlements


async def entitled(conn: AsyncConnection, workspace_ids: Collection[UUID]) -> Mapping[UUID, Entitled]:
    """Workspace → what is on record; those never heard of are left out."""
    rows = await conn.execute(select(entitlements).where(entitlements.c.workspace_id.in_(workspace_ids)))
    return {
        row.workspace_id: Entitled(
            row.version, row.plan, Entitlements(**{name: getattr(row, name) for name in _LIMITS})
        )
        for row in rows
    }


async def save_entitled(conn: AsyncConnection, workspace_id: UUID, found: Entitled, *, now: datetime) -> None:
    """Write what a workspace may do. Who calls holds the workspace's turn."""
    values = {"version": found.version, "plan": found.plan, "changed_at": now, **asdict(found.entitlements)}
    await conn.execute(
        insert(entitlements)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values)
    )


async def next_workspaces(conn: AsyncConnection, *, after: UUID | None, limit: int) -> Sequence[UUID]:
    """A slice of all workspaces that have an account and are not deleted, by id."""
    gone = exists().where(_DELETED.c.workspace_id == accounts.c.workspace_id)
    query = select(accounts.c.workspace_id).where(~gone).order_by(accounts.c.workspace_id).limit(limit)
    if after is not None:
        query = query.where(accounts.c.workspace_id > after)
    return list((await conn.execute(query)).scalars())
