"""Leads: the persons of a workspace."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Text, Uuid, any_, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from services.sender.repositories.arrays import array
from services.sender.tables import leads


async def know(conn: AsyncConnection, *, workspace_id: UUID, addresses: Iterable[str]) -> dict[str, UUID]:
    """The lead of each normalised address, made where there is none. Two statements, whatever the number of addresses.

    The leads stay until the caller's transaction ends, also when somebody erases those that no row names.
    """
    # In one order, so that two lists with the same people that arrive at once wait for each other instead of deadlocking.
    missing = sorted(set(addresses))
    found: dict[str, UUID] = {}
    while missing:
        await _add(conn, workspace_id=workspace_id, addresses=missing)
        query = select(leads.c.email, leads.c.id).where(leads.c.workspace_id == workspace_id)
        query = query.where(leads.c.email == any_(array(missing, Text()))).with_for_update(read=True, key_share=True)
        found |= {row.email: row.id for row in await conn.execute(query)}
        missing = [address for address in missing if address not in found]
    return found


async def _add(conn: AsyncConnection, *, workspace_id: UUID, addresses: list[str]) -> None:
    each = (
        func.unnest(array([new_id() for _ in addresses], Uuid()), array(addresses, Text()))
        .table_valued("id", "email")
        .render_derived()
    )
    domain = func.split_part(each.c.email, "@", 2)
    rows = select(each.c.id, cast(workspace_id, Uuid), each.c.email, domain).order_by(each.c.email)
    query = insert(leads).from_select(["id", "workspace_id", "email", "domain"], rows)
    await conn.execute(query.on_conflict_do_nothing())
