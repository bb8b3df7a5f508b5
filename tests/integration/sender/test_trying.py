"""People try mailboxes and send themselves tests: some at once, then at a pace, counted together by all replicas."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.common.errors import RateLimited
from libs.common.uow import UnitOfWorkFactory
from services.sender.domain.mailboxes.trying import ALLOWED, Tried
from services.sender.use_cases.limit_tries import limit_tries
from tests.integration.sender.office import view_of
from tests.integration.sender.world import World

TRIAL = ALLOWED["trial"]


async def tried(world: World, *, mailbox: World | None = None, what: Tried = "trial") -> int:
    """0 when it is allowed, otherwise after how many seconds it is."""
    view = await view_of(world, (mailbox or world).mailbox_id)
    try:
        async with world.open_uow() as uow:
            await limit_tries(uow, view, workspace_id=world.workspace_id, what=what, now=world.now)
    except RateLimited as error:
        wait = error.extra["retry_after_s"]
        return wait if isinstance(wait, int) else -1
    return 0


async def test_some_are_allowed_at_once_and_then_one_after_each_pause(world: World) -> None:
    """Red when a refused try counts, or the time that is told is not the time at which it is allowed."""
    assert [await tried(world) for _ in range(TRIAL.at_once)] == [0] * TRIAL.at_once
    wait = await tried(world)
    assert wait == await tried(world) == TRIAL.every.total_seconds()
    world.later(seconds=wait - 1)
    assert await tried(world) == 1
    world.later(seconds=1)
    assert await tried(world) == 0
    assert await tried(world) > 0


async def test_each_workspace_and_each_kind_is_counted_for_itself(world: World) -> None:
    """Red when a stranger's tries through the settings' mailbox are counted as ours."""
    other = await World(world.open_uow).open()
    for _ in range(TRIAL.at_once):
        await tried(world)
    assert await tried(world) > 0
    assert await tried(other, mailbox=world) == 0
    assert await tried(world, what="test_mail") == 0


async def test_of_many_at_the_same_moment_only_so_many_are_allowed(world: World) -> None:
    """Red when two replicas each read before the other has written."""
    done = await asyncio.gather(*(tried(world) for _ in range(20)))
    assert sorted(wait > 0 for wait in done) == [False] * TRIAL.at_once + [True] * (20 - TRIAL.at_once)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(waits=st.lists(st.integers(0, 100), min_size=5, max_size=25))
async def test_no_stretch_of_time_has_more_than_was_allowed(open_uow: UnitOfWorkFactory, waits: list[int]) -> None:
    """Red when what was not used yesterday is added to what is allowed today."""
    world = await World(open_uow).open()
    allowed = []
    for wait in waits:
        world.later(seconds=wait)
        if await tried(world) == 0:
            allowed.append(world.now)
    for first, begins in enumerate(allowed):
        for last in range(first, len(allowed)):
            most = TRIAL.at_once + (allowed[last] - begins) / TRIAL.every
            assert last - first + 1 <= most


@pytest.mark.parametrize("what", ALLOWED)
def test_nobody_waits_for_longer_than_a_minute(what: Tried) -> None:
    assert timedelta(0) < ALLOWED[what].every <= timedelta(minutes=1)
