"""The books of one workspace: loaded under the account's lock, written as a whole.

Whoever changes credits holds the lock of the account row, so loaded amounts are absolute and nothing is lost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from services.billing.domain.chain import Chain, Entry, hash_after
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
        chain = await _add_entries(conn, after.workspace_id, movements, actor=actor)
        await conn.execute(
            update(accounts)
            .where(accounts.c.workspace_id == after.workspace_id)
            .values(version=accounts.c.version + 1, **asdict(after.balance), **chain)
        )
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


async def _add_entries(
    conn: AsyncConnection, workspace_id: UUID, movements: Sequence[Movement], *, actor: str
) -> dict[str, object]:
    """Write the entries of some movements at the end of the account's chain; answers what the account keeps of it."""
    if not movements:
        return {}
    query = select(accounts.c.chain_length, accounts.c.chain_head, func.now())
    length, head, at = (await conn.execute(query.where(accounts.c.workspace_id == workspace_id))).one()
    chain, rows = append(Chain(length, head), workspace_id, movements, actor=actor, at=at)
    await conn.execute(insert(entries), [{**entry._asdict(), "hash": hash_} for entry, hash_ in rows])
    return {"chain_length": chain.length, "chain_head": chain.head}


def append(
    chain: Chain, workspace_id: UUID, movements: Iterable[Movement], *, actor: str, at: datetime
) -> tuple[Chain, list[tuple[Entry, bytes]]]:
    """The entries of some movements, each a transaction, with their places and hashes; and the chain with them."""
    length, head, rows = chain.length, chain.head, list[tuple[Entry, bytes]]()
    for movement in movements:
        transaction_id, subject = new_id(), movement.subject
        for line_no, posting in enumerate(movement.postings, start=1):
            length += 1
            entry = Entry(
                workspace_id,
                length,
                transaction_id,
                line_no,
                movement.operation,
                movement.business_key,
                posting.account,
                posting.grant_id,
                posting.credits,
                subject.kind if subject else None,
                subject.id if subject else None,
                actor,
                movement.reason,
                at,
            )
            head = hash_after(head, entry)
            rows.append((entry, head))
    return Chain(length, head), rows
