"""The figures of the proof, each counted from its own table."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import NotFound
from services.billing.domain.credits.ledger import Balance
from services.billing.domain.credits.postings import AccountKind
from services.billing.domain.credits.proof import OVERDUE_AFTER, Evidence
from services.billing.repositories.credits import chain
from services.billing.tables import accounts, entries, grants, spent_days

_NAMED = 20

_TRANSACTIONS_OFF = text("""
    SELECT business_key FROM billing.entries WHERE workspace_id = :workspace_id
    GROUP BY transaction_id, business_key HAVING sum(amount_credits) <> 0 OR min(line_no) <> 1
    ORDER BY transaction_id LIMIT :named
""")

_GRANTS_OFF = text("""
    SELECT g.id::text FROM billing.grants g
    LEFT JOIN (
        SELECT grant_id,
            coalesce(sum(amount_credits) FILTER (WHERE account_kind = 'issued'), 0) AS issued,
            coalesce(sum(amount_credits) FILTER (WHERE account_kind = 'available'), 0) AS available,
            coalesce(sum(amount_credits) FILTER (WHERE account_kind = 'held'), 0) AS held,
            coalesce(sum(amount_credits) FILTER (WHERE account_kind = 'captured'), 0) AS captured,
            coalesce(sum(amount_credits) FILTER (WHERE account_kind = 'refunded'), 0) AS refunded,
            coalesce(sum(amount_credits) FILTER (WHERE account_kind = 'expired'), 0) AS expired,
            coalesce(sum(amount_credits) FILTER (WHERE account_kind = 'voided'), 0) AS voided,
            coalesce(sum(amount_credits) FILTER (WHERE account_kind = 'clawed_back'), 0) AS clawed_back,
            coalesce(sum(amount_credits) FILTER (WHERE account_kind = 'owed'), 0) AS owed
        FROM billing.entries WHERE workspace_id = :workspace_id GROUP BY grant_id
    ) e ON e.grant_id = g.id
    LEFT JOIN (
        SELECT s.grant_id, sum(s.held) AS held, sum(s.captured) AS captured, sum(s.refunded) AS refunded
        FROM billing.hold_grants s JOIN billing.holds h USING (subject_kind, subject_id)
        WHERE h.workspace_id = :workspace_id GROUP BY s.grant_id
    ) s ON s.grant_id = g.id
    WHERE g.workspace_id = :workspace_id AND (
        (g.size, g.available, g.held, g.captured, g.refunded, g.expired, g.voided, g.clawed_back, g.owed) IS DISTINCT
            FROM (-e.issued, e.available, e.held, e.captured, -e.refunded, e.expired, e.voided, e.clawed_back, e.owed)
        OR (g.held, g.captured, g.refunded)
            IS DISTINCT FROM (coalesce(s.held, 0), coalesce(s.captured, 0), coalesce(s.refunded, 0)))
    ORDER BY g.id LIMIT :named
""")

_HOLDS_OFF = text("""
    SELECT h.subject_kind || ':' || h.subject_id FROM billing.holds h
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(held), 0) AS held, coalesce(sum(captured), 0) AS captured,
            coalesce(sum(refunded), 0) AS refunded
        FROM billing.hold_grants s
        WHERE (s.subject_kind, s.subject_id) = (h.subject_kind, h.subject_id)
    ) s
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(credits), 0) AS captured FROM billing.captures c
        WHERE (c.subject_kind, c.subject_id) = (h.subject_kind, h.subject_id)
    ) c
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(credits), 0) AS refunded FROM billing.refunds r
        WHERE (r.subject_kind, r.subject_id) = (h.subject_kind, h.subject_id)
    ) r
    WHERE h.workspace_id = :workspace_id AND (
        (h.held, h.captured, h.captured, s.refunded) IS DISTINCT FROM (s.held, s.captured, c.captured, r.refunded)
        OR (h.state = 'closed' AND h.captured IS DISTINCT FROM h.credits_total))
    ORDER BY h.subject_id LIMIT :named
""")

_OVERDUE = text("""
    SELECT subject_kind || ':' || subject_id FROM billing.holds
    WHERE workspace_id = :workspace_id AND state = 'settling' AND settled_at <= :before
    ORDER BY settled_at LIMIT :named
""")

_SETTLING = text("""
    SELECT coalesce(sum(s.held), 0)::bigint
    FROM billing.hold_grants s JOIN billing.holds h USING (subject_kind, subject_id)
    WHERE h.workspace_id = :workspace_id AND h.state = 'settling'
""")


async def read_one_snapshot(conn: AsyncConnection) -> None:
    """Make all reads of this transaction see one instant, or a movement in between would look like a difference."""
    await conn.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


async def gather(conn: AsyncConnection, workspace_id: UUID, *, now: datetime) -> Evidence:
    """Everything the proof wants to know. Raises NotFound `account_not_found`."""
    own: dict[str, object] = {"workspace_id": workspace_id, "named": _NAMED}
    gone = grants.c.expired + grants.c.voided + grants.c.clawed_back
    granted_left = select(func.coalesce(func.sum(grants.c.size - gone), 0)).where(grants.c.workspace_id == workspace_id)
    by_day = select(func.coalesce(func.sum(spent_days.c.captured - spent_days.c.refunded), 0)).where(
        spent_days.c.workspace_id == workspace_id
    )
    broken = await chain.first_break(conn, workspace_id)
    return Evidence(
        cached=await _cached(conn, workspace_id),
        rebuilt=await _rebuilt(conn, workspace_id),
        granted_left=int((await conn.execute(granted_left)).scalar_one()),
        spent_by_day=int((await conn.execute(by_day)).scalar_one()),
        chain_break=None if broken is None else str(broken),
        transactions_off=await _names(conn, _TRANSACTIONS_OFF, own),
        grants_off=await _names(conn, _GRANTS_OFF, own),
        holds_off=await _names(conn, _HOLDS_OFF, own),
        overdue=await _names(conn, _OVERDUE, {**own, "before": now - OVERDUE_AFTER}),
    )


async def _cached(conn: AsyncConnection, workspace_id: UUID) -> Balance:
    columns = (accounts.c.available, accounts.c.held, accounts.c.settling, accounts.c.spent, accounts.c.owed)
    row = (await conn.execute(select(*columns).where(accounts.c.workspace_id == workspace_id))).one_or_none()
    if row is None:
        msg = f"workspace {workspace_id} has no account"
        raise NotFound(msg, code="account_not_found")
    return Balance(*row)


async def _rebuilt(conn: AsyncConnection, workspace_id: UUID) -> Balance:
    """The balance by entries. Which part of `held` is settling is the holds' to say; the entries must agree on the sum."""
    rows = await conn.execute(
        select(entries.c.account_kind, func.sum(entries.c.amount_credits))
        .where(entries.c.workspace_id == workspace_id)
        .group_by(entries.c.account_kind)
    )
    total = {kind: int(amount) for kind, amount in rows}
    settling: int = (await conn.execute(_SETTLING, {"workspace_id": workspace_id})).scalar_one()
    return Balance(
        available=total.get(AccountKind.AVAILABLE, 0),
        held=total.get(AccountKind.HELD, 0) - settling,
        settling=settling,
        spent=total.get(AccountKind.CAPTURED, 0) + total.get(AccountKind.REFUNDED, 0),
        owed=total.get(AccountKind.OWED, 0),
    )


async def _names(conn: AsyncConnection, query: TextClause, values: Mapping[str, object]) -> Sequence[str]:
    return list((await conn.execute(query, values)).scalars())
