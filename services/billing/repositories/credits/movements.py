"""Movements: the pages of the ledger, and what was written under a business key. Always one workspace's."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import first_id_at
from services.billing.domain.credits.postings import Operation, Subject
from services.billing.tables import entries

_SKEW = timedelta(minutes=5)
"""How far the clock of an id and the time of its entry may be apart: bounds of time are looked up by id, then compared."""


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
    grants: tuple[UUID, ...] = ()

    @property
    def job_id(self) -> UUID | None:
        """The job it belongs to, if it belongs to one."""
        return self.subject_id if self.subject_kind == "job" else None

    @property
    def sourcing_id(self) -> UUID | None:
        """The sourcing it belongs to, if it belongs to one."""
        return self.subject_id if self.subject_kind == "sourcing" else None


@dataclass(frozen=True)
class LedgerFilter:
    """Which movements are wanted: all that fit everything that is given. `since` is included, `until` is not."""

    operations: frozenset[Operation] = frozenset()
    subject: Subject | None = None
    grant_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


async def ledger_page(
    conn: AsyncConnection, workspace_id: UUID, wanted: LedgerFilter, *, before: UUID | None, limit: int
) -> list[LedgerItem]:
    """Movements, newest first, beginning after the movement `before`. Reads a page, however many there are."""
    page = await conn.execute(page_query(workspace_id, wanted, before=before, limit=limit))
    chosen = [row[0] for row in page]
    if not chosen:
        return []
    rows = await conn.execute(select(entries).where(entries.c.transaction_id.in_(chosen)))
    lines: dict[UUID, list[Row[tuple[object, ...]]]] = defaultdict(list)
    for row in rows:
        lines[row.transaction_id].append(row)
    return [_item(lines[id_]) for id_ in chosen]


def page_query(workspace_id: UUID, wanted: LedgerFilter, *, before: UUID | None, limit: int) -> Select[UUID]:
    """The ids of a page. One index serves each filter; with several operations, one look per operation is merged."""
    common = [entries.c.workspace_id == workspace_id, *_bounds(wanted)]
    if before is not None:
        common.append(entries.c.transaction_id < before)
    if wanted.subject is not None:
        common += [entries.c.subject_kind == wanted.subject.kind, entries.c.subject_id == wanted.subject.id]
    narrow = wanted.subject is not None or wanted.grant_id is not None
    if wanted.operations and narrow:
        common.append(entries.c.operation.in_(sorted(wanted.operations)))
    if wanted.operations and not narrow:
        looks = [_newest([*common, _FIRST, entries.c.operation == one], limit) for one in sorted(wanted.operations)]
        merged = union_all(*(look.subquery().select() for look in looks)).subquery()
        return select(merged.c.transaction_id).order_by(merged.c.transaction_id.desc()).limit(limit)
    if wanted.grant_id is not None:
        return _newest([*common, entries.c.grant_id == wanted.grant_id], limit).distinct()
    return _newest([*common, _FIRST], limit)


async def find_movement(conn: AsyncConnection, workspace_id: UUID, business_key: str) -> LedgerItem | None:
    """What was written under a business key, if something was."""
    query = select(entries).where(entries.c.workspace_id == workspace_id, entries.c.business_key == business_key)
    rows = (await conn.execute(query)).all()
    return _item(list(rows)) if rows else None


_FIRST = entries.c.line_no == 1


def _newest(where: Sequence[ColumnElement[bool]], limit: int) -> Select[UUID]:
    return select(entries.c.transaction_id).where(*where).order_by(entries.c.transaction_id.desc()).limit(limit)


def _bounds(wanted: LedgerFilter) -> list[ColumnElement[bool]]:
    bounds = list[ColumnElement[bool]]()
    if wanted.since is not None:
        bounds += [entries.c.created_at >= wanted.since, entries.c.transaction_id >= first_id_at(wanted.since - _SKEW)]
    if wanted.until is not None:
        bounds += [entries.c.created_at < wanted.until, entries.c.transaction_id < first_id_at(wanted.until + _SKEW)]
    return bounds


def _item(lines: list[Row[tuple[object, ...]]]) -> LedgerItem:
    first = min(lines, key=lambda line: line.line_no)
    changes: dict[str, int] = defaultdict(int)
    for line in sorted(lines, key=lambda line: line.line_no):
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
        grants=tuple(sorted({line.grant_id for line in lines if line.grant_id})),
    )
