"""API keys. The key itself is nowhere: only its digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from services.gateway.domain.keys import KnownKey
from services.gateway.domain.requests import Counted, Toll
from services.gateway.repositories.requests import COUNTING, counted_in
from services.gateway.tables import api_keys, users

_FIND = Compiled(
    text(f"""
    WITH known AS (
        SELECT key.id AS caller_id, key.workspace_id, key.user_id, person.email,
            person.email_proved_at IS NOT NULL AS email_proved, member.role, key.scopes, key.expires_at, key.revoked_at
        FROM gateway.api_keys key
        JOIN gateway.users person ON person.id = key.user_id
        LEFT JOIN gateway.memberships member ON member.user_id = key.user_id AND member.workspace_id = key.workspace_id
        WHERE key.digest = :digest
    ), valid AS (
        SELECT * FROM known WHERE role IS NOT NULL AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
    ), used AS (
        UPDATE gateway.api_keys AS key SET last_used_at = :now
        FROM valid
        WHERE key.id = valid.caller_id AND (key.last_used_at IS NULL OR key.last_used_at < :now - interval '1 minute')
    ), caller AS (
        SELECT caller_id, workspace_id,
            role = ANY(CAST(:roles AS text[])) AND CAST(:scope AS text) = ANY(scopes) AS counts
        FROM valid WHERE workspace_id = coalesce(CAST(:workspace AS uuid), workspace_id)
    ), {COUNTING}
    """)  # noqa: S608 - constants of ours
)


@dataclass(frozen=True)
class ShownKey:
    """A key as people see it after it was made."""

    id: UUID
    name: str
    ending: str
    scopes: Sequence[str]
    user_id: UUID
    email: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class Revoked:
    """A key that serves no more."""

    id: UUID
    workspace_id: UUID


_SHOWN = [users.c.email if name == "email" else api_keys.c[name] for name in ShownKey.__dataclass_fields__]


async def find_used(
    conn: AsyncConnection, digest: bytes, *, workspace_id: UUID | None, toll: Toll, now: datetime
) -> tuple[KnownKey, Counted] | None:
    """The key with this digest, whatever has become of it, and what was counted: nothing of one that is of another workspace
    than that which is asked for (None: its own). Its use is noted, at most once a minute: a key in use all the time would be
    a row that is written all the time."""
    rows = await _FIND.fetch(
        conn,
        digest=digest,
        now=now,
        workspace=workspace_id,
        most=toll.most,
        roles=toll.roles,
        scope=toll.scope,
    )
    if not rows:
        return None
    [row] = rows
    key = KnownKey(
        row["caller_id"],
        row["workspace_id"],
        row["user_id"],
        row["email"],
        row["email_proved"],
        row["role"],
        frozenset(row["scopes"]),
        row["expires_at"],
        row["revoked_at"],
    )
    return key, counted_in(row, toll)


async def add(
    conn: AsyncConnection,
    key_id: UUID,
    *,
    workspace_id: UUID,
    user_id: UUID,
    name: str,
    digest: bytes,
    ending: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
) -> None:
    await conn.execute(
        api_keys.insert().values(
            id=key_id,
            workspace_id=workspace_id,
            user_id=user_id,
            name=name,
            digest=digest,
            ending=ending,
            scopes=list(scopes),
            expires_at=expires_at,
        )
    )


async def load(conn: AsyncConnection, workspace_id: UUID, *, key_id: UUID) -> ShownKey | None:
    """None for one of another workspace as well."""
    row = (
        await conn.execute(_all().where(api_keys.c.workspace_id == workspace_id, api_keys.c.id == key_id))
    ).one_or_none()
    return None if row is None else ShownKey(*row)


async def page(
    conn: AsyncConnection, workspace_id: UUID, *, user_id: UUID | None, before: UUID | None, limit: int
) -> Sequence[ShownKey]:
    """Newest first; those of one maker where one is given."""
    query = _all().where(api_keys.c.workspace_id == workspace_id).order_by(api_keys.c.id.desc()).limit(limit)
    if user_id is not None:
        query = query.where(api_keys.c.user_id == user_id)
    if before is not None:
        query = query.where(api_keys.c.id < before)
    return [ShownKey(*row) for row in await conn.execute(query)]


async def count_valid(conn: AsyncConnection, workspace_id: UUID, *, now: datetime) -> int:
    query = select(func.count()).where(
        api_keys.c.workspace_id == workspace_id,
        api_keys.c.revoked_at.is_(None),
        api_keys.c.expires_at.is_(None) | (api_keys.c.expires_at > now),
    )
    return (await conn.execute(query)).scalar_one()


async def revoke(conn: AsyncConnection, key_id: UUID, *, now: datetime) -> None:
    """Once; the first moment stays."""
    await conn.execute(
        update(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None)).values(revoked_at=now)
    )


async def revoke_all_of(conn: AsyncConnection, workspace_id: UUID, *, user_id: UUID, now: datetime) -> None:
    """Of somebody who is to be a member no more: coming back, they make new ones."""
    await conn.execute(
        update(api_keys)
        .where(api_keys.c.workspace_id == workspace_id, api_keys.c.user_id == user_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def revoke_everywhere(conn: AsyncConnection, user_id: UUID, *, now: datetime) -> Sequence[Revoked]:
    """Whatever somebody made in any workspace. Answers those that were valid."""
    rows = await conn.execute(
        update(api_keys)
        .where(api_keys.c.user_id == user_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(api_keys.c.id, api_keys.c.workspace_id)
    )
    return [Revoked(*row) for row in rows]


def _all() -> Select[Any]:
    return select(*_SHOWN).join(users, users.c.id == api_keys.c.user_id)


async def forget_over(conn: AsyncConnection, *, since: datetime) -> int:
    """Those that were revoked or expired before an instant. Answers how many."""
    over = (api_keys.c.expires_at < since) | (api_keys.c.revoked_at < since)
    return (await conn.execute(api_keys.delete().where(over))).rowcount
