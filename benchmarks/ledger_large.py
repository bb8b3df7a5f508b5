"""What a reader pays in an account with ten million entries, beside the same in one with ten thousand."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.figures import Figure
from libs.cli.console import say
from libs.common import migrations
from libs.common.db import make_engine
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from services.billing.domain.credits.postings import Operation, Subject
from services.billing.repositories.credits import balances
from services.billing.repositories.credits.movements import LedgerFilter, ledger_page
from services.billing.tables import COMMON

_NAME = "ledger"
ENTRIES = int(os.environ.get("BENCH_ENTRIES", "10000000"))
FEW = 10_000
_TIMES = 200
_PAGE = 50
_GOAL = 1.5
_WORKSPACE, _GRANT = UUID(int=1), UUID(int=2)
_CHUNKS = 100
"""Per job."""

_ACCOUNT = "INSERT INTO billing.accounts (workspace_id, available, spent, chain_length) VALUES ($1, 1000, $2, $3)"
_GRANTED = """
    INSERT INTO billing.grants (id, workspace_id, business_key, kind, priority, reason, actor, size, available, captured)
    VALUES ($1, $2, 'grant:key:bench', 'purchased', 40, 'a benchmark', 'bench', 1000 + $3, 1000, $3)
"""
# Each transaction is a millisecond after the one before, and so is its id (uuid7: 48 bits of milliseconds first).
_ENTRIES = """
    INSERT INTO billing.entries (transaction_id, line_no, workspace_id, operation, business_key, account_kind, grant_id,
        amount_credits, subject_kind, subject_id, actor, reason, created_at, place, hash)
    SELECT (lpad(to_hex(1764000000000 + t), 12, '0') || '70008000000000000000')::uuid, line_no, $1,
        CASE WHEN t % 100 = 0 THEN 'hold' ELSE 'capture' END,
        'capture:job:' || t / 100 || ':' || t, account_kind, $2, credits, 'job',
        ('00000000-0000-4000-8000-' || lpad(to_hex(t / 100), 12, '0'))::uuid, 'ingest', '',
        to_timestamp((1764000000000 + t) / 1000.0), 2 * t + line_no, sha256(int8send(2 * t + line_no))
    FROM generate_series(0, $3::bigint - 1) AS t
    CROSS JOIN (VALUES (1, 'held', -1), (2, 'captured', 1)) AS lines (line_no, account_kind, credits)
"""
_INDEXES = "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = $1::regclass"
_KEYS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('p', 'u')
"""

Reading = Callable[[AsyncConnection], Awaitable[object]]


@dataclass
class _Ledger:
    """A database of its own with one account, and how many transactions it has."""

    open_uow: UnitOfWorkFactory
    transactions: int

    def readings(self) -> dict[str, Reading]:
        """What a page asks for. The deep cursor is in the middle; the job is one of those before it."""
        middle = UUID(int=(1764000000000 + self.transactions // 2) << 80)
        job = Subject("job", UUID(f"00000000-0000-4000-8000-{self.transactions // 2 // _CHUNKS:012x}"))

        def page(wanted: LedgerFilter, before: UUID | None = None) -> Reading:
            return lambda conn: ledger_page(conn, _WORKSPACE, wanted, before=before, limit=_PAGE)

        return {
            "balance": lambda conn: balances.balance(conn, _WORKSPACE),
            "first page": page(LedgerFilter()),
            "page at a deep cursor": page(LedgerFilter(), middle),
            "page of one operation, deep": page(LedgerFilter(operations=frozenset({Operation.HOLD})), middle),
            "page of one job": page(LedgerFilter(subject=job)),
        }


async def run(url: str) -> list[Figure]:
    """Both ledgers in databases of their own on one server, read in turn; both are dropped afterwards."""
    ledgers = [await _make(url, "few", FEW // 2), await _make(url, "many", ENTRIES // 2)]
    try:
        took = await _measure(ledgers)
    finally:
        for ledger in ledgers:
            await ledger.open_uow.engine.dispose()
        admin = await asyncpg.connect(url)
        for name in ("few", "many"):
            await admin.execute(f"DROP DATABASE bench_{name} WITH (FORCE)")
        await admin.close()
    return [
        Figure(
            _NAME,
            f"{what}, {ENTRIES:,} entries",
            round(many * 1000, 3),
            "ms",
            f"{FEW:,} entries, {few * 1000:.3f} ms",
            round(many / few, 2),
            goal=f"ratio <= {_GOAL:g}",
            holds=many / few <= _GOAL,
        )
        for what, (few, many) in took.items()
    ]


async def _measure(ledgers: list[_Ledger]) -> dict[str, tuple[float, float]]:
    """The median of each reading in seconds, few and many. In turn, so that both see the same machine."""
    took: dict[str, tuple[float, float]] = {}
    every = [ledger.readings() for ledger in ledgers]
    for what in every[0]:
        seconds: list[list[float]] = [[], []]
        for _ in range(_TIMES):
            for nth, ledger in enumerate(ledgers):
                async with ledger.open_uow() as uow:
                    began = time.perf_counter()
                    await every[nth][what](uow.conn)
                    seconds[nth].append(time.perf_counter() - began)
        took[what] = (median(seconds[0]), median(seconds[1]))
    return took


async def _make(url: str, name: str, transactions: int) -> _Ledger:
    admin = await asyncpg.connect(url)
    await admin.execute(f"CREATE DATABASE bench_{name}")
    await admin.close()
    own = f"{url.rpartition('/')[0]}/bench_{name}"
    await migrations.upgrade("billing", own)
    say(f"{2 * transactions:,} entries are made")
    conn = await asyncpg.connect(own)
    await _fill(conn, transactions)
    await conn.close()
    engine = make_engine(normalise_database_url(own), pool_size=2, service="billing")
    return _Ledger(UnitOfWorkFactory(engine, COMMON), transactions)


async def _fill(conn: asyncpg.Connection, transactions: int) -> None:
    """Without triggers, and with the indexes made afterwards. The hashes are made up: nothing here follows the chain."""
    await conn.execute("SET session_replication_role = replica; SET maintenance_work_mem = '512MB'")
    keys = await conn.fetch(_KEYS, "billing.entries")
    names = {f"billing.{key['conname']}" for key in keys}
    indexes = [row for row in await conn.fetch(_INDEXES, "billing.entries") if row[0] not in names]
    for key in keys:
        await conn.execute(f"ALTER TABLE billing.entries DROP CONSTRAINT {key['conname']}")
    for index, _ in indexes:
        await conn.execute(f"DROP INDEX {index}")
    await conn.execute(_ACCOUNT, _WORKSPACE, transactions, 2 * transactions)
    await conn.execute(_GRANTED, _GRANT, _WORKSPACE, transactions)
    await conn.execute(_ENTRIES, _WORKSPACE, _GRANT, transactions)
    for key in keys:
        await conn.execute(f"ALTER TABLE billing.entries ADD CONSTRAINT {key['conname']} {key['pg_get_constraintdef']}")
    for _, definition in indexes:
        await conn.execute(definition)
    await conn.execute("VACUUM ANALYZE billing.entries")
