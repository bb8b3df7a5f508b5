"""What campaigns say of themselves: that they begin and that they are finished, once each time, with what changes them."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
import sqlalchemy as sa

from libs.common.errors import Conflict
from services.sender.domain.sending import Accepted, Refused
from services.sender.repositories.claims import Claim
from services.sender.repositories.dead_letters import Which
from services.sender.use_cases.check_campaign import PAGE
from services.sender.use_cases.continue_starts import continue_start
from services.sender.use_cases.delete_workspace import delete_workspace
from services.sender.use_cases.end_campaign import end_campaign
from services.sender.use_cases.replay_dead_letters import replay_dead_letters
from services.sender.use_cases.start_campaign import start_campaign
from tests.integration.sender.world import WRITER, World, recipient

PERSON = uuid4()
STARTED = ("sender.campaign.started", None)
FINISHED = ("sender.campaign.finished", False)
ENDED = ("sender.campaign.finished", True)


async def told(world: World) -> list[tuple[str, bool | None]]:
    """What was said of the world's campaign, in order; each is the workspace's, and has the campaign's name."""
    body = sa.text(
        "SELECT said FROM (SELECT id, convert_from(body, 'UTF8')::jsonb AS said FROM sender.outbox"
        " WHERE routing_key LIKE 'sender.campaign.%') AS told WHERE said -> 'data' ->> 'campaign_id' = :id ORDER BY id"
    )
    async with world.open_uow() as uow:
        said = list((await uow.conn.execute(body, {"id": str(world.campaign_id)})).scalars())
    for one in said:
        assert (one["tenant_id"], one["correlation_id"]) == (str(world.workspace_id), str(world.campaign_id))
        assert one["data"]["name"]
    return [(one["type"], one["data"].get("ended_by_person")) for one in said]


async def end(world: World) -> None:
    async with world.open_uow() as uow:
        more = {"workspace_id": world.workspace_id, "campaign_id": world.campaign_id}
        await end_campaign(uow, **more, ended_by=PERSON, now=world.now)


async def test_a_campaign_says_once_that_it_begins_and_once_that_nobody_is_left(world: World) -> None:
    """Red when a second click on Start or a second planner says it again, or a pause counts as an end."""
    await world.draft(await world.list_of(recipient(1)))
    assert await told(world) == []
    await asyncio.gather(*(world.start() for _ in range(5)))
    await world.pause()
    await world.start()
    await world.plan()
    assert await told(world) == [STARTED]
    claim = await world.claim_one()
    await world.begin(claim)
    await world.record(claim, Accepted("250 OK"))
    for _ in range(3):
        await world.plan()
    assert await told(world) == [STARTED, FINISHED]


async def test_a_long_list_begins_when_all_of_it_is_in(world: World) -> None:
    """Red when it is said as somebody presses Start, or by each page."""
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 2 * PAGE + 1))))
    more = {"workspace_id": world.workspace_id, "campaign_id": world.campaign_id}
    await start_campaign(world.open_uow, **more, writer=WRITER, clock=world.clock, rows=PAGE)
    assert await told(world) == []
    while await continue_start(world.open_uow, writer=WRITER, clock=world.clock):
        continue
    assert await told(world) == [STARTED]


async def test_a_start_that_comes_to_nothing_says_nothing(world: World) -> None:
    """Red when it is said before anybody is known to be in."""
    await world.suppress(recipient(1).email)
    await world.draft(await world.list_of(recipient(1)))
    with pytest.raises(Conflict):
        await world.start()
    assert await told(world) == []


async def test_ten_clicks_that_end_a_campaign_say_so_once(world: World) -> None:
    """Red when a click that changes nothing says something, or it looks as if it had ended by itself."""
    await world.running(leads=2)
    await asyncio.gather(*(end(world) for _ in range(10)))
    await world.plan()
    assert await told(world) == [STARTED, ENDED]


async def test_a_draft_that_is_ended_says_so(world: World) -> None:
    """Red when only what has begun is told of."""
    await world.draft(await world.list_of(recipient(1)))
    await end(world)
    assert await told(world) == [ENDED]


async def test_one_that_goes_on_for_failed_mail_begins_again_and_ends_again(world: World) -> None:
    """Red when a listener hears of a second end with nothing that began, or of a beginning by mail of one that runs."""
    await world.running(leads=2)
    for claim in await world.claim(limit=2):
        await world.begin(claim)
        await world.record(claim, Refused("550 policy"))
    await _replay(world)
    assert await told(world) == [STARTED], "it was not finished"
    for claim in await _claimed(world):
        await world.begin(claim)
        await world.record(claim, Refused("550 policy"))
    await world.plan()
    await _replay(world)
    assert await told(world) == [STARTED, FINISHED, STARTED]


async def test_a_workspace_that_is_deleted_says_nothing_of_its_campaigns(world: World) -> None:
    """Red when the history of a workspace that is gone begins anew."""
    await world.running(leads=1)
    async with world.open_uow() as uow:
        await delete_workspace(world.workspace_id, uow=uow, now=world.now)
    assert not await world.is_open()
    assert await told(world) == [STARTED]


async def _claimed(world: World) -> list[Claim]:
    await world.plan()
    return await world.claim(limit=2)


async def _replay(world: World) -> None:
    async with world.open_uow() as uow:
        await replay_dead_letters(uow, Which(world.workspace_id, state="open"), made_by=PERSON, now=world.now)
