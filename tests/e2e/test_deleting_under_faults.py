"""A workspace is deleted while processes die or are away: nothing is left of it, and what was delivered is charged once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from uuid import UUID

import asyncpg
import pytest

from deploy.local.services import SERVICES
from deploy.local.stack import LocalStack
from tests.e2e.test_deleting_a_workspace import KEPT, age, done_with, files_of, is_so, left_of
from tests.e2e.test_faults import begin
from tests.support.journey import User
from tests.support.operations import dead_letters_of
from tests.support.waiting import eventually
from tests.support.world import World

BURIED = "SELECT count(*) FROM {}.deleted_workspaces WHERE workspace_id = $1"
ERASED = "SELECT count(*) FROM {}.deleted_workspaces WHERE workspace_id = $1 AND erased_at IS NOT NULL"
OPEN_HOLDS = "SELECT count(*) FROM billing.holds WHERE workspace_id = $1 AND state IN ('held', 'settling')"
MAILS = "SELECT count(*) FROM gateway.mails WHERE kind = 'workspace_erased' AND address = $1"
ALL = tuple(sorted(SERVICES))


@pytest.fixture
async def database(stack: LocalStack) -> AsyncGenerator[asyncpg.Connection]:
    connection = await asyncpg.connect(stack.database_url)
    yield connection
    await connection.close()


async def delete(user: User) -> str:
    """Answers the address that is told of the end."""
    address = (await user.ask("GET", "/v1/me"))["email"]
    deleted = await user.ask("DELETE", "/v1/workspace", params={"name": "Test"})
    assert deleted["id"] == user.workspace_id
    return address


async def buried_in(database: asyncpg.Connection, service: str, workspace_id: str) -> None:
    await eventually(lambda: is_so(database, BURIED.format(service), UUID(workspace_id)), within_s=60, every_s=0.02)


async def check_nothing_is_left(stack: LocalStack, user: User, database: asyncpg.Connection, *, address: str) -> None:
    await done_with(database, user.workspace_id)
    assert set(await left_of(database, user.workspace_id)) <= KEPT
    assert not files_of(stack, {user.workspace_id})
    assert not await database.fetchval(OPEN_HOLDS, UUID(user.workspace_id))
    assert await database.fetchval(MAILS, address) == 1
    for service in ALL:
        assert await dead_letters_of(stack, service) == [], service


@pytest.mark.timeout(300)
async def test_every_service_is_killed_in_the_middle_of_a_deletion(
    stack: LocalStack, user: User, world: World, database: asyncpg.Connection
) -> None:
    """Each as soon as it has heard of it, with a job under way. Red when the tombstone is not written with the inbox, when a
    pass is not gone on with, when a hold never closes, or when the end is told twice."""
    job_id = await begin(user, world)
    upload_id = (await user.job(job_id))["upload_id"]
    address = await delete(user)
    for service in ALL:
        await buried_in(database, service, user.workspace_id)
        await stack.kill(service)
    for service in ALL:
        await stack.start_service(service)
    await age(database, user.workspace_id)
    await check_nothing_is_left(stack, user, database, address=address)
    assert not files_of(stack, {job_id, upload_id})


@pytest.mark.timeout(300)
@pytest.mark.parametrize("away", ["sender", "ingest"])
async def test_a_service_that_is_away_is_waited_for(
    stack: LocalStack, user: User, database: asyncpg.Connection, away: str
) -> None:
    """The message lies in its queue. Red when it goes while nobody listens, or when the end is told without the service."""
    upload = await user.upload("leads.csv", b"email\nada@away.example\n")
    await stack.kill(away)
    try:
        address = await delete(user)
        others = [service for service in ALL if service != away]
        for service in others:
            await buried_in(database, service, user.workspace_id)
        await age(database, user.workspace_id)
        for service in others:
            query = ERASED.format(service)
            await eventually(lambda query=query: is_so(database, query, UUID(user.workspace_id)), within_s=60)
        assert not await database.fetchval(BURIED.format(away), UUID(user.workspace_id))
        assert not await database.fetchval(MAILS, address)
    finally:
        await stack.start_service(away)
    await buried_in(database, away, user.workspace_id)
    await age(database, user.workspace_id)
    await check_nothing_is_left(stack, user, database, address=address)
    assert not files_of(stack, {upload["id"]})
