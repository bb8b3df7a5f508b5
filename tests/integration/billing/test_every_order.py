"""Every order and every repetition of a job's events gives the same ledger: exhaustive, on the real tables.

From each state that can be reached, each event is delivered (again), in a savepoint. States that look alike are
explored once, so sequences of any length are covered, not only those of each event once or twice.
"""

import itertools
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Event
from libs.common.contracts.ingest import JobCancelled
from libs.common.db import make_engine
from libs.common.errors import Transient
from libs.common.ids import new_id
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWork
from services.billing.domain.credits.ledger import GrantKind
from services.billing.tables import COMMON
from services.billing.use_cases.grant_credits import GrantRequest, grant_credits
from tests.integration.billing.steps import apply, completed, created, ended, raised

MONEY = """
    (SELECT jsonb_agg(a) FROM (SELECT available, held, settling, spent, owed FROM billing.accounts) a),
    (SELECT jsonb_agg(g ORDER BY id) FROM (SELECT id, available, held, captured FROM billing.grants) g),
    (SELECT jsonb_agg(h) FROM (SELECT held, captured FROM billing.holds) h),
    (SELECT jsonb_agg(s ORDER BY grant_id) FROM
        (SELECT grant_id, held, captured FROM billing.hold_grants WHERE held + captured > 0) s),
    (SELECT jsonb_agg(c ORDER BY chunk_no) FROM (SELECT chunk_no, credits FROM billing.captures) c),
    (SELECT jsonb_agg(e ORDER BY account_kind, grant_id) FROM
        (SELECT account_kind, grant_id, sum(amount_credits) FROM billing.entries
         GROUP BY 1, 2 HAVING sum(amount_credits) <> 0) e)
"""
"""The ledger: who has how much where. How a hold is called (`closed` or `tombstone`) is not money."""

PROGRESS = """
    (SELECT jsonb_agg(h) FROM (SELECT state, needed, credits_total, declined_available FROM billing.holds) h),
    (SELECT jsonb_agg(e ORDER BY business_key, line_no) FROM (SELECT business_key, line_no FROM billing.entries) e)
"""
"""What else decides about what happens next."""


@dataclass
class Walk:
    """Depth first through everything that can happen to one job. An event that follows from another comes after it."""

    conn: AsyncConnection
    workspace_id: UUID
    events: Sequence[Event]
    follows: Mapping[int, int]
    seen: set[tuple[frozenset[int], str]] = field(default_factory=set)
    ledgers: set[str] = field(default_factory=set)
    deliveries: int = 0

    async def explore(self, delivered: frozenset[int] = frozenset()) -> None:
        state = (delivered, await self._look(f"{MONEY}, {PROGRESS}"))
        if state in self.seen:
            return
        self.seen.add(state)
        moved = False
        for number, event in enumerate(self.events):
            if self.follows.get(number, number) not in delivered | {number}:
                continue
            async with self.conn.begin_nested() as savepoint:
                if await self._deliver(event):
                    moved |= number not in delivered
                    await self.explore(delivered | {number})
                await savepoint.rollback()
        if len(delivered) == len(self.events):
            self.ledgers.add(await self._look(MONEY))
        else:
            assert moved, f"after {delivered} nothing can be delivered any more"

    async def _deliver(self, event: Event) -> bool:
        self.deliveries += 1
        try:
            async with self.conn.begin_nested():
                uow = UnitOfWork(self.conn, COMMON)
                await apply(event, self.workspace_id, uow=uow)
                await uow.flush()
                await self.conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
                await self.conn.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        except Transient:
            return False
        return True

    async def _look(self, what: str) -> str:
        return repr((await self.conn.execute(text(f"SELECT {what}"))).one())


async def walk(conn: AsyncConnection, events: Sequence[Event], *, follows: Mapping[int, int] | None = None) -> Walk:
    """Everything that can happen to a workspace with grants of 2 and 4 credits; nothing of it stays."""
    journey = Walk(conn, new_id(), events, follows or {})
    async with conn.begin_nested() as savepoint:
        for size in (2, 4):
            request = GrantRequest(size, "a test", GrantKind.PURCHASED)
            uow, key = UnitOfWork(conn, COMMON), str(new_id())
            await grant_credits(
                request, workspace_id=journey.workspace_id, idempotency_key=key, uow=uow, now=utc_now(), actor="test"
            )
        await journey.explore()
        await savepoint.rollback()
    return journey


@pytest.fixture(scope="module")
async def connection(module_database: str) -> AsyncGenerator[AsyncConnection]:
    """A connection to an empty database, whose work is never committed."""
    engine = make_engine(normalise_database_url(module_database), pool_size=1, service="billing")
    async with engine.connect() as conn:
        yield conn
        await conn.rollback()
    await engine.dispose()


CHUNKS = [earned for n in range(4) for earned in itertools.combinations_with_replacement((0, 1, 2), n)]


@pytest.mark.parametrize("earned", CHUNKS, ids=str)
async def test_every_order_and_repetition_of_a_jobs_events_gives_the_same_ledger(
    connection: AsyncConnection, earned: tuple[int, ...]
) -> None:
    """Red when a tombstone, a capture's key, the hold's key or settling is removed, or when a capture and a release
    take their credits from the same end of the burn order."""
    job_id = new_id()
    journey = await walk(
        connection,
        [
            created(job_id, 2 * len(earned)),
            *(completed(job_id, chunk_no, credits_) for chunk_no, credits_ in enumerate(earned)),
            ended(job_id, sum(earned)),
        ],
    )
    assert len(journey.ledgers) == 1
    assert f"'held': 0, 'owed': 0, 'spent': {sum(earned)}, 'settling': 0" in journey.ledgers.pop()
    assert journey.deliveries >= (len(earned) + 2) * 2 ** (len(earned) + 1)


async def test_a_declined_job_leaves_nothing_in_any_order(connection: AsyncConnection) -> None:
    """Red when a decline is not kept as an answer: the second `created` could then be held."""
    job_id = new_id()
    journey = await walk(connection, [created(job_id, 7), ended(job_id, 0, kind=JobCancelled)])
    assert len(journey.ledgers) == 1
    assert "'held': 0, 'owed': 0, 'spent': 0, 'settling': 0, 'available': 6" in journey.ledgers.pop()


@pytest.mark.parametrize("total", [3, 4])
async def test_raises_in_any_order_leave_the_same_ledger(connection: AsyncConnection, total: int) -> None:
    """Two rounds, of which the second asks for more than there is; a chunk that only the first one pays for; an end that
    may come before the second. Red when a round's key is removed, a later round makes an earlier one hold too little, or
    a decline lets go of what was held."""
    job_id = new_id()
    events = [
        created(job_id, 2),
        raised(job_id, 1, 4),
        raised(job_id, 2, 9),
        completed(job_id, 0, 2),
        completed(job_id, 1, total - 2),
        ended(job_id, total, kind=JobCancelled),
    ]
    journey = await walk(connection, events, follows={4: 1, 5: 1})
    assert len(journey.ledgers) == 1
    assert f"'held': 0, 'owed': 0, 'spent': {total}, 'settling': 0" in journey.ledgers.pop()
