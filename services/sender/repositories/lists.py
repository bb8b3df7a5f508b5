"""Lists as they arrive part by part, their leads, templates and suppressions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, and_, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from services.sender.domain.templates import LEAD_FIELDS, TemplateSource
from services.sender.tables import leads, list_parts, lists, suppressions, templates


@dataclass(frozen=True)
class ListRow:
    """A list of leads. Its id is the job's."""

    id: UUID
    name: str
    state: str
    parts_expected: int
    parts_received: int
    recipients_count: int
    sandboxed_count: int
    set_aside_count: int
    created_at: datetime
    ready_at: datetime | None


@dataclass(frozen=True)
class Lead:
    """One row of a list. `values` is what a template may use. `set_aside` says why it cannot be written to."""

    id: UUID
    row_no: int
    email: str
    sandboxed: bool
    set_aside: str | None
    values: dict[str, str]


@dataclass(frozen=True)
class StoredTemplate:
    """A version of a template."""

    id: UUID
    name: str
    version: int
    is_default: bool
    source: TemplateSource
    created_at: datetime


LEAD_COLUMNS = (
    leads.c.first_name, leads.c.last_name, leads.c.company, leads.c.title, leads.c.country, leads.c.state,
    leads.c.city, leads.c.line, leads.c.product, leads.c.pitch,
)  # fmt: skip


async def open_list(conn: AsyncConnection, *, list_id: UUID, workspace_id: UUID, name: str, parts: int) -> bool:
    """Make the list if it is new, and lock it. False when it belongs to another workspace or announces another size."""
    values = {"id": list_id, "workspace_id": workspace_id, "name": name, "parts_expected": parts}
    await conn.execute(insert(lists).values(values).on_conflict_do_nothing())
    query = select(lists.c.workspace_id, lists.c.parts_expected).where(lists.c.id == list_id).with_for_update()
    row = (await conn.execute(query)).one()
    return row.workspace_id == workspace_id and row.parts_expected == parts


async def add_part(conn: AsyncConnection, *, list_id: UUID, part_no: int) -> bool:
    """False when this part is in already."""
    query = insert(list_parts).values(list_id=list_id, part_no=part_no).on_conflict_do_nothing()
    return (await conn.execute(query)).rowcount == 1


@dataclass(frozen=True)
class PartCounts:
    """What a part added to its list."""

    recipients: int
    sandboxed: int
    set_aside: int


async def add_leads(conn: AsyncConnection, rows: Sequence[dict[str, object]]) -> PartCounts:
    """Add leads; rows that are there already stay as they are and are not counted."""
    if not rows:
        return PartCounts(0, 0, 0)
    # As parameters of one statement, not as its VALUES: those would be put together anew for each part, at ten times the cost.
    query = insert(leads).on_conflict_do_nothing().returning(leads.c.sandboxed, leads.c.set_aside)
    new = (await conn.execute(query, [{"id": new_id(), **row} for row in rows])).all()
    return PartCounts(len(new), sum(row.sandboxed for row in new), sum(row.set_aside is not None for row in new))


async def count_part(conn: AsyncConnection, list_id: UUID, *, parts: int, counts: PartCounts, now: datetime) -> None:
    """Take stock after `parts` (0 or 1) new parts: the list is ready when all are in."""
    received = lists.c.parts_received + parts
    complete = received >= lists.c.parts_expected
    await conn.execute(
        update(lists)
        .where(lists.c.id == list_id)
        .values(
            parts_received=received,
            state=case((complete, "ready"), else_="receiving"),
            ready_at=case((complete, func.coalesce(lists.c.ready_at, now)), else_=None),
            recipients_count=lists.c.recipients_count + counts.recipients,
            sandboxed_count=lists.c.sandboxed_count + counts.sandboxed,
            set_aside_count=lists.c.set_aside_count + counts.set_aside,
        )
    )


_LIST_COLUMNS = [lists.c[name] for name in ListRow.__dataclass_fields__]


async def load_list(conn: AsyncConnection, *, workspace_id: UUID, list_id: UUID) -> ListRow | None:
    """A list of this workspace."""
    query = select(*_LIST_COLUMNS).where(lists.c.workspace_id == workspace_id, lists.c.id == list_id)
    row = (await conn.execute(query)).mappings().first()
    return ListRow(**row) if row else None


async def page_lists(conn: AsyncConnection, *, workspace_id: UUID, before: UUID | None, limit: int) -> list[ListRow]:
    """The workspace's lists, newest first, below a cursor."""
    below = [lists.c.id < before] if before else []
    query = select(*_LIST_COLUMNS).where(lists.c.workspace_id == workspace_id, *below)
    rows = await conn.execute(query.order_by(lists.c.id.desc()).limit(limit))
    return [ListRow(**row) for row in rows.mappings()]


async def page_leads(conn: AsyncConnection, *, list_id: UUID, after_row: int, limit: int) -> list[Lead]:
    """Leads in the order of the list."""
    query = select(leads).where(leads.c.list_id == list_id, leads.c.row_no > after_row)
    rows = await conn.execute(query.order_by(leads.c.row_no).limit(limit))
    return [_lead(row) for row in rows.mappings()]


def values_of(row: RowMapping) -> dict[str, str]:
    """What a template may use of a row that has a lead's columns."""
    return {name: str(row[name]) for name in LEAD_FIELDS}


def _lead(row: RowMapping) -> Lead:
    return Lead(row["id"], row["row_no"], row["email"], row["sandboxed"], row["set_aside"], values_of(row))


async def add_template(conn: AsyncConnection, *, workspace_id: UUID, name: str, source: TemplateSource) -> None:
    """Version 1 of the workspace's default template, unless it is there."""
    values = {
        "id": new_id(),
        "workspace_id": workspace_id,
        "name": name,
        "version": 1,
        "subject": source.subject,
        "text_body": source.text_body,
        "html_body": source.html_body,
        "is_default": True,
    }
    await conn.execute(insert(templates).values(values).on_conflict_do_nothing())


async def load_templates(
    conn: AsyncConnection, *, workspace_id: UUID, template_id: UUID | None = None, default: bool = False
) -> list[StoredTemplate]:
    """All templates of a workspace, or one of them, or its default."""
    where = [templates.c.workspace_id == workspace_id]
    where += [templates.c.id == template_id] if template_id else []
    where += [templates.c.is_default] if default else []
    rows = await conn.execute(
        select(templates).where(and_(*where)).order_by(templates.c.name, templates.c.version.desc())
    )
    return [
        StoredTemplate(
            row.id,
            row.name,
            row.version,
            row.is_default,
            TemplateSource(row.subject, row.text_body, row.html_body),
            row.created_at,
        )
        for row in rows
    ]


async def suppressed_among(conn: AsyncConnection, *, workspace_id: UUID, emails: Sequence[str]) -> set[str]:
    """Which of these addresses must not be written to."""
    query = select(suppressions.c.email).where(
        suppressions.c.workspace_id == workspace_id, suppressions.c.email.in_(emails)
    )
    return set((await conn.execute(query)).scalars())


async def add_suppression(conn: AsyncConnection, *, workspace_id: UUID, email: str, reason: str) -> bool:
    """False when the address was suppressed already."""
    values = {"workspace_id": workspace_id, "email": email, "reason": reason}
    return (await conn.execute(insert(suppressions).values(values).on_conflict_do_nothing())).rowcount == 1


async def load_suppression(conn: AsyncConnection, *, workspace_id: UUID, email: str) -> tuple[str, str, datetime]:
    """Address, reason and instant of a suppressed address."""
    query = select(suppressions.c.email, suppressions.c.reason, suppressions.c.created_at)
    query = query.where(suppressions.c.workspace_id == workspace_id, suppressions.c.email == email)
    row = (await conn.execute(query)).one()
    return row.email, row.reason, row.created_at


async def page_suppressions(
    conn: AsyncConnection, *, workspace_id: UUID, after: str, limit: int
) -> list[tuple[str, str, datetime]]:
    """Address, reason and instant, by address."""
    query = select(suppressions.c.email, suppressions.c.reason, suppressions.c.created_at)
    query = query.where(suppressions.c.workspace_id == workspace_id, suppressions.c.email > after)
    return [(row.email, row.reason, row.created_at) for row in await conn.execute(query.order_by("email").limit(limit))]
