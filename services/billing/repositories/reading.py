"""What pages read: balance, ledger, prices. Always one workspace's."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.ledger import Balance
from services.billing.tables import accounts, entries, price_lists


@dataclass(frozen=True)
class Prices:
    """A version of the price list: whole credits per unit."""

    version: int
    credits_per_row: int
    credits_per_lead: int
    created_at: datetime


@dataclass(frozen=True)
class LedgerItem:
    """One movement. `changes` is account kind → what it put there."""

    id: UUID
    at: datetime
    operation: str
    business_key: str
    subject_kind: str | None
    subject_id: UUID | None
    actor: str
    reason: str
    changes: dict[str, int]

    @property
    def job_id(self) -> UUID | None:
        """The job it belongs to, if it belongs to one."""
        return self.subject_id if self.subject_kind == "job" else None

    @property
    def sourcing_id(self) -> UUID | None:
        """The sourcing it belongs to, if it belongs to one."""
        return self.subject_id if self.subject_kind == "sourcing" else None


async def balance(conn: AsyncConnection, workspace_id: UUID) -> Balance:
    """The workspace's balance; nothing at all for one whose account is not open yet."""
    columns = (accounts.c.available, accounts.c.held, accounts.c.settling, accounts.c.spent, accounts.c.owed)
    row = (await conn.execute(select(*columns).where(accounts.c.workspace_id == workspace_id))).one_or_none()
    return Balance() if row is None else Balance(*row)


async def newest_prices(conn: AsyncConnection) -> Prices:
    """The price list that new jobs are made at."""
    names = ("version", "credits_per_row", "credits_per_lead", "created_at")
    columns = [price_lists.c[name] for name in names]
    row = (await conn.execute(select(*columns).order_by(price_lists.c.version.desc()).limit(1))).one()
    return Prices(*row)


async def ledger_page(
    conn: AsyncConnection, workspace_id: UUID, *, before: UUID | None, job_id: UUID | None, limit: int
) -> list[LedgerItem]:
    """Movements, newest first, beginning after the movement `before`."""
    first_lines = select(entries.c.transaction_id).where(entries.c.workspace_id == workspace_id, entries.c.line_no == 1)
    if job_id is not None:
        first_lines = first_lines.where(entries.c.subject_kind == "job", entries.c.subject_id == job_id)
    if before is not None:
        first_lines = first_lines.where(entries.c.transaction_id < before)
    page = first_lines.order_by(entries.c.transaction_id.desc()).limit(limit).cte("page")
    rows = await conn.execute(
        select(entries)
        .join(page, page.c.transaction_id == entries.c.transaction_id)
        .order_by(entries.c.transaction_id.desc(), entries.c.line_no)
    )
    lines: dict[UUID, list[Row[tuple[object, ...]]]] = defaultdict(list)
    for row in rows:
        lines[row.transaction_id].append(row)
    return [_item(of_one) for of_one in lines.values()]


def _item(lines: list[Row[tuple[object, ...]]]) -> LedgerItem:
    first = lines[0]
    changes: dict[str, int] = defaultdict(int)
    for line in lines:
        changes[line.account_kind] += line.amount_credits
    return LedgerItem(
        id=first.transaction_id,
        at=first.created_at,
        operation=first.operation,
        business_key=first.business_key,
        subject_kind=first.subject_kind,
        subject_id=first.subject_id,
        actor=first.actor,
        reason=first.reason,
        changes=dict(changes),
    )
