"""Templates and their versions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from services.sender.domain.templates import TemplateSource
from services.sender.tables import template_versions, templates


@dataclass(frozen=True)
class StoredTemplate:
    """A version of a template."""

    id: UUID
    name: str
    version: int
    is_default: bool
    source: TemplateSource
    created_at: datetime


async def add_template(
    conn: AsyncConnection, *, workspace_id: UUID, name: str, source: TemplateSource, is_default: bool = False
) -> UUID | None:
    """Version 1 of a new template; None where its name, or the place of the default, is taken."""
    template_id = new_id()
    values = {"id": template_id, "workspace_id": workspace_id, "name": name, "version": 1, "is_default": is_default}
    done = await conn.execute(insert(templates).values(values).on_conflict_do_nothing())
    if done.rowcount == 0:
        return None
    await _add_version(conn, template_id, version=1, source=source)
    return template_id


async def add_version(conn: AsyncConnection, template_id: UUID, *, name: str, source: TemplateSource) -> int:
    """The next version of a template, which the caller has locked. Raises IntegrityError where another has the name."""
    query = update(templates).where(templates.c.id == template_id)
    query = query.values(name=name, version=templates.c.version + 1, changed_at=func.now())
    version = (await conn.execute(query.returning(templates.c.version))).scalar_one()
    await _add_version(conn, template_id, version=version, source=source)
    return version


async def rename(conn: AsyncConnection, template_id: UUID, *, name: str) -> None:
    """Another name for the same words."""
    query = update(templates).where(templates.c.id == template_id)
    await conn.execute(query.values(name=name, changed_at=func.now()))


async def _add_version(conn: AsyncConnection, template_id: UUID, *, version: int, source: TemplateSource) -> None:
    await conn.execute(
        template_versions.insert().values(
            template_id=template_id,
            version=version,
            subject=source.subject,
            text_body=source.text_body,
            html_body=source.html_body,
        )
    )


async def load_template(
    conn: AsyncConnection,
    *,
    workspace_id: UUID,
    template_id: UUID | None = None,
    version: int | None = None,
    lock: bool = False,
) -> StoredTemplate | None:
    """A template of the workspace that is not deleted, its newest version or the one asked for. Without id: the default."""
    which = templates.c.is_default if template_id is None else templates.c.id == template_id
    query = _stored(version).where(templates.c.workspace_id == workspace_id, which, templates.c.deleted_at.is_(None))
    row = (await conn.execute(query.with_for_update(of=templates) if lock else query)).mappings().first()
    return _template(row) if row else None


async def name_taken(conn: AsyncConnection, *, workspace_id: UUID, name: str, but: UUID | None = None) -> bool:
    """Whether another template of the workspace has the name."""
    query = select(templates.c.id).where(
        templates.c.workspace_id == workspace_id, templates.c.name == name, templates.c.deleted_at.is_(None)
    )
    query = query.where(templates.c.id != but) if but else query
    return (await conn.execute(query)).first() is not None


async def page_templates(
    conn: AsyncConnection, *, workspace_id: UUID, before: UUID | None, limit: int
) -> list[StoredTemplate]:
    """The newest versions of the workspace's templates, newest template first, below a cursor."""
    query = _stored(None).where(templates.c.workspace_id == workspace_id, templates.c.deleted_at.is_(None))
    query = query.where(templates.c.id < before) if before else query
    rows = await conn.execute(query.order_by(templates.c.id.desc()).limit(limit))
    return [_template(row) for row in rows.mappings()]


async def page_versions(
    conn: AsyncConnection, template_id: UUID, *, before: int | None, limit: int
) -> list[StoredTemplate]:
    """All versions of a template, newest first."""
    query = _joined(templates.c.id == template_versions.c.template_id).where(templates.c.id == template_id)
    query = query.where(template_versions.c.version < before) if before else query
    rows = await conn.execute(query.order_by(template_versions.c.version.desc()).limit(limit))
    return [_template(row) for row in rows.mappings()]


async def delete_template(conn: AsyncConnection, template_id: UUID) -> None:
    """It is offered no more; campaigns that were made with it keep its words."""
    query = update(templates).where(templates.c.id == template_id, templates.c.deleted_at.is_(None))
    await conn.execute(query.values(deleted_at=func.now()))


def _stored(version: int | None) -> Select[*tuple[Any, ...]]:
    wanted = templates.c.version if version is None else version
    return _joined(and_(template_versions.c.template_id == templates.c.id, template_versions.c.version == wanted))


def _joined(on: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    columns = (
        templates.c.id,
        templates.c.name,
        template_versions.c.version,
        templates.c.is_default,
        template_versions.c.subject,
        template_versions.c.text_body,
        template_versions.c.html_body,
        template_versions.c.created_at,
    )
    return select(*columns).select_from(templates.join(template_versions, on))


def _template(row: RowMapping) -> StoredTemplate:
    return StoredTemplate(
        row["id"],
        row["name"],
        row["version"],
        row["is_default"],
        TemplateSource(row["subject"], row["text_body"], row["html_body"]),
        row["created_at"],
    )
