"""When a workspace is planned next. Planning looks at those that are due, not at all there are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from services.sender.tables import planning_dues

_ASKS = Compiled(select(planning_dues.c.asks).where(planning_dues.c.workspace_id == bindparam("workspace")))
_NEXT = insert(planning_dues).values(workspace_id=bindparam("workspace"), due_at=bindparam("at"))
_PLAN_NEXT = Compiled(
    _NEXT.on_conflict_do_update(
        index_elements=["workspace_id"],
        set_={"due_at": _NEXT.excluded.due_at},
        where=planning_dues.c.asks == bindparam("seen"),
    )
)


async def ask(conn: AsyncConnection, workspace_id: UUID) -> None:
    """Have the workspace planned soon after this commits: something that its plan depends on has changed."""
    query = insert(planning_dues).values(workspace_id=workspace_id, due_at=func.clock_timestamp(), asks=1)
    changed = {"due_at": func.least(planning_dues.c.due_at, query.excluded.due_at), "asks": planning_dues.c.asks + 1}
    await conn.execute(query.on_conflict_do_update(index_elements=["workspace_id"], set_=changed))


async def asks(conn: AsyncConnection, workspace_id: UUID) -> int:
    """How often was asked so far. To be read before anything that a plan is made of."""
    found = await _ASKS.fetch(conn, workspace=workspace_id)
    return found[0]["asks"] if found else 0


async def plan_next(conn: AsyncConnection, workspace_id: UUID, *, at: datetime | None, seen: int) -> None:
    """The workspace is planned, next time `at` that instant (None: when somebody asks), unless it was asked for since."""
    await _PLAN_NEXT.fetch(conn, workspace=workspace_id, at=at, seen=seen)


async def put_off(conn: AsyncConnection, workspace_id: UUID, *, until: datetime) -> None:
    """It could not be planned: others come first."""
    await conn.execute(update(planning_dues).where(planning_dues.c.workspace_id == workspace_id).values(due_at=until))


async def due(conn: AsyncConnection, *, now: datetime, limit: int) -> list[UUID]:
    """The workspaces to plan, those that have waited longest first."""
    query = select(planning_dues.c.workspace_id).where(planning_dues.c.due_at <= now)
    return list((await conn.execute(query.order_by(planning_dues.c.due_at).limit(limit))).scalars())
