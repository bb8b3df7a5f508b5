"""Dead letters: what nobody can handle lies in a table, hurts no neighbour, and can be replayed or discarded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, select

from deploy.local.pair import Pair
from libs.common.clock import utc_now
from libs.common.contracts.envelope import Event
from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.errors import Conflict, Invalid, NotFound
from libs.common.messaging import dead_letters
from libs.common.messaging.bus import Bus
from libs.common.messaging.consumer import Subscription
from libs.common.messaging.dead_letters import DeadLetter
from libs.common.messaging.delivery import ATTEMPTS_HEADER, FIRST_ERROR_HEADER
from libs.common.messaging.relay import Relay
from libs.common.messaging.topology import RETRY_DELAYS, dead_queue, retry_exchange
from libs.common.messaging.undertaker import TRIES_OF_ON_DEAD, Undertaker
from libs.common.uow import Message, UnitOfWork
from tests.broker.common.parts import (
    EFFECTS,
    SERVICE,
    TABLES,
    TENANT,
    WORK,
    Bench,
    created,
    envelope_of,
    open_workspace,
    prices,
)
from tests.support.waiting import PATIENCE_S, eventually

SIXTEEN_MB = 16 * 1024 * 1024


async def refuses(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
    raise Invalid(f"{event.name} will never do", code="will_never_do")


async def _letters(bench: Bench) -> list[DeadLetter]:
    async with bench.open_uow() as uow:
        return await dead_letters.list_open(uow.conn, TABLES.dead_letters)


def _filed(bench: Bench, count: int) -> Callable[[], object]:
    async def check() -> bool:
        return len(await _letters(bench)) == count

    return check


async def test_a_permanent_error_is_dead_at_once_and_says_why(bench: Bench) -> None:
    """Trying again cannot help. Red when permanent errors go through the retry queues."""
    async with bench.consuming(Subscription(WORK, refuses)):
        message_id = await bench.deliver(created())
        await eventually(_filed(bench, 1))
    (letter,) = await _letters(bench)
    assert (letter.queue, letter.type, letter.tenant_id) == (WORK, "gateway.workspace.created", TENANT)
    assert (letter.cause, letter.attempts, letter.message_key) == ("will_never_do", 0, str(message_id))
    assert letter.last_error == "Acme will never do"
    for delay, _ in RETRY_DELAYS:
        assert await bench.waiting_in(retry_exchange(SERVICE, delay)) == 0


async def test_poison_is_filed_with_its_first_and_last_error(bench: Bench) -> None:
    """After `max_attempts` failures. Red when the errors of the earlier attempts are forgotten."""

    async def poisonous(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        raise ZeroDivisionError("again")

    async with bench.consuming(Subscription(WORK, poisonous, max_attempts=5)):
        await bench.deliver(created(), headers={ATTEMPTS_HEADER: 4, FIRST_ERROR_HEADER: "KeyError: 'x'"})
        await eventually(_filed(bench, 1))
    (letter,) = await _letters(bench)
    assert (letter.cause, letter.attempts) == ("ZeroDivisionError", 5)
    assert (letter.first_error, letter.last_error) == ("KeyError: 'x'", "ZeroDivisionError: again")


MALFORMED = {
    "not JSON": b"\xff\xfe not json",
    "empty": b"",
    "no envelope": b'{"hello": "world"}',
    "deeply nested": b'{"data":' * 5000,
    "a NUL": b'{"id":"\\u0000"}',
    "sixteen megabytes": b"x" * SIXTEEN_MB,
}


async def test_malformed_and_huge_messages_are_filed_and_their_neighbours_handled_in_order(bench: Bench) -> None:
    """Red when one of them is retried, kept or thrown away, or when a neighbour waits for it: one is in hand at a time."""
    async with bench.consuming(Subscription(WORK, open_workspace, prefetch=1)):
        await bench.deliver(created("before"))
        for name, body in MALFORMED.items():
            await bench.deliver_bytes(body, message_id=name)
            await bench.deliver(created(f"after {name}"))
        await bench.deliver(prices(), queue=WORK)
        await eventually(_filed(bench, len(MALFORMED) + 1))
    assert await bench.effects() == ["before", *(f"after {name}" for name in MALFORMED)]
    found = {letter.message_key: (letter.cause, letter.size_bytes) for letter in await _letters(bench)}
    expected = {name: ("malformed", len(body)) for name, body in MALFORMED.items()}
    expected["sixteen megabytes"] = ("too_large", SIXTEEN_MB)
    assert {name: found[name] for name in MALFORMED} == expected
    assert "unexpected_type" in {cause for cause, _ in found.values()}, "a message in the wrong queue is nobody's"


async def test_a_message_without_an_id_is_filed_under_its_content(bench: Bench, server_pair: Pair) -> None:
    """Red when two different ones overwrite each other, or one delivered twice is filed twice."""
    filed = REGISTRY.get_sample_value
    before = filed("dead_letters_total", {"queue": WORK}) or 0
    async with bench.consuming(Subscription(WORK, open_workspace)):
        for body in ("one", "two", "two"):
            await _publish_without_id(server_pair, bench, body)
        await eventually(lambda: filed("dead_letters_total", {"queue": WORK}) == before + 3)
    assert len(await _letters(bench)) == 2


async def _publish_without_id(servers: Pair, bench: Bench, body: str) -> None:
    """Through the management API: our client gives every message an id."""
    vhost = bench.amqp_url.rpartition("/")[2]
    message = {"properties": {}, "routing_key": WORK, "payload": body, "payload_encoding": "string"}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as api:
        url = f"{servers.management_url}/api/exchanges/{vhost}/amq.default/publish"
        answer = await api.post(url, json=message)
        assert answer.json() == {"routed": True}


async def _empty(bench: Bench, queue: str) -> bool:
    return await bench.waiting_in(queue) == 0


async def test_the_use_case_speaks_of_its_dead_in_the_transaction_that_files_them(bench: Bench) -> None:
    """`on_dead` and the row are one. Red when it runs in a transaction of its own: here it fails once, and files nothing."""
    failures, seen = [RuntimeError("not yet")], list[int]()

    async def on_dead(event: Event, message: Message, uow: UnitOfWork, error: str) -> None:
        uow.publish(prices(), tenant_id=message.tenant_id)
        await uow.conn.execute(EFFECTS.insert().values(name=error))
        seen.append((await uow.conn.execute(select(func.count()).select_from(TABLES.dead_letters))).scalar_one())
        if failures:
            assert await bench.count(TABLES.dead_letters) == 0
            raise failures.pop()

    async with bench.consuming(Subscription(WORK, refuses, on_dead=on_dead)):
        await bench.deliver(created())
        await eventually(_filed(bench, 1))
    assert await bench.effects() == ["Acme will never do"]
    assert await bench.count(TABLES.outbox) == 1
    assert seen == [1, 1], "it sees the row that is not committed yet"


async def test_a_use_case_that_cannot_speak_of_its_dead_does_not_hide_the_letters_behind(bench: Bench) -> None:
    """Red when the undertaker tries for ever: one letter is in its hands at a time."""

    async def on_dead(event: Event, message: Message, uow: UnitOfWork, error: str) -> None:
        raise KeyError("broken")

    async with bench.consuming(Subscription(WORK, refuses, on_dead=on_dead)):
        # As if the broker had given it out often enough before.
        await bench.deliver(created("first"))
        await eventually(_filed(bench, 1))
    (letter,) = await _letters(bench)
    assert "what should follow from it failed: KeyError: 'broken'" in letter.last_error
    assert TRIES_OF_ON_DEAD > 1


async def test_a_letter_waits_in_its_queue_while_the_database_is_away(bench: Bench) -> None:
    """Red when the undertaker acks what it could not file."""
    async with bench.consuming(Subscription(WORK, refuses), file_the_dead=False):
        await bench.deliver(created())
        await eventually(lambda: _holds_one(bench, dead_queue(WORK)))
    async with bench.engine.begin() as conn:
        await conn.exec_driver_sql("ALTER TABLE ingest.dead_letters RENAME TO away")
    async with bench.consuming(Subscription(WORK, refuses)):
        await eventually(lambda: _empty(bench, dead_queue(WORK)))
    assert await bench.waiting_in(dead_queue(WORK)) == 1
    async with bench.engine.begin() as conn:
        await conn.exec_driver_sql("ALTER TABLE ingest.away RENAME TO dead_letters")
    async with bench.consuming(Subscription(WORK, refuses)):
        await eventually(_filed(bench, 1))


async def _holds_one(bench: Bench, queue: str) -> bool:
    return await bench.waiting_in(queue) == 1


async def _one_dead(bench: Bench, *, age: timedelta = timedelta(0)) -> UUID:
    async with bench.consuming(Subscription(WORK, refuses)):
        await bench.deliver(envelope_of(created(), occurred_at=utc_now() - age))
        await eventually(_filed(bench, 1))
    return (await _letters(bench))[0].id


async def test_the_first_letter_of_a_queue_is_an_increase_and_open_ones_are_counted_unasked(bench: Bench) -> None:
    """Red when the series begins with the letter (an alert on its increase stays silent), or is set only by who asks."""
    queue = "ingest.never_subscribed_before"
    Undertaker(Subscription(queue, refuses), open_uow=bench.open_uow)
    assert REGISTRY.get_sample_value("dead_letters_total", {"queue": queue}) == 0
    async with bench.consuming(Subscription(WORK, refuses)):
        await bench.deliver(created())
        await eventually(_filed(bench, 1))
    relay = Relay(service=SERVICE, open_uow=bench.open_uow, bus=bench.bus, listener=None)
    relay.stop()
    await asyncio.wait_for(relay.run(), PATIENCE_S)
    assert REGISTRY.get_sample_value("dead_letters_open_rows", {"service": SERVICE}) == 1


async def test_a_replayed_letter_is_handled_with_its_attempts_at_zero(bench: Bench) -> None:
    """Red when replay keeps the attempts, or leaves the letter open."""
    letter_id = await _one_dead(bench)
    await dead_letters.replay(bench.open_uow, bench.bus, letter_id, now=utc_now())
    assert await _letters(bench) == []
    async with bench.consuming(Subscription(WORK, open_workspace)):
        await eventually(lambda: _effects(bench, ["Acme"]))
    with pytest.raises(Conflict, match="replayed already"):
        await dead_letters.replay(bench.open_uow, bench.bus, letter_id, now=utc_now())


async def _effects(bench: Bench, expected: list[str]) -> bool:
    return await bench.effects() == expected


async def test_a_letter_that_dies_again_is_the_same_row_and_open_again(bench: Bench) -> None:
    """Red when the second death makes a second row, or is lost in the closed first one."""
    letter_id = await _one_dead(bench)
    await dead_letters.replay(bench.open_uow, bench.bus, letter_id, now=utc_now())
    async with bench.consuming(Subscription(WORK, refuses)):
        await eventually(_filed(bench, 1))
    (letter,) = await _letters(bench)
    assert letter.id == letter_id
    assert letter.resolution is None
    assert await bench.count(TABLES.dead_letters) == 1


class _DiesAgainAtOnce(Bus):
    """A bus on which the copy has died again before the replay has heard of its confirm."""

    bench: Bench

    async def publish_to_queue(self, queue: str, body: bytes, **more: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - the test's own
        await super().publish_to_queue(queue, body, **more)  # pyright: ignore[reportArgumentType] - passed through
        before = (await _letters(self.bench))[0].died_at
        async with self.bench.consuming(Subscription(WORK, refuses)):
            await eventually(lambda: _died_after(self.bench, before))


async def _died_after(bench: Bench, before: object) -> bool:
    return (await _letters(bench))[0].died_at != before


async def test_a_letter_that_dies_again_during_its_replay_stays_open(bench: Bench) -> None:
    """Red when the replay closes the row by its id alone: the second death would be out of sight."""
    letter_id = await _one_dead(bench)
    bus = _DiesAgainAtOnce(bench.amqp_url, service=SERVICE)
    bus.bench = bench
    await bus.connect()
    await dead_letters.replay(bench.open_uow, bus, letter_id, now=utc_now())
    await bus.close()
    assert [letter.id for letter in await _letters(bench)] == [letter_id]


async def test_a_discarded_letter_is_closed_for_good(bench: Bench) -> None:
    """Red when it can be replayed (or discarded) afterwards."""
    letter_id = await _one_dead(bench)
    async with bench.open_uow() as uow:
        await dead_letters.discard(uow.conn, TABLES.dead_letters, letter_id)
    assert await _letters(bench) == []
    with pytest.raises(Conflict, match="discarded already"):
        await dead_letters.replay(bench.open_uow, bench.bus, letter_id, now=utc_now())
    assert await bench.waiting_in(WORK) == 0


async def test_what_is_older_than_the_inbox_remembers_is_not_replayed(bench: Bench) -> None:
    """Inbox rows live 30 days: an older message could be handled twice. Red without the age check."""
    letter_id = await _one_dead(bench, age=timedelta(days=30, minutes=1))
    with pytest.raises(Conflict, match="older than 30 days"):
        await dead_letters.replay(bench.open_uow, bench.bus, letter_id, now=utc_now())
    assert await bench.waiting_in(WORK) == 0


async def test_an_unknown_letter_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound):
        await dead_letters.replay(bench.open_uow, bench.bus, UUID(int=1), now=utc_now())
