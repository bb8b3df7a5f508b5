"""The rows of lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Integer, RowMapping, Text, any_, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from services.sender.domain.role_addresses import ROLES
from services.sender.domain.setting_aside import Reason
from services.sender.domain.template_fields import LEAD_FIELDS
from services.sender.repositories.arrays import array
from services.sender.repositories.lists import PartCounts
from services.sender.tables import recipients


@dataclass(frozen=True)
class Recipient:
    """One row of a list. `values` is what a template may use by name, `fields` the sheet's other columns.

    `set_aside` says why it is not written to: for a `duplicate`, `duplicate_of` is the row that has the same person first.
    `lead_id` is None where the address is none.
    """

    id: UUID
    lead_id: UUID | None
    row_no: int
    email: str
    phone: str
    sandboxed: bool
    set_aside: Reason | None
    duplicate_of: int | None
    values: Mapping[str, str]
    fields: Mapping[str, str]


VALUE_COLUMNS = (
    recipients.c.first_name, recipients.c.last_name, recipients.c.company, recipients.c.title, recipients.c.country,
    recipients.c.state, recipients.c.city, recipients.c.line, recipients.c.product, recipients.c.pitch,
)  # fmt: skip

WORDS = (*(column.name for column in VALUE_COLUMNS), "phone")
"""The columns that tell of a person, beside the address and the sheet's other columns."""


def values_of(row: Mapping[str, Any] | RowMapping) -> dict[str, str]:
    """What a template may use of a row that has a recipient's columns."""
    return {name: str(row[name]) for name in LEAD_FIELDS}


async def add(conn: AsyncConnection, rows: Sequence[dict[str, object]]) -> PartCounts:
    """Add rows; those that are there already stay as they are and are not counted."""
    if not rows:
        return PartCounts(0, 0)
    # As parameters of one statement, not as its VALUES: those would be put together anew for each part, at ten times the cost.
    query = insert(recipients).on_conflict_do_nothing().returning(recipients.c.sandboxed)
    new = (await conn.execute(query, [{"id": new_id(), **row} for row in rows])).all()
    return PartCounts(len(new), sum(row.sandboxed for row in new))


_MARK_DUPLICATES = text(
    """
    UPDATE sender.recipients r SET set_aside = 'duplicate', duplicate_of = f.first
    FROM (SELECT lead_id, min(row_no) AS first FROM sender.recipients
          WHERE lead_id = ANY (:lead_ids) AND list_id = :list_id GROUP BY lead_id HAVING count(*) > 1) f
    WHERE r.lead_id = f.lead_id AND r.list_id = :list_id AND r.row_no > f.first
      AND r.duplicate_of IS DISTINCT FROM f.first
    """
)


async def mark_duplicates(conn: AsyncConnection, *, list_id: UUID, lead_ids: Sequence[UUID]) -> None:
    """Of a person's rows in a list only the first by number is written to, in whatever order the rows came.

    The caller holds the list, so that no other part of it arrives meanwhile.
    """
    await conn.execute(_MARK_DUPLICATES, {"list_id": list_id, "lead_ids": list(lead_ids)})


async def page(
    conn: AsyncConnection,
    *,
    list_id: UUID,
    after_row: int,
    limit: int,
    set_aside: Reason | Literal["any"] | None = None,
) -> list[Recipient]:
    """Rows in the order of the list; with `set_aside`, those that are for this reason, or for any."""
    query = select(recipients).where(recipients.c.list_id == list_id, recipients.c.row_no > after_row)
    if set_aside == "any":
        query = query.where(recipients.c.set_aside.is_not(None))
    elif set_aside is not None:
        query = query.where(recipients.c.set_aside == set_aside)
    rows = await conn.execute(query.order_by(recipients.c.row_no).limit(limit))
    return [_recipient(row) for row in rows.mappings()]


def _recipient(row: RowMapping) -> Recipient:
    return Recipient(
        id=row["id"],
        lead_id=row["lead_id"],
        row_no=row["row_no"],
        email=row["email"],
        phone=row["phone"],
        sandboxed=row["sandboxed"],
        set_aside=row["set_aside"],
        duplicate_of=row["duplicate_of"],
        values=values_of(row),
        fields=row["fields"],
    )


async def set_aside_counts(conn: AsyncConnection, list_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Of each list, how many rows are set aside for each reason."""
    query = select(recipients.c.list_id, recipients.c.set_aside, func.count().label("n"))
    query = query.where(recipients.c.list_id.in_(list_ids), recipients.c.set_aside.is_not(None))
    counts: dict[UUID, dict[str, int]] = {list_id: {} for list_id in list_ids}
    for row in await conn.execute(query.group_by(recipients.c.list_id, recipients.c.set_aside)):
        counts[row.list_id][row.set_aside] = row.n
    return counts


async def take_in(conn: AsyncConnection, *, list_id: UUID, reason: Reason, row_nos: Sequence[int] | None = None) -> int:
    """Write to rows that were set aside for this reason: to these, or to all of them. Answers how many are taken in."""
    query = update(recipients).where(recipients.c.list_id == list_id, recipients.c.set_aside == reason)
    if row_nos is not None:
        query = query.where(recipients.c.row_no == any_(array(row_nos, Integer())))
    return (await conn.execute(query.values(set_aside=None, taken_in=True))).rowcount


async def set_roles_aside(conn: AsyncConnection, list_id: UUID) -> int:
    """Set aside the rows with addresses of roles, but for those that somebody took in; answers how many are."""
    local = func.split_part(func.split_part(recipients.c.email, "@", 1), "+", 1)
    query = update(recipients).where(
        recipients.c.list_id == list_id, recipients.c.set_aside.is_(None), ~recipients.c.taken_in
    )
    query = query.where(local == any_(array(sorted(ROLES), Text())))
    return (await conn.execute(query.values(set_aside="role_address"))).rowcount


async def keep_roles(conn: AsyncConnection, list_id: UUID) -> int:
    """Write to rows with addresses of roles. They are not taken in one by one: the list's word on them may change again."""
    query = update(recipients).where(recipients.c.list_id == list_id, recipients.c.set_aside == "role_address")
    return (await conn.execute(query.values(set_aside=None))).rowcount


async def headers(conn: AsyncConnection, list_id: UUID) -> list[str]:
    """The headers of the sheet's other columns. All rows of a list have the same: the first hundred tell."""
    first = (
        select(recipients.c.fields)
        .where(recipients.c.list_id == list_id)
        .order_by(recipients.c.row_no)
        .limit(_TELLING_ROWS)
        .subquery()
    )
    query = select(func.jsonb_object_keys(first.c.fields)).distinct()
    return sorted((await conn.execute(query)).scalars())


async def find_row(
    conn: AsyncConnection, *, list_id: UUID, row_no: int | None = None, lead_id: UUID | None = None
) -> Recipient | None:
    """A row of a list by its number or by whose it is; the first one without either."""
    query = select(recipients).where(recipients.c.list_id == list_id)
    query = query.where(recipients.c.row_no == row_no) if row_no is not None else query
    query = query.where(recipients.c.lead_id == lead_id) if lead_id is not None else query
    row = (await conn.execute(query.order_by(recipients.c.row_no).limit(1))).mappings().first()
    return _recipient(row) if row else None


async def load(conn: AsyncConnection, recipient_id: UUID) -> Recipient | None:
    """A row by its id. None: it was erased."""
    row = (await conn.execute(select(recipients).where(recipients.c.id == recipient_id))).mappings().first()
    return _recipient(row) if row else None


async def newest_row_of(conn: AsyncConnection, *, workspace_id: UUID, lead_id: UUID) -> Recipient | None:
    """What the newest list says of a lead."""
    query = select(recipients).where(recipients.c.workspace_id == workspace_id, recipients.c.lead_id == lead_id)
    row = (await conn.execute(query.order_by(recipients.c.list_id.desc()).limit(1))).mappings().first()
    return _recipient(row) if row else None


_TELLING_ROWS = 100
