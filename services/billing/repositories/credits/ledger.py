"""The books of one workspace: loaded under the account's lock, written as a whole.

Whoever changes credits holds the lock of the account row, so loaded amounts are absolute and nothing is lost.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import many
from services.billing.domain.credits.chain import Chain
from services.billing.domain.credits.ledger import Balance, Books, Grant, GrantKind
from services.billing.domain.credits.postings import Movement
from services.billing.repositories.credits.writing import AMOUNTS, BALANCE, Pen, count_moved, writings_of
from services.billing.tables import accounts, grants

GRANT_COLUMNS = [grants.c[name] for name in ("id", "kind", "priority", "expires_at", "size", *AMOUNTS, "expired_at")]


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
        select(*(accounts.c[name] for name in BALANCE))
        .where(accounts.c.workspace_id == workspace_id)
        .with_for_update(key_share=True)
    )
    row = (await conn.execute(locked)).one_or_none()
    if row is None:
        await open_account(conn, workspace_id)
        row = (await conn.execute(locked)).one()
    open_grants = await conn.execute(
        select(*GRANT_COLUMNS).where(grants.c.workspace_id == workspace_id, grants.c.is_open)
    )
    books = Books(workspace_id, Balance(*row))
    for grant in open_grants:
        books = books.with_grant(to_grant(grant))
    return books


async def find_grant(conn: AsyncConnection, workspace_id: UUID, business_key: str) -> tuple[Grant, GrantOrigin] | None:
    """The grant written under a business key."""
    row = (
        await conn.execute(
            select(*GRANT_COLUMNS, grants.c.reason, grants.c.actor).where(
                grants.c.workspace_id == workspace_id, grants.c.business_key == business_key
            )
        )
    ).one_or_none()
    return None if row is None else (to_grant(row[:-2]), GrantOrigin(business_key, row.reason, row.actor))


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
    if after == before and not movements:
        return
    query = select(accounts.c.chain_length, accounts.c.chain_head, func.now())
    length, head, at = (await conn.execute(query.where(accounts.c.workspace_id == after.workspace_id))).one()
    pen = Pen(Chain(length, head), at)
    pen.write(after.workspace_id, movements, actor=actor)
    await many.write(conn, writings_of([(before, after, pen)]))
    count_moved(movements)


async def workspaces_with_due_grants(conn: AsyncConnection, *, now: datetime, limit: int) -> list[UUID]:
    """Workspaces that have credits available whose date has passed."""
    rows = await conn.execute(
        select(grants.c.workspace_id)
        .where(grants.c.is_open, grants.c.available > 0, grants.c.expires_at <= now)
        .distinct()
        .limit(limit)
    )
    return list(rows.scalars())


def to_grant(row: Sequence[object]) -> Grant:
    """A row of `GRANT_COLUMNS`."""
    id_, kind, *rest = row
    return Grant(id_, GrantKind(kind), *rest)  # pyright: ignore[reportArgumentType] - the columns are the fields
