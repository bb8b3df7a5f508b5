"""Suppressions: every question whether somebody may be written to is answered here, by one rule."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    Text,
    any_,
    cast,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.suppressing import Suppression, erased_address, erased_target, targets_barring
from services.sender.repositories import unsubscribe_keys
from services.sender.repositories.erased_targets import erased_target_of
from services.sender.tables import suppression_changes, suppressions


@dataclass(frozen=True)
class StoredSuppression:
    """A suppression in force. `workspace_id` None is for everybody."""

    id: UUID
    workspace_id: UUID | None
    email: str
    reason: str
    note: str
    proof: dict[str, str]
    made_by: UUID | None
    created_at: datetime


@dataclass(frozen=True)
class Change:
    """What was suppressed or lifted, once."""

    id: int
    workspace_id: UUID | None
    email: str
    change: str
    reason: str
    note: str
    proof: dict[str, str]
    made_by: UUID | None
    created_at: datetime


def is_suppressed(
    workspace_id: ColumnExpressionArgument[UUID] | UUID, address: ColumnElement[str] | str
) -> ColumnElement[bool]:
    """Whether an address (normalised; a column or a value) is suppressed for a workspace: itself or its domain, by the
    workspace or for everybody. For the WHERE of plans, and the facts of the sending transaction."""
    words = literal(address, Text) if isinstance(address, str) else address
    domain = func.concat("@", func.split_part(words, "@", 2))
    found = select(suppressions.c.id).where(
        suppressions.c.email.in_((words, domain, erased_target_of(words))),
        or_(suppressions.c.workspace_id == workspace_id, suppressions.c.workspace_id.is_(None)),
    )
    return found.correlate_except(suppressions).exists()


async def suppressed_among(conn: AsyncConnection, *, workspace_id: UUID, emails: Sequence[str]) -> set[str]:
    """Which of these addresses must not be written to."""
    key = await unsubscribe_keys.load_first_key(conn)
    targets = {address: {*targets_barring(address), erased_target(address, key=key)} for address in emails}
    found = await _in_force(conn, workspace_id=workspace_id, targets={one for some in targets.values() for one in some})
    return {address for address, mine in targets.items() if found & mine}


async def erased_among(conn: AsyncConnection, *, workspace_id: UUID, emails: Sequence[str]) -> dict[str, str]:
    """Which of these addresses are of people whom the workspace has erased, with what stands in their place."""
    key = await unsubscribe_keys.load_first_key(conn)
    targets = {address: erased_target(address, key=key) for address in emails}
    found = await _in_force(conn, workspace_id=workspace_id, targets=targets.values())
    return {address: erased_address(target) for address, target in targets.items() if target in found}


async def _in_force(conn: AsyncConnection, *, workspace_id: UUID, targets: Iterable[str]) -> set[str]:
    listed = any_(cast(literal(sorted(set(targets)), ARRAY(Text)), ARRAY(Text)))
    query = select(suppressions.c.email).where(suppressions.c.email == listed, _applies(workspace_id))
    return set((await conn.execute(query)).scalars())


async def add(conn: AsyncConnection, rows: Sequence[Suppression]) -> int:
    """Suppress, and write each that was not suppressed before into the history; answers how many those are."""
    unique = {(row.workspace_id, row.target): row for row in rows}
    if not unique:
        return 0
    values = [
        {
            "workspace_id": row.workspace_id,
            "email": row.target,
            "reason": row.reason,
            "note": row.note,
            "proof": row.proof,
            "made_by": row.made_by,
        }
        for row in sorted(unique.values(), key=lambda row: row.target)
    ]
    # A row that is there is written as it is: so it is locked, and nobody lifts it between here and the commit.
    offered = insert(suppressions)
    query = offered.on_conflict_do_update(
        index_elements=["email", "workspace_id"], set_={"email": offered.excluded.email}
    ).returning(suppressions.c.workspace_id, suppressions.c.email, literal_column("xmax = 0").label("fresh"))
    fresh = {(row.workspace_id, row.email) for row in await conn.execute(query, values) if row.fresh}
    new = [value for value in values if (value["workspace_id"], value["email"]) in fresh]
    if new:
        await conn.execute(suppression_changes.insert(), [{"change": "suppressed", **value} for value in new])
    return len(new)


async def replace_by_erased(conn: AsyncConnection, *, workspace_id: UUID, target: str) -> None:
    """The workspace's own word on an address goes, as one by its keyed hash is there. Its history keeps the address until the
    person is erased."""
    await conn.execute(delete(suppressions).where(_scope(workspace_id), suppressions.c.email == target))


async def load(
    conn: AsyncConnection, suppression_id: UUID, *, workspace_id: UUID | None, lock: bool = False
) -> StoredSuppression | None:
    """One of this scope."""
    query = select(suppressions).where(suppressions.c.id == suppression_id, _scope(workspace_id))
    row = (await conn.execute(query.with_for_update() if lock else query)).mappings().first()
    return StoredSuppression(**row) if row else None


async def find(conn: AsyncConnection, *, workspace_id: UUID | None, target: str) -> StoredSuppression | None:
    """The suppression of this very address or domain, in this very scope."""
    query = select(suppressions).where(_scope(workspace_id), suppressions.c.email == target)
    row = (await conn.execute(query)).mappings().first()
    return StoredSuppression(**row) if row else None


async def lift(conn: AsyncConnection, found: StoredSuppression, *, note: str, made_by: UUID | None) -> bool:
    """End a suppression and keep what it was and why it ended. False when it had ended already."""
    done = await conn.execute(delete(suppressions).where(suppressions.c.id == found.id))
    if done.rowcount == 0:
        return False
    await conn.execute(
        suppression_changes.insert().values(
            workspace_id=found.workspace_id,
            email=found.email,
            change="lifted",
            reason=found.reason,
            note=note,
            proof=found.proof,
            made_by=made_by,
        )
    )
    return True


async def page(
    conn: AsyncConnection,
    *,
    workspace_id: UUID | None,
    after: str = "",
    limit: int,
    reason: str | None = None,
    containing: str = "",
) -> list[StoredSuppression]:
    """The suppressions of this scope (None: those for everybody), by address, above a cursor."""
    query = select(suppressions).where(_scope(workspace_id), suppressions.c.email > after)
    query = query.where(suppressions.c.reason == reason) if reason else query
    query = query.where(suppressions.c.email.contains(containing.lower(), autoescape=True)) if containing else query
    rows = await conn.execute(query.order_by(suppressions.c.email).limit(limit))
    return [StoredSuppression(**row) for row in rows.mappings()]


async def page_changes(
    conn: AsyncConnection, *, workspace_id: UUID | None, target: str | None, before: int | None, limit: int
) -> list[Change]:
    """What was suppressed and lifted in this scope, newest first, below a cursor."""
    of_whom = suppression_changes.c.workspace_id
    query = select(suppression_changes).where(of_whom.is_(None) if workspace_id is None else of_whom == workspace_id)
    query = query.where(suppression_changes.c.email == target) if target else query
    query = query.where(suppression_changes.c.id < before) if before else query
    rows = await conn.execute(query.order_by(suppression_changes.c.id.desc()).limit(limit))
    return [Change(**row) for row in rows.mappings()]


def _scope(workspace_id: UUID | None) -> ColumnElement[bool]:
    of_whom = suppressions.c.workspace_id
    return of_whom.is_(None) if workspace_id is None else of_whom == workspace_id


def _applies(workspace_id: UUID) -> ColumnElement[bool]:
    return or_(suppressions.c.workspace_id == workspace_id, suppressions.c.workspace_id.is_(None))
