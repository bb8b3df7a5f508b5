"""Holds that a replica decides upon by what it remembers of accounts: by one statement, and only where nothing has changed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, text

from libs.common.clock import utc_now
from libs.common.ids import new_id
from services.billing import handlers
from services.billing.domain.credits.holds import Decision, Hold
from services.billing.domain.credits.ledger import Balance, Books
from services.billing.domain.credits.placing import HoldRequest
from services.billing.domain.watching.caps import Caps
from services.billing.repositories.credits import ledger
from services.billing.repositories.credits.memory import Memory
from services.billing.repositories.credits.sitting import Sitting
from services.billing.repositories.watching import caps
from services.billing.tables import entries, hold_grants, holds
from services.billing.use_cases import place_holds as placing
from tests.integration.billing.deliveries import Replica, delivery
from tests.integration.billing.steps import Billing, apply, completed, created, ended
from tests.integration.billing.test_together import CAPTURES, HOLDS, answers, in_order, is_blocked, queries
from tests.support.waiting import eventually


async def hold(replica: Replica, workspace_id: UUID, *credits_: int) -> list[UUID]:
    jobs = [new_id() for _ in credits_]
    heard = await replica.hear(
        *(delivery(created(job, amount), workspace_id) for job, amount in zip(jobs, credits_, strict=True))
    )
    assert heard == ["acked"] * len(jobs)
    return jobs


async def remembering(billing: Billing, *workspaces: UUID) -> Replica:
    """A replica that has changed these accounts twice, with nobody in between. One credit of each is held twice."""
    replica = Replica(HOLDS, billing.open_uow)
    for _ in range(2):
        for workspace_id in workspaces:
            await hold(replica, workspace_id, 1)
    return replica


async def statements(billing: Billing, replica: Replica, workspace_id: UUID, *credits_: int) -> int:
    with queries(billing) as asked:
        await hold(replica, workspace_id, *credits_)
    return len(asked)


async def test_an_account_that_nobody_else_changes_is_written_by_one_statement(billing: Billing) -> None:
    """Red when something is looked up that this process has written itself, or is not remembered from time to time."""
    workspace_id = await billing.workspace(20, 3)
    replica = await remembering(billing, workspace_id)
    assert [await statements(billing, replica, workspace_id, 3, 4, 5) for _ in range(2)] == [1, 1]
    assert await billing.balance(workspace_id) == Balance(available=2, held=21)
    assert (await answers(billing, workspace_id))["hold.declined"] == 1
    assert await statements(billing, replica, workspace_id, 2) == 1
    assert await billing.balance(workspace_id) == Balance(available=0, held=23)
    await in_order(billing, workspace_id)


async def test_accounts_that_are_remembered_are_decided_upon_together(billing: Billing) -> None:
    mine, theirs = await billing.workspace(20), await billing.workspace(20)
    replica = await remembering(billing, mine, theirs)
    with queries(billing) as asked:
        await replica.hear(*(delivery(created(new_id(), 3), one) for one in (mine, theirs, mine)))
    assert len(asked) == 1
    assert [(await billing.balance(one)).held for one in (mine, theirs)] == [8, 5]
    await in_order(billing, mine, theirs)


async def more_credits(billing: Billing, workspace_id: UUID) -> None:
    await billing.grant(workspace_id, 100)


async def fewer_credits(billing: Billing, workspace_id: UUID) -> None:
    await billing.deliver(created(new_id(), 15), workspace_id)


async def a_cap(billing: Billing, workspace_id: UUID) -> None:
    async with billing.open_uow() as uow:
        await caps.save_caps(uow.conn, workspace_id, Caps(per_day=10), user_id=new_id(), now=utc_now())


async def an_end(billing: Billing, workspace_id: UUID) -> None:
    job_id = new_id()
    await billing.deliver(created(job_id, 10), workspace_id)
    await billing.deliver(ended(job_id, 0), workspace_id)


@pytest.mark.parametrize(
    ("happens", "after"),
    [
        (more_credits, Balance(available=102, held=18)),
        (fewer_credits, Balance(available=3, held=17)),
        (a_cap, Balance(available=10, held=10)),
        (an_end, Balance(available=2, held=18)),
    ],
)
async def test_what_others_have_changed_is_looked_up_again(
    billing: Billing, happens: Callable[[Billing, UUID], Awaitable[None]], after: Balance
) -> None:
    """Red when the version, or that there are caps, is not asked for: credits would be spent twice, lost, or go past a cap."""
    workspace_id = await billing.workspace(20)
    replica = await remembering(billing, workspace_id)
    await happens(billing, workspace_id)
    await hold(replica, workspace_id, 8, 8)
    assert await billing.balance(workspace_id) == after
    await in_order(billing, workspace_id)


async def forgotten(billing: Billing, job_id: UUID, *, account: dict[str, Any], grant: dict[str, Any]) -> None:
    """What a database does that fails over to a copy without the transaction of a hold."""
    async with billing.open_uow() as uow:
        await uow.conn.execute(text("SET LOCAL session_replication_role = replica"))
        for table in (hold_grants, entries, holds):
            await uow.conn.execute(delete(table).where(table.c.subject_id == job_id))
        put_back = """UPDATE billing.accounts SET (available, held, version, chain_length, chain_head)
            = (:available, :held, :version, :chain_length, :chain_head) WHERE workspace_id = :workspace_id"""
        await uow.conn.execute(text(put_back), account)
        await uow.conn.execute(
            text("UPDATE billing.grants SET (available, held) = (:available, :held) WHERE id = :id"), grant
        )


async def test_what_the_database_has_forgotten_is_not_remembered(billing: Billing) -> None:
    """Red when the version alone is compared, which another commit has been given since: that one's hold would be lost."""
    workspace_id = await billing.workspace(20)
    replica = await remembering(billing, workspace_id)
    account = await billing.one("SELECT * FROM billing.accounts WHERE workspace_id = :id", id=workspace_id)
    grant = await billing.one("SELECT * FROM billing.grants WHERE workspace_id = :id", id=workspace_id)
    (job,) = await hold(replica, workspace_id, 5)
    await forgotten(billing, job, account=account, grant=grant)
    await fewer_credits(billing, workspace_id)
    await hold(replica, workspace_id, 2)
    assert await billing.balance(workspace_id) == Balance(available=1, held=19)
    await in_order(billing, workspace_id)


async def test_nobody_is_refused_by_what_is_remembered_alone(billing: Billing) -> None:
    """Red when an answer that moves nothing is written without a look at the account: a false refusal."""
    workspace_id = await billing.workspace(2)
    replica = await remembering(billing, workspace_id)
    await billing.grant(workspace_id, 50)
    (job,) = await hold(replica, workspace_id, 40)
    assert (await billing.hold(job))["state"] == "held"


async def test_what_is_asked_again_gets_its_first_answer(billing: Billing) -> None:
    """Red when a hold of which nothing is remembered is written over, or the inbox row of a message that was heard is."""
    workspace_id, job_id, id_ = await billing.workspace(20), new_id(), new_id()
    replica = await remembering(billing, workspace_id)
    for _ in range(3):
        heard = await replica.hear(
            delivery(created(job_id, 5), workspace_id, id_=id_), delivery(created(job_id, 5), workspace_id)
        )
        assert heard == ["acked", "acked"]
    assert await billing.balance(workspace_id) == Balance(available=13, held=7)
    assert (await answers(billing, workspace_id))["hold.placed"] == 2 + 4
    heard = await replica.hear(delivery(created(job_id, 6), workspace_id))
    assert heard == ["dead: hold_conflict"]
    await in_order(billing, workspace_id)


async def test_a_job_that_ended_before_its_hold_holds_nothing(billing: Billing) -> None:
    """Red when a tombstone is written over."""
    workspace_id, job_id = await billing.workspace(20), new_id()
    replica = await remembering(billing, workspace_id)
    await billing.deliver(ended(job_id, 0), workspace_id)
    await replica.hear(delivery(created(job_id, 5), workspace_id))
    assert (await billing.hold(job_id))["state"] == "tombstone"
    assert (await billing.balance(workspace_id)).held == 2


async def test_two_replicas_that_remember_an_account_take_turns(billing: Billing) -> None:
    """Red when either writes by what it remembers from before the other's turn."""
    workspace_id = await billing.workspace(60)
    replicas = [await remembering(billing, workspace_id) for _ in range(2)]
    for turn in range(6):
        await hold(replicas[turn % 2], workspace_id, 4, 4)
    assert await billing.balance(workspace_id) == Balance(available=8, held=52)
    await in_order(billing, workspace_id)


async def test_a_hold_from_memory_is_captured_and_remembered_on(billing: Billing) -> None:
    workspace_id = await billing.workspace(20)
    replica = await remembering(billing, workspace_id)
    (job,) = await hold(replica, workspace_id, 6)
    heard = await Replica(CAPTURES, billing.open_uow).hear(delivery(completed(job, 0, 6), workspace_id))
    assert heard == ["acked"]
    await hold(replica, workspace_id, 2)
    assert await billing.balance(workspace_id) == Balance(available=10, held=4, spent=6)
    await in_order(billing, workspace_id)


async def test_whoever_has_an_account_in_hand_never_waits_for_a_hold_from_memory(billing: Billing) -> None:
    """Red when the statement takes the grants, the entries' places or the hold before it has the account: it and whoever has
    the account then wait in a circle, until the database ends one of them, be it an operator's request."""
    workspace_id, job_id = await billing.workspace(20), new_id()
    replica = await remembering(billing, workspace_id)
    async with billing.open_uow() as uow:
        await ledger.lock_books(uow.conn, workspace_id)
        hearing = asyncio.create_task(replica.hear(delivery(created(job_id, 5), workspace_id)))
        await eventually(lambda: is_blocked(billing))
        # Less than Postgres takes to find a circle.
        await uow.conn.execute(text("SET LOCAL lock_timeout = '500ms'"))
        await apply(created(job_id, 5), workspace_id, uow=uow)
    assert await hearing == ["acked"]
    assert await billing.balance(workspace_id) == Balance(available=13, held=7)
    await in_order(billing, workspace_id)


async def two_at_once(
    billing: Billing, monkeypatch: pytest.MonkeyPatch, workspace_id: UUID, *, meanwhile: str
) -> list[str]:
    """A replica hears of two holds of 5: of the second while the first waits for whoever has the account, who does something
    meanwhile. Answers how both ended. Fails when the second is not decided while the first is on its way, or is sent then."""
    replica, decided, sent = await remembering(billing, workspace_id), list[int](), list[int]()
    place, lend = placing.place, Memory.lend

    def placed(books: Books, hold: Hold | None, request: HoldRequest, *, now: datetime) -> Decision:
        decided.append(1)
        return place(books, hold, request, now=now)

    def lent(memory: Memory, sitting: Sitting) -> None:
        sent.append(1)
        lend(memory, sitting)

    monkeypatch.setattr(placing, "place", placed)
    monkeypatch.setattr(Memory, "lend", lent)
    async with billing.open_uow() as uow:
        await ledger.lock_books(uow.conn, workspace_id)
        first = asyncio.create_task(replica.hear(delivery(created(new_id(), 5), workspace_id)))
        await eventually(lambda: is_blocked(billing))
        second = asyncio.create_task(replica.hear(delivery(created(new_id(), 5), workspace_id)))
        await eventually(lambda: len(decided) == 2)
        assert len(sent) == 1
        await uow.conn.execute(text(meanwhile), {"id": workspace_id})
    return [*await first, *await second]


@pytest.mark.parametrize(
    "meanwhile", ["SELECT 1", "UPDATE billing.accounts SET version = version + 1 WHERE workspace_id = :id"]
)
async def test_what_arrives_while_a_statement_is_on_its_way_is_decided_meanwhile(
    billing: Billing, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """Whether the first is committed, or was decided by what is no longer so. Red when the second waits for that before it is
    decided, is written before, or loses its hold where the first had to be decided anew."""
    workspace_id = await billing.workspace(11)
    assert await two_at_once(billing, monkeypatch, workspace_id, meanwhile=meanwhile) == ["acked", "acked"]
    assert await billing.balance(workspace_id) == Balance(available=4, held=7)
    assert (await answers(billing, workspace_id))["hold.declined"] == 1
    await in_order(billing, workspace_id)


async def test_a_grant_that_expires_while_it_is_remembered_is_not_held(
    billing: Billing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when what is remembered is taken as it was at the last look: credits would be held whose date has passed."""
    workspace_id = await billing.workspace(10)
    date = utc_now() + timedelta(hours=1)
    await billing.grant(workspace_id, 9, expires_at=date, priority=10)
    replica = await remembering(billing, workspace_id)
    monkeypatch.setattr(handlers, "utc_now", lambda: date + timedelta(seconds=1))
    assert await statements(billing, replica, workspace_id, 11) == 1
    assert await statements(billing, replica, workspace_id, 10) == 1
    assert (await answers(billing, workspace_id))["hold.declined"] == 1
    assert await billing.balance(workspace_id) == Balance(available=0, held=12)
    assert (await billing.movements(workspace_id))[-2].startswith("expire:")
    await in_order(billing, workspace_id)
