"""Invitations: one that is open for each workspace and address. What changes them holds the workspace's lock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import first_id_at
from services.gateway.domain.callers import Role
from services.gateway.domain.membership import Invitation
from services.gateway.tables import invitations, workspaces

_IS_OPEN = invitations.c.revoked_at.is_(None) & invitations.c.accepted_at.is_(None)


async def add(
    conn: AsyncConnection,
    invitation_id: UUID,
    *,
    workspace_id: UUID,
    address: str,
    role: Role,
    digest: bytes,
    invited_by: UUID,
    expires_at: datetime,
    now: datetime,
) -> None:
    """One more. There must be no open one for the address."""
    await conn.execute(
        invitations.insert().values(
            id=invitation_id,
            workspace_id=workspace_id,
            address=address,
            role=role,
            digest=digest,
            invited_by=invited_by,
            created_at=now,
            mailed_at=now,
            expires_at=expires_at,
        )
    )


async def load(conn: AsyncConnection, workspace_id: UUID, *, invitation_id: UUID) -> Invitation | None:
    """None for one of another workspace as well."""
    return await _one(conn, _all().where(invitations.c.workspace_id == workspace_id, invitations.c.id == invitation_id))


async def find_by_digest(conn: AsyncConnection, digest: bytes) -> Invitation | None:
    return await _one(conn, _all().where(invitations.c.digest == digest))


async def find_open(conn: AsyncConnection, workspace_id: UUID, *, address: str) -> Invitation | None:
    """Neither accepted nor revoked; it may have expired."""
    query = _all().where(invitations.c.workspace_id == workspace_id, invitations.c.address == address, _IS_OPEN)
    return await _one(conn, query)


async def count_since(conn: AsyncConnection, workspace_id: UUID, *, since: datetime) -> int:
    """How many were made since then, whatever has become of them."""
    query = select(func.count()).where(
        invitations.c.workspace_id == workspace_id, invitations.c.id >= first_id_at(since)
    )
    return (await conn.execute(query)).scalar_one()


async def page(conn: AsyncConnection, workspace_id: UUID, *, before: UUID | None, limit: int) -> Sequence[Invitation]:
    """Newest first."""
    query = _all().where(invitations.c.workspace_id == workspace_id).order_by(invitations.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(invitations.c.id < before)
    return [Invitation(*row) for row in await conn.execute(query)]


async def mail_anew(
    conn: AsyncConnection, invitation_id: UUID, *, digest: bytes, expires_at: datetime, now: datetime
) -> None:
    """Another token, for the time that a new one has; the one before serves no more."""
    await conn.execute(
        update(invitations)
        .where(invitations.c.id == invitation_id)
        .values(digest=digest, expires_at=expires_at, mailed_at=now, mails=invitations.c.mails + 1)
    )


async def revoke(conn: AsyncConnection, invitation_id: UUID, *, now: datetime) -> None:
    await conn.execute(update(invitations).where(invitations.c.id == invitation_id).values(revoked_at=now))


async def revoke_made_by(conn: AsyncConnection, workspace_id: UUID, *, user_id: UUID, now: datetime) -> None:
    """The open ones of somebody who may invite no more."""
    made = (invitations.c.workspace_id == workspace_id) & (invitations.c.invited_by == user_id)
    await conn.execute(update(invitations).where(made, _IS_OPEN).values(revoked_at=now))


async def accept(conn: AsyncConnection, invitation_id: UUID, *, user_id: UUID, now: datetime) -> None:
    await conn.execute(
        update(invitations).where(invitations.c.id == invitation_id).values(accepted_at=now, accepted_by=user_id)
    )


def _all() -> Select[Any]:
    columns = [
        workspaces.c.name if name == "workspace_name" else invitations.c[name]
        for name in Invitation.__dataclass_fields__
    ]
    return select(*columns).join(workspaces, workspaces.c.id == invitations.c.workspace_id)


async def _one(conn: AsyncConnection, query: Select[Any]) -> Invitation | None:
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else Invitation(*row)


async def forget_over(conn: AsyncConnection, *, since: datetime) -> int:
    """Those that were accepted, revoked or expired before an instant. Answers how many."""
    columns = invitations.c
    over = (columns.expires_at < since) | (columns.revoked_at < since) | (columns.accepted_at < since)
    return (await conn.execute(invitations.delete().where(over))).rowcount
