"""Messages that have arrived at once and are decided upon in one transaction: each as if it had been alone."""

import asyncio
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import event, text
from sqlalchemy.pool import ConnectionPoolEntry

from libs.common.clock import utc_now
from libs.common.ids import new_id
from services.billing.domain.credits.holds import Hold, HoldState
from services.billing.domain.credits.ledger import Balance
from services.billing.domain.credits.postings import Subject
from services.billing.domain.watching.caps import Caps
from services.billing.repositories.credits import chain, holds
from services.billing.repositories.watching import caps
from tests.integration.billing.deliveries import Replica, delivery
from tests.integration.billing.steps import Billing, completed, created, ended
from tests.support.waiting import eventually

LOCK = text("SELECT FROM billing.accounts WHERE workspace_id = :id FOR UPDATE NOWAIT")
HOLDS, CAPTURES = "billing.place_hold", "billing.capture_chunk"


async def in_order(billing: Billing, *workspaces: UUID) -> None:
    """Everything adds up, and no chain is broken."""
    for workspace_id in workspaces:
        assert [check for check in await billing.proof(workspace_id) if not check.holds] == []
        async with billing.open_uow() as uow:
            assert await chain.first_break(uow.conn, workspace_id) is None


@contextmanager
def queries(billing: Billing) -> Generator[list[str]]:
    """What goes to the database meanwhile: through SQLAlchemy, and to the driver itself; but for the look for deleted
    workspaces, once in a second."""
    asked = list[str]()
    engine = billing.open_uow.engine.sync_engine

    def note(query: Any) -> None:
        asked.append(query.query)

    def executes(_connection: object, _cursor: object, query: str, *_: object) -> None:
        if "deleted_workspaces" not in query:
            asked.append(query)

    def leaves(_connection: object, entry: ConnectionPoolEntry, _proxy: object) -> None:
        assert entry.driver_connection is not None
        entry.driver_connection.add_query_logger(note)

    def returns(_connection: object, entry: ConnectionPoolEntry) -> None:
        assert entry.driver_connection is not None
        entry.driver_connection.remove_query_logger(note)

    listeners = {"before_cursor_execute": executes, "checkout": leaves, "checkin": returns}
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield asked
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)


async def is_blocked(billing: Billing) -> bool:
    """Whether somebody waits for a lock."""
    waiting = (
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return (await billing.one(waiting))["n"] > 0


async def answers(billing: Billing, workspace_id: UUID) -> Counter[str]:
    return Counter(type_.removeprefix("billing.") for type_, _ in await billing.said(workspace_id))


async def test_what_arrives_at_once_is_one_transaction_and_each_gets_its_answer(billing: Billing) -> None:
    """Red when a request is lost, answered twice, or held for another workspace."""
    mine, theirs = await billing.workspace(100), await billing.workspace(7, 5)
    replica = Replica(HOLDS, billing.open_uow)
    requests = [delivery(created(new_id(), 3), mine if nth % 2 else theirs) for nth in range(10)]
    assert await replica.hear(*requests) == ["acked"] * 10
    assert replica.batches == [10]
    assert (await billing.balance(mine)).held == 15
    assert await billing.balance(theirs) == Balance(available=0, held=12)
    assert await answers(billing, theirs) == {"credits.granted": 2, "hold.placed": 4, "hold.declined": 1}
    await in_order(billing, mine, theirs)


@pytest.mark.parametrize("queue", [HOLDS, CAPTURES])
async def test_a_transaction_goes_to_the_database_six_times_however_many_are_in_it(
    billing: Billing, queue: str
) -> None:
    """Red when something is read or written by a statement of its own: begin, inbox, lock, read, write, commit."""
    mine, job_id = await billing.workspace(100), new_id()
    await billing.deliver(created(job_id, 50), mine)
    chunks, jobs = [completed(job_id, nth, 1) for nth in range(8)], [created(new_id(), 1) for _ in range(8)]
    of_mine = chunks if queue == CAPTURES else jobs
    with queries(billing) as asked:
        await Replica(queue, billing.open_uow).hear(*(delivery(one, mine) for one in of_mine))
    assert len(asked) == 6, asked
    await in_order(billing, mine)


async def test_inside_an_account_the_first_to_arrive_is_the_first_to_be_decided_upon(billing: Billing) -> None:
    """Red when messages of one transaction are taken in another order than they came in, or do not see each other."""
    workspace_id, jobs = await billing.workspace(10), [new_id() for _ in range(6)]
    await Replica(HOLDS, billing.open_uow).hear(*(delivery(created(job, 3), workspace_id) for job in jobs))
    states = [(await billing.hold(job))["state"] for job in jobs]
    assert states == ["held"] * 3 + ["declined"] * 3


async def test_the_same_message_twice_in_one_transaction_counts_once(billing: Billing) -> None:
    """Red when the inbox is not asked inside a batch."""
    workspace_id, job_id, id_ = await billing.workspace(10), new_id(), new_id()
    replica = Replica(HOLDS, billing.open_uow)
    same = [delivery(created(job_id, 3), workspace_id, id_=id_) for _ in range(3)]
    assert await replica.hear(*same) == ["acked"] * 3
    assert await answers(billing, workspace_id) == {"credits.granted": 1, "hold.placed": 1}
    assert await billing.balance(workspace_id) == Balance(available=7, held=3)


async def test_different_messages_about_one_job_or_chunk_have_one_effect(billing: Billing) -> None:
    """Red when a decision does not see those before it, or the natural key is left out."""
    workspace_id, job_id = await billing.workspace(10), new_id()
    await Replica(HOLDS, billing.open_uow).hear(*(delivery(created(job_id, 6), workspace_id) for _ in range(3)))
    assert (await answers(billing, workspace_id))["hold.placed"] == 3
    chunks = [delivery(completed(job_id, number, 2), workspace_id) for number in (0, 1, 0, 2, 1)]
    replica = Replica(CAPTURES, billing.open_uow)
    assert await replica.hear(*chunks) == ["acked"] * 5
    assert (replica.batches, replica.alone) == ([5], 0)
    assert await billing.balance(workspace_id) == Balance(available=4, spent=6)
    assert (await answers(billing, workspace_id))["credits.captured"] == 3
    await in_order(billing, workspace_id)


async def test_one_that_cannot_be_decided_upon_harms_none_of_the_others(billing: Billing) -> None:
    """Red when an error takes the transaction's other messages with it, or leaves an inbox row behind."""
    mine, theirs, job_id = await billing.workspace(50), await billing.workspace(50), new_id()
    fine = [delivery(created(new_id(), 5), mine) for _ in range(2)]
    bad = [
        delivery(created(job_id, 7), mine),
        delivery(created(job_id, 5), theirs),
        delivery(created(new_id(), 5), None),
        delivery(created(new_id(), 5), new_id()),
    ]
    replica = Replica(HOLDS, billing.open_uow)
    heard = await replica.hear(fine[0], delivery(created(job_id, 5), mine), *bad, fine[1])
    assert heard == [
        "acked",
        "acked",
        "dead: hold_conflict",
        "dead: subject_of_another_workspace",
        "dead: tenant_missing",
        "acked",
        "acked",
    ]
    assert (replica.batches, replica.alone) == ([7], 4)
    assert await billing.balance(mine) == Balance(available=35, held=15)
    assert await billing.balance(theirs) == Balance(available=50)
    await in_order(billing, mine, theirs)


async def test_a_capture_before_its_hold_waits_alone_and_one_above_it_dies_alone(billing: Billing) -> None:
    workspace_id, job_id = await billing.workspace(10), new_id()
    await billing.deliver(created(job_id, 4), workspace_id)
    chunks = [completed(job_id, 0, 2), completed(new_id(), 0, 1), completed(job_id, 1, 3), completed(job_id, 2, 2)]
    heard = await Replica(CAPTURES, billing.open_uow).hear(*(delivery(chunk, workspace_id) for chunk in chunks))
    assert heard == ["acked", "retry: hold_unknown", "dead: capture_above_hold", "acked"]
    assert await billing.balance(workspace_id) == Balance(available=6, spent=4)
    await in_order(billing, workspace_id)


async def test_a_kill_between_commit_and_ack_repeats_nothing(billing: Billing) -> None:
    """Red when something is charged, or said, again as the same messages are delivered to the next process."""
    workspace_id, job_id = await billing.workspace(20), new_id()
    await billing.deliver(created(job_id, 9), workspace_id)
    ids = [new_id() for _ in range(3)]
    for _ in range(2):
        again = [delivery(completed(job_id, nth, 3), workspace_id, id_=id_) for nth, id_ in enumerate(ids)]
        assert await Replica(CAPTURES, billing.open_uow).hear(*again) == ["acked"] * 3
    assert await billing.balance(workspace_id) == Balance(available=11, spent=9)
    assert (await answers(billing, workspace_id))["credits.captured"] == 3
    async with billing.open_uow() as uow:
        await uow.conn.execute(billing.open_uow.tables.inbox.delete())
    again = [delivery(completed(job_id, nth, 3), workspace_id, id_=id_) for nth, id_ in enumerate(ids)]
    assert await Replica(CAPTURES, billing.open_uow).hear(*again) == ["acked"] * 3
    assert await billing.balance(workspace_id) == Balance(available=11, spent=9)
    assert (await answers(billing, workspace_id))["credits.captured"] == 3


async def test_a_transaction_that_fails_is_taken_apart_and_each_is_handled_alone(billing: Billing) -> None:
    """Red when one that spoils the common commit makes the others wait, die or count an attempt."""
    workspace_id = await billing.workspace(20)
    replica = Replica(HOLDS, billing.open_uow, fails_at_end=ValueError("spoilt"))
    requests = [delivery(created(new_id(), 3), workspace_id) for _ in range(4)]
    assert await replica.hear(*requests) == ["acked"] * 4
    assert await billing.balance(workspace_id) == Balance(available=8, held=12)
    assert (await answers(billing, workspace_id))["hold.placed"] == 4


async def test_a_database_that_goes_away_counts_as_nobodys_attempt(billing: Billing) -> None:
    workspace_id = await billing.workspace(20)
    replica = Replica(HOLDS, billing.open_uow, fails_at_end=asyncpg.AdminShutdownError("going away"))
    requests = [delivery(created(new_id(), 3), workspace_id) for _ in range(3)]
    assert await replica.hear(*requests) == ["retry: busy"] * 3
    assert await billing.balance(workspace_id) == Balance(available=20)


async def test_accounts_are_locked_in_the_order_of_their_ids(billing: Billing) -> None:
    """Red when they are locked in the order of arrival: two replicas could wait for each other in a circle."""
    first, second = sorted([await billing.workspace(10), await billing.workspace(10)])
    async with billing.open_uow() as outside:
        await outside.conn.execute(LOCK, {"id": first})
        requests = [delivery(created(new_id(), 3), workspace_id) for workspace_id in (second, first)]
        heard = asyncio.create_task(Replica(HOLDS, billing.open_uow).hear(*requests))
        await eventually(lambda: is_blocked(billing))
        await billing.execute(LOCK.text, id=second)
    assert await heard == ["acked"] * 2


@pytest.mark.parametrize("same_messages", [True, False])
async def test_two_replicas_with_the_same_accounts_neither_block_each_other_nor_hold_twice(
    billing: Billing, same_messages: bool
) -> None:
    """Red when accounts or inbox rows are locked in the order of arrival (a deadlock), or not locked at all."""
    workspaces = [await billing.workspace(12) for _ in range(4)]
    jobs = [(new_id(), workspaces[nth % 4], new_id()) for nth in range(24)]

    async def hear(of_one: list[tuple[UUID, UUID, UUID]]) -> list[str]:
        messages = [
            delivery(created(job, 3), workspace, id_=id_ if same_messages else None) for job, workspace, id_ in of_one
        ]
        return await Replica(HOLDS, billing.open_uow).hear(*messages)

    heard = await asyncio.gather(hear(jobs), hear(jobs[::-1]))
    assert list(heard) == [["acked"] * 24] * 2
    for workspace_id in workspaces:
        assert await billing.balance(workspace_id) == Balance(available=0, held=12)
        placed = (await answers(billing, workspace_id))["hold.placed"]
        assert placed == (4 if same_messages else 8)
    await in_order(billing, *workspaces)


async def test_a_workspace_with_caps_is_decided_upon_from_what_is_written(billing: Billing) -> None:
    """Red when a request inside a batch does not see what the batch has set aside before it, and passes the cap."""
    workspace_id = await billing.workspace(100)
    async with billing.open_uow() as uow:
        await caps.save_caps(uow.conn, workspace_id, Caps(per_day=10), user_id=new_id(), now=utc_now())
    requests = [delivery(created(new_id(), 4), workspace_id) for _ in range(5)]
    assert await Replica(HOLDS, billing.open_uow).hear(*requests) == ["acked"] * 5
    assert await billing.balance(workspace_id) == Balance(available=92, held=8)
    await in_order(billing, workspace_id)


async def test_each_answer_names_the_message_that_it_answers(billing: Billing) -> None:
    """Red when all answers of a transaction name one message as their cause."""
    workspace_id, ids = await billing.workspace(20), [new_id() for _ in range(3)]
    await Replica(HOLDS, billing.open_uow).hear(*(delivery(created(new_id(), 3), workspace_id, id_=id_) for id_ in ids))
    query = "SELECT array_agg(body ORDER BY id) AS bodies FROM billing.outbox WHERE routing_key LIKE 'billing.hold.%'"
    bodies = (await billing.one(query))["bodies"]
    found = {str(id_) for id_ in ids for body in bodies if f'"causation_id":"{id_}"'.encode() in body}
    assert found == {str(id_) for id_ in ids}


async def test_an_end_and_its_captures_in_any_order_close_the_hold(billing: Billing) -> None:
    workspace_id, job_id = await billing.workspace(10), new_id()
    await billing.deliver(created(job_id, 8), workspace_id)
    await billing.deliver(ended(job_id, 6), workspace_id)
    chunks = [delivery(completed(job_id, number, 2), workspace_id) for number in range(3)]
    await Replica(CAPTURES, billing.open_uow).hear(*chunks)
    assert (await billing.hold(job_id))["state"] == "closed"
    assert await billing.balance(workspace_id) == Balance(available=4, spent=6)


async def test_a_workspace_waits_for_its_own_transaction_and_for_no_other(billing: Billing) -> None:
    """Red when a lane has one transaction at a time, or takes a workspace's later messages into the second."""
    slow, quick = await billing.workspace(3), await billing.workspace(3)
    replica, jobs = Replica(HOLDS, billing.open_uow), [new_id(), new_id()]
    async with billing.open_uow() as outside:
        await outside.conn.execute(LOCK, {"id": slow})
        first = asyncio.create_task(replica.hear(delivery(created(jobs[0], 3), slow)))
        await eventually(lambda: is_blocked(billing))
        second = asyncio.create_task(replica.hear(delivery(created(jobs[1], 3), slow)))
        assert await replica.hear(delivery(created(new_id(), 3), quick)) == ["acked"]
        assert not first.done()
        assert replica.batches == [1, 1]
    assert (await first, await second) == (["acked"], ["acked"])
    assert [(await billing.hold(job))["state"] for job in jobs] == ["held", "declined"]
    await in_order(billing, slow, quick)


async def test_more_than_one_transaction_takes_are_taken_by_two_each_in_order(billing: Billing) -> None:
    """Red when a message is left behind, or decided upon before one of its workspace that came earlier."""
    workspaces = [await billing.workspace(9) for _ in range(3)]
    replica = Replica(HOLDS, billing.open_uow, prefetch=8)
    jobs = [(new_id(), workspaces[nth % 3]) for nth in range(30)]
    assert (
        await replica.hear(*(delivery(created(job, 3), workspace_id) for job, workspace_id in jobs)) == ["acked"] * 30
    )
    assert max(replica.batches) == 4
    for workspace_id in workspaces:
        states = [(await billing.hold(job))["state"] for job, of in jobs if of == workspace_id]
        assert states == ["held"] * 3 + ["declined"] * 7
    await in_order(billing, *workspaces)


async def test_a_hold_never_changes_hands(billing: Billing) -> None:
    """Red when of two workspaces that ask for one job at once, in two transactions, the second gets the first one's hold."""
    mine, theirs, subject = await billing.workspace(5), await billing.workspace(5), Subject("job", new_id())
    async with billing.open_uow() as uow:
        await holds.save_hold(uow.conn, Hold(subject, mine, HoldState.DECLINED, needed=9), heard_at=utc_now())
    with pytest.raises(asyncpg.NotNullViolationError, match="workspace_id"):
        async with billing.open_uow() as uow:
            await holds.save_hold(uow.conn, Hold(subject, theirs, HoldState.DECLINED, needed=9), heard_at=utc_now())
