"""Webhooks of people who mean no good, or who do two things at once."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from sqlalchemy import text

from libs.common.clock import utc_now
from libs.common.contracts.billing import BalanceLow
from libs.common.db import make_engine
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from services.gateway.domain.webhooks import FAILING_FOR, MOST_AT_ONE, Answer, Outcome
from services.gateway.repositories import webhook_deliveries, webhooks
from services.gateway.tables import COMMON
from services.gateway.use_cases.change_webhook import change_webhook, delete_webhook
from services.gateway.use_cases.deliver_webhook import claim_webhooks
from tests.integration.gateway.webhook_room import Room, receiving
from tests.support.waiting import PATIENCE_S

LOW = BalanceLow(threshold=100, available=40, crossing=1)
NOWHERE = "http://127.0.0.1:9/hook"


@pytest.fixture
async def room(own_database: str) -> AsyncGenerator[Room]:
    engine = make_engine(normalise_database_url(own_database), pool_size=6, service="gateway")
    yield Room(UnitOfWorkFactory(engine, COMMON))
    await engine.dispose()


@pytest.mark.parametrize("failing", [False, True])
async def test_who_has_much_waiting_and_hangs_gives_the_next_free_hand_to_others(room: Room, *, failing: bool) -> None:
    """Red when a hand that comes free goes back to endpoints that hang, as long as what waits for them is older."""
    at = utc_now()
    for number in range(4):
        workspace_id = await room.workspace(f"hangs-{number}@hooks.example")
        endpoint_id, _ = await room.endpoint(workspace_id, NOWHERE)
        for _ in range(MOST_AT_ONE + 3):
            await room.tell(LOW, workspace_id)
        if failing:
            async with room.open_uow() as uow:
                await webhooks.note_failure(uow.conn, endpoint_id, now=at)
    hands = 4 if failing else 4 * MOST_AT_ONE
    held = list(await claim_webhooks(most=hands, now=utc_now(), open_uow=room.open_uow))
    assert len(held) == hands
    honest = await room.workspace("honest@hooks.example")
    endpoint_id, _ = await room.endpoint(honest, NOWHERE)
    await room.tell(LOW, honest)
    async with room.open_uow() as uow:
        ended = held.pop()
        now = utc_now()
        outcome = Outcome("waiting", now + timedelta(hours=1)) if failing else Outcome("delivered")
        await webhook_deliveries.record(uow.conn, ended, outcome, answer=Answer(200), now=now)
    (got,) = await claim_webhooks(most=1, now=utc_now(), open_uow=room.open_uow)
    assert got.endpoint_id == endpoint_id


async def until_somebody_waits(room: Room) -> None:
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(PATIENCE_S), room.open_uow.alone() as conn:
        while not (await conn.execute(query)).scalar_one():
            await asyncio.sleep(0)


async def test_an_endpoint_is_deleted_while_a_failure_of_it_is_recorded(room: Room) -> None:
    """Red when the record takes the delivery first and the endpoint second, and the deletion the other way round: a deadlock."""
    workspace_id = await room.workspace("both@hooks.example")
    endpoint_id, _ = await room.endpoint(workspace_id, NOWHERE)
    await room.tell(LOW, workspace_id)
    (claimed,) = await claim_webhooks(most=1, now=utc_now(), open_uow=room.open_uow)

    async def delete() -> None:
        async with room.open_uow() as uow:
            await delete_webhook(workspace_id, endpoint_id, uow=uow)

    async with room.open_uow() as uow:
        now = utc_now()
        failed = Outcome("waiting", now + timedelta(hours=1))
        assert await webhook_deliveries.record(uow.conn, claimed, failed, answer=Answer(500), now=now)
        acting = asyncio.create_task(delete())
        await until_somebody_waits(room)
        await webhooks.note_failure(uow.conn, endpoint_id, now=now)
    await acting
    assert await room.deliveries(endpoint_id) == []


async def test_an_endpoint_that_moves_begins_afresh(room: Room) -> None:
    """Red when what an address has failed for counts against the next one."""
    workspace_id = await room.workspace("moved@hooks.example")
    async with receiving(500) as broken, receiving(500) as moved:
        endpoint_id, _ = await room.endpoint(workspace_id, broken.url)
        await room.tell(LOW, workspace_id)
        at = utc_now()
        await room.run(at=at)
        async with room.open_uow() as uow:
            await change_webhook(
                workspace_id,
                endpoint_id,
                url=moved.url,
                description=None,
                events=None,
                enabled=None,
                now=at,
                loopback=True,
                uow=uow,
            )
        await room.run(at=at + FAILING_FOR + timedelta(minutes=1))
        assert len(moved.heard) == 1
    assert (await room.shown(endpoint_id)).enabled
