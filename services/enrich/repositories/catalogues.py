"""Catalogues by workspace and version, and the version each list began with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.enrich.domain.products.catalogue import Catalogue
from services.enrich.domain.products.catalogue_json import from_json, to_json
from services.enrich.tables import catalogue_versions as versions
from services.enrich.tables import job_catalogues

_ABOUT = (versions.c.version, versions.c.change, versions.c.made_by, versions.c.made_at)


@dataclass(frozen=True)
class VersionInfo:
    """Who made a version, when, and what was changed in it."""

    version: int
    change: str
    made_by: UUID
    made_at: datetime


@dataclass(frozen=True)
class SavedVersion:
    """A version whole."""

    about: VersionInfo
    catalogue: Catalogue


@dataclass(frozen=True)
class Click:
    """What a request was made under, so that the second of the same makes no second version."""

    key: str
    fingerprint: str


async def lock(conn: AsyncConnection, workspace_id: UUID) -> None:
    """One change at a time: whoever else changes this catalogue waits for the end of this transaction."""
    key = func.hashtextextended(f"enrich.catalogue:{workspace_id}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(key)))


async def newest(conn: AsyncConnection, workspace_id: UUID) -> SavedVersion | None:
    """The catalogue as it is; None for a workspace that never had one."""
    query = select(*_ABOUT, versions.c.content).where(versions.c.workspace_id == workspace_id)
    row = (await conn.execute(query.order_by(versions.c.version.desc()).limit(1))).first()
    return None if row is None else _saved(row)


async def load(conn: AsyncConnection, workspace_id: UUID, version: int) -> SavedVersion | None:
    """One version; None when there is no such."""
    query = select(*_ABOUT, versions.c.content)
    mine = query.where(versions.c.workspace_id == workspace_id, versions.c.version == version)
    row = (await conn.execute(mine)).first()
    return None if row is None else _saved(row)


async def page(conn: AsyncConnection, workspace_id: UUID, *, before: int | None, limit: int) -> Sequence[VersionInfo]:
    """Versions without their content, newest first."""
    query = select(*_ABOUT).where(versions.c.workspace_id == workspace_id)
    if before is not None:
        query = query.where(versions.c.version < before)
    rows = await conn.execute(query.order_by(versions.c.version.desc()).limit(limit))
    return [VersionInfo(*row) for row in rows]


async def under(conn: AsyncConnection, workspace_id: UUID, key: str) -> tuple[int, str] | None:
    """The version that was made under an idempotency key, and the request's fingerprint."""
    query = select(versions.c.version, versions.c.fingerprint)
    row = (
        await conn.execute(query.where(versions.c.workspace_id == workspace_id, versions.c.idempotency_key == key))
    ).first()
    return None if row is None else (row.version, row.fingerprint)


async def add(
    conn: AsyncConnection,
    workspace_id: UUID,
    *,
    version: int,
    catalogue: Catalogue,
    change: str,
    made_by: UUID,
    click: Click | None,
) -> SavedVersion:
    """Write the next version. Call it under `lock`."""
    made = await conn.execute(
        versions.insert()
        .values(
            workspace_id=workspace_id,
            version=version,
            content=to_json(catalogue),
            change=change,
            made_by=made_by,
            idempotency_key=click and click.key,
            fingerprint=click and click.fingerprint,
        )
        .returning(versions.c.made_at)
    )
    return SavedVersion(VersionInfo(version, change, made_by, made.scalar_one()), catalogue)


async def pin(conn: AsyncConnection, family_id: UUID, *, workspace_id: UUID) -> int:
    """The version a list's rows are chosen by: the newest when it is first asked for, the same ever after. 0 is none."""
    pinned = select(job_catalogues.c.version).where(job_catalogues.c.family_id == family_id)
    known = (await conn.execute(pinned)).scalar_one_or_none()
    if known is not None:
        return known
    present = select(func.coalesce(func.max(versions.c.version), 0)).where(versions.c.workspace_id == workspace_id)
    row = select(literal(family_id), literal(workspace_id), present.scalar_subquery())
    await conn.execute(
        insert(job_catalogues).from_select(["family_id", "workspace_id", "version"], row).on_conflict_do_nothing()
    )
    return (await conn.execute(pinned)).scalar_one()


def _saved(row: Any) -> SavedVersion:
    return SavedVersion(VersionInfo(*row[:4]), from_json(row.content))
