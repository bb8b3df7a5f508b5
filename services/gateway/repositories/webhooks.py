"""Endpoints of webhooks: where, what of, and their sealed secrets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.keyring import Sealed
from services.gateway.domain.webhooks import Cause, Endpoint
from services.gateway.tables import webhook_deliveries as deliveries
from services.gateway.tables import webhook_endpoints as endpoints


@dataclass(frozen=True)
class Secrets:
    """What an endpoint's messages are signed with, sealed."""

    secret: Sealed
    old: Sealed | None
    old_until: datetime | None


_ENDPOINT = [endpoints.c[name] for name in Endpoint.__dataclass_fields__]


async def add(
    conn: AsyncConnection,
    endpoint_id: UUID,
    *,
    workspace_id: UUID,
    url: str,
    description: str,
    events: Sequence[str],
    secret: Sealed,
) -> None:
    await conn.execute(
        endpoints.insert().values(
            id=endpoint_id,
            workspace_id=workspace_id,
            url=url,
            description=description,
            events=list(events),
            secret=secret.data,
            sealed_with=secret.sealed_with,
        )
    )


async def load(conn: AsyncConnection, workspace_id: UUID, *, endpoint_id: UUID, lock: bool = False) -> Endpoint | None:
    """None for one of another workspace as well."""
    query = _all().where(endpoints.c.workspace_id == workspace_id, endpoints.c.id == endpoint_id)
    row = (await conn.execute(query.with_for_update(key_share=True) if lock else query)).one_or_none()
    return None if row is None else Endpoint(*row)


async def page(conn: AsyncConnection, workspace_id: UUID, *, before: UUID | None, limit: int) -> Sequence[Endpoint]:
    """Newest first."""
    query = _all().where(endpoints.c.workspace_id == workspace_id).order_by(endpoints.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(endpoints.c.id < before)
    return [Endpoint(*row) for row in await conn.execute(query)]


async def count(conn: AsyncConnection, workspace_id: UUID) -> int:
    query = select(func.count()).where(endpoints.c.workspace_id == workspace_id)
    return (await conn.execute(query)).scalar_one()


async def change(
    conn: AsyncConnection, endpoint_id: UUID, *, url: str, description: str, events: Sequence[str]
) -> None:
    """What another URL has failed for does not count against this one."""
    failing_since = case((endpoints.c.url == url, endpoints.c.failing_since))
    await conn.execute(
        update(endpoints)
        .where(endpoints.c.id == endpoint_id)
        .values(url=url, description=description, events=list(events), failing_since=failing_since)
    )


async def enable(conn: AsyncConnection, endpoint_id: UUID) -> None:
    """With a fresh beginning: what has failed before does not count against it."""
    await conn.execute(
        update(endpoints)
        .where(endpoints.c.id == endpoint_id)
        .values(enabled=True, disabled_at=None, disabled_because=None, failing_since=None)
    )


async def disable(conn: AsyncConnection, endpoint_id: UUID, *, because: Cause, now: datetime) -> Endpoint | None:
    """The endpoint as it is by then; None where it was disabled (or deleted) before."""
    row = (
        await conn.execute(
            update(endpoints)
            .where(endpoints.c.id == endpoint_id, endpoints.c.enabled)
            .values(enabled=False, disabled_at=now, disabled_because=because)
            .returning(*_ENDPOINT)
        )
    ).one_or_none()
    return None if row is None else Endpoint(*row)


async def delete(conn: AsyncConnection, workspace_id: UUID, *, endpoint_id: UUID) -> bool:
    """With all of its deliveries. False where there is none."""
    mine = (endpoints.c.workspace_id == workspace_id, endpoints.c.id == endpoint_id)
    return (await conn.execute(endpoints.delete().where(*mine))).rowcount == 1


async def load_secrets(conn: AsyncConnection, endpoint_id: UUID) -> Secrets:
    """Of one that is there and locked."""
    columns = [endpoints.c[name] for name in SECRETS]
    return secrets_of((await conn.execute(select(*columns).where(endpoints.c.id == endpoint_id))).one())


async def save_secrets(conn: AsyncConnection, endpoint_id: UUID, secrets: Secrets) -> None:
    old = secrets.old
    await conn.execute(
        update(endpoints)
        .where(endpoints.c.id == endpoint_id)
        .values(
            secret=secrets.secret.data,
            sealed_with=secrets.secret.sealed_with,
            old_secret=old.data if old else None,
            old_sealed_with=old.sealed_with if old else None,
            old_until=secrets.old_until,
        )
    )


async def forget_old_secrets(conn: AsyncConnection, *, now: datetime) -> int:
    """Those that sign no more. Answers how many."""
    over = update(endpoints).where(endpoints.c.old_until <= now)
    return (await conn.execute(over.values(old_secret=None, old_sealed_with=None, old_until=None))).rowcount


async def sealed_otherwise(
    conn: AsyncConnection, current: str, *, known: Sequence[str], limit: int
) -> Sequence[tuple[UUID, Secrets]]:
    """Endpoints with a secret under another key of the ring than the current one, locked."""
    elsewhere = [column.in_([one for one in known if one != current]) for column in _SEALED_WITH]
    columns = [endpoints.c.id, *(endpoints.c[name] for name in SECRETS)]
    query = select(*columns).where(elsewhere[0] | elsewhere[1]).order_by(endpoints.c.id).limit(limit)
    found = await conn.execute(query.with_for_update(key_share=True, skip_locked=True))
    return [(row.id, secrets_of(row)) for row in found]


async def lock_where(conn: AsyncConnection, endpoint_id: UUID) -> str | None:
    """The URL that an endpoint has now, and keeps until this transaction ends; None where it is deleted.

    First the endpoint, then its deliveries, as whoever deletes or sends again: the other way round two would wait for each other.
    """
    query = select(endpoints.c.url).where(endpoints.c.id == endpoint_id)
    return (await conn.execute(query.with_for_update(key_share=True))).scalar_one_or_none()


async def forget_failing(conn: AsyncConnection) -> int:
    """That an endpoint fails, of those whose log has nothing left that failed: it was forgotten, or erased with a person in it.
    Otherwise one failure long afterwards would count as days of them. Answers how many."""
    failed = select(deliveries.c.id).where(
        deliveries.c.endpoint_id == endpoints.c.id, deliveries.c.state != "delivered", deliveries.c.attempts > 0
    )
    unproved = update(endpoints).where(endpoints.c.failing_since.is_not(None), ~failed.exists())
    return (await conn.execute(unproved.values(failing_since=None))).rowcount


async def note_success(conn: AsyncConnection, endpoint_id: UUID) -> None:
    await conn.execute(
        update(endpoints)
        .where(endpoints.c.id == endpoint_id, endpoints.c.failing_since.is_not(None))
        .values(failing_since=None)
    )


async def note_failure(conn: AsyncConnection, endpoint_id: UUID, *, now: datetime) -> datetime | None:
    """Since when it has been failing. None where it is deleted."""
    failing = update(endpoints).where(endpoints.c.id == endpoint_id)
    failing = failing.values(failing_since=func.coalesce(endpoints.c.failing_since, now))
    return (await conn.execute(failing.returning(endpoints.c.failing_since))).scalar_one_or_none()


SECRETS = ("secret", "sealed_with", "old_secret", "old_sealed_with", "old_until")
_SEALED_WITH = (endpoints.c.sealed_with, endpoints.c.old_sealed_with)


def secrets_of(row: Any) -> Secrets:
    """Of a row with the columns SECRETS."""
    old = None if row.old_secret is None else Sealed(row.old_secret, row.old_sealed_with)
    return Secrets(Sealed(row.secret, row.sealed_with), old, row.old_until)


def _all() -> Select[Any]:
    return select(*_ENDPOINT)
