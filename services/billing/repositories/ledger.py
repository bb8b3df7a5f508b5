"""The books of one workspace: loaded under the account's lock, written as a whole.

Whoever changes credits holds the lock of the account row, so loaded amounts are absolute and nothing is lost.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from services.billing.domain.ledger import Balance, Books, Grant, GrantKind, Movement
from services.billing.metrics import CREDITS_MOVED
from services.billing.tables import accounts, entries, grants

_BALANCE = ("available", "held", "settling", "spent", "owed")
_AMOUNTS = ("available", "held", "captured", "refunded", "expired", "voided", "clawed_back", "owed")
_GRANT_COLUMNS = [grants.c[name] for name in ("id", "kind", "priority", "expires_at", "size", *_AMOUNTS, "expired_at")]


@dataclass(frozen=True)
class GrantOrigin:
    """Why a grant exists, under a business key that is unique in its workspace."""

    business_key: str
    reason: str
    actor: str


async def open_account(conn: AsyncConnection, workspace_id: UUID) -> bool:
    """An account with nothing in it. False when there is one already."""
    done = await conn.execute(insert(accounts).values(workspace_id=workspace_id).on_conflict_do_nothing())
    return done.rowcount == 1


async def has_account(conn: AsyncConnection, workspace_id: UUID) -> bool:
    """Whether the workspace is known."""
    found = await conn.execute(select(accounts.c.workspace_id).where(accounts.c.workspace_id == workspace_id))
    return found.first() is not None


async def lock_books(conn: AsyncConnection, workspace_id: UUID) -> Books:
    """Lock the account (opened here when its workspace has not been heard of) and load what can still move.

    Grants that are used up are left out: no decision of this version touches them.
    """
    locked = (
        select(*(accounts.c[name] for name in _BALANCE))
        .where(accounts.c.workspace_id == workspace_id)
        .with_for_update(key_share=True)
    )
    row = (await conn.execute(locked)).one_or_none()
    if row is None:
        await open_account(conn, workspace_id)
        row = (await conn.execute(locked)).one()
    open_grants = await conn.execute(
        select(*_GRANT_COLUMNS).where(
            grants.c.workspace_id == workspace_id, or_(grants.c.available > 0, grants.c.held > 0)
        )
    )
    books = Books(workspace_id, Balance(*row))
    for grant in open_grants:
        books = books.with_grant(_grant(grant))
    return books


async def find_grant(conn: AsyncConnection, workspace_id: UUID, business_key: str) -> tuple[Grant, GrantOrigin] | None:
    """The grant written under a business key."""
    row = (
        await conn.execute(
            select(*_GRANT_COLUMNS, grants.c.reason, grants.c.actor).where(
                grants.c.workspace_id == workspace_id, grants.c.business_key == business_key
            )
        )
    ).one_or_none()
    return None if row is None else (_grant(row[:-2]), GrantOrigin(business_key, row.reason, row.actor))


async def add_grant(conn: AsyncConnection, workspace_id: UUID, grant: Grant, origin: GrantOrigin) -> None:
    """A new grant's row. Its key is unique for ever."""
    await conn.execute(insert(grants).values(workspace_id=workspace_id, **asdict(origin), **asdict(grant)))


async def save_books(
    conn: AsyncConnection,
    before: Books,
    after: Books,
    movements: Sequence[Movement],
    *,
    actor: str,
) -> None:
    """Write what a decision changed, and the entries that say why. `before` is what the lock answered."""
    former = {grant.id: grant for grant in before.grants}
    moved = [grant for grant in after.grants if grant.id in former and grant != former[grant.id]]
    if moved:
        await _update_grants(conn, moved)
    if after.balance != before.balance or movements:
        await conn.execute(
            update(accounts)
            .where(accounts.c.workspace_id == after.workspace_id)
            .values(version=accounts.c.version + 1, **asdict(after.balance))
        )
    lines = [line for movement in movements for line in _lines(after.workspace_id, movement, actor=actor)]
    if lines:
        await conn.execute(insert(entries), lines)
    for movement in movements:
        moved_credits = sum(posting.credits for posting in movement.postings if posting.credits > 0)
        CREDITS_MOVED.labels(movement.operation).inc(moved_credits)


async def workspaces_with_due_grants(conn: AsyncConnection, *, now: datetime, limit: int) -> list[UUID]:
    """Workspaces that have credits available whose date has passed."""
    rows = await conn.execute(
        select(grants.c.workspace_id).where(grants.c.available > 0, grants.c.expires_at <= now).distinct().limit(limit)
    )
    return list(rows.scalars())


def _grant(row: Sequence[object]) -> Grant:
    id_, kind, *rest = row
    return Grant(id_, GrantKind(kind), *rest)  # pyright: ignore[reportArgumentType] - the columns are the fields


async def _update_grants(conn: AsyncConnection, moved: Sequence[Grant]) -> None:
    for grant in moved:
        changed = {name: getattr(grant, name) for name in (*_AMOUNTS, "expired_at")}
        await conn.execute(update(grants).where(grants.c.id == grant.id).values(**changed))


def _lines(workspace_id: UUID, movement: Movement, *, actor: str) -> list[dict[str, object]]:
    transaction_id = new_id()
    return [
        {
            "transaction_id": transaction_id,
            "line_no": line_no,
            "workspace_id": workspace_id,
            "operation": movement.operation,
            "business_key": movement.business_key,
            "account_kind": posting.account,
            "grant_id": posting.grant_id,
            "amount_credits": posting.credits,
            "subject_kind": movement.subject.kind if movement.subject else None,
            "subject_id": movement.subject.id if movement.subject else None,
            "actor": actor,
            "reason": movement.reason,
        }
        for line_no, posting in enumerate(movement.postings, start=1)
    ]
