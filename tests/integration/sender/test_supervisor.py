"""Sending loops: where there is work, under the mailbox's own name, as many as there are places, and nobody starves."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest

from libs.common.listener import Listener
from services.sender.clients.provider_places import ProviderPlaces
from services.sender.in_flight import supervisor as module
from services.sender.in_flight.outlets import Outlets
from services.sender.in_flight.supervisor import Places, Supervisor
from services.sender.repositories import outgoing
from services.sender.repositories.workspaces import load_mailbox
from services.sender.use_cases.make_dkim_key import make_dkim_key, records_of
from services.sender.use_cases.open_mailbox import Opener
from tests.integration.sender.office import add, mailroom, opener, view_of, wish
from tests.integration.sender.providers import Providers
from tests.integration.sender.servers import Inbox, listening
from tests.integration.sender.world import TIMING, World, recipient, with_mailbox
from tests.support.dkim_verifier import verify
from tests.support.waiting import eventually


@pytest.fixture
async def listener(module_database: str) -> AsyncGenerator[Listener]:
    made = Listener(module_database, service="sender")
    await made.start()
    yield made
    await made.stop()


@dataclass
class Loops:
    """Stands for the loops: counts who is served, and holds each until it may end."""

    running: Counter[UUID] = field(default_factory=Counter[UUID])
    begun: list[UUID] = field(default_factory=list[UUID])
    most: int = 0
    held: bool = True
    failing: set[UUID] = field(default_factory=set[UUID])

    async def run(self, mailbox_id: UUID, leave: Callable[[], bool]) -> None:
        self.begun.append(mailbox_id)
        if mailbox_id in self.failing:
            raise ConnectionError("broken")
        self.running[mailbox_id] += 1
        self.most = max(self.most, self.running.total())
        try:
            while self.held and not leave():
                await asyncio.sleep(0.01)
        finally:
            self.running[mailbox_id] -= 1


async def mailbox_with_work(world: World, *, leads: int, port: int = 2525) -> World:
    """A workspace of its own with a mailbox of its own, and so many mails due through it."""
    fresh = await World(world.open_uow, now=world.now).open()
    made = await add(fresh, wish(port))
    mine = with_mailbox(fresh, made.id)
    rows = [recipient(n, sandboxed=False, email=f"l{n}@{made.id.hex[:12]}.example") for n in range(1, leads + 1)]
    await mine.draft(await mine.list_of(*rows))
    await mine.start()
    await fresh.plan()
    return mine


def supervisor(world: World, loops: Loops, listener: Listener, *, per_mailbox: int = 2, total: int = 3) -> Supervisor:
    places = Places(per_mailbox, total, batch=2)
    return Supervisor(
        world.open_uow,
        loops.run,
        places=places,
        call_s=TIMING.call_s,
        clock=world.clock,
        listener=listener,
        stopping=asyncio.Event(),
    )


async def with_work(world: World) -> dict[UUID, int]:
    async with world.open_uow() as uow:
        found = await outgoing.with_work(uow.conn, now=world.now, call_s=TIMING.call_s, most=4)
    return {work.mailbox_id: work.mails for work in found}


async def test_only_mailboxes_that_may_send_and_have_due_mail_have_work(world: World) -> None:
    """Red when a paused or resting mailbox, or one without due mail, gets a connection."""
    busy, idle = await mailbox_with_work(world, leads=9), await add(world, wish())
    found = await with_work(world)
    assert found[busy.mailbox_id] == 4, "counted up to the bound"
    assert idle.id not in found
    world.later(days=-1)
    assert busy.mailbox_id not in await with_work(world), "not due yet"


async def test_places_are_bounded_and_shared_before_anybody_gets_a_second(
    world: World, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when one busy mailbox takes all places, or more connections are made than allowed."""
    monkeypatch.setattr(module, "STINT_S", 0.0)
    busy = [await mailbox_with_work(world, leads=8) for _ in range(5)]
    loops = Loops()
    watched = supervisor(world, loops, listener)
    running = asyncio.create_task(watched.run())
    names = {each.mailbox_id for each in busy}
    await eventually(lambda: names <= set(loops.begun))
    assert loops.most <= 3
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert loops.running.total() == 0, "no loop outlives its supervisor"


async def test_one_mailbox_alone_gets_as_many_connections_as_its_mail_is_worth(
    world: World, listener: Listener
) -> None:
    lone, small = await mailbox_with_work(world, leads=8), await mailbox_with_work(world, leads=1)
    loops = Loops()
    watched = supervisor(world, loops, listener, total=100)
    await watched.look()
    await watched.look()
    await eventually(lambda: loops.running[lone.mailbox_id] == 2)
    assert loops.running[small.mailbox_id] == 1
    loops.held = False
    await eventually(lambda: loops.running.total() == 0)


async def test_a_loop_that_falls_over_harms_nobody_else(world: World, listener: Listener) -> None:
    """Red when one mailbox's error ends the supervisor, or is tried again without a pause."""
    broken, well = await mailbox_with_work(world, leads=2), await mailbox_with_work(world, leads=2)
    loops = Loops(failing={broken.mailbox_id})
    watched = supervisor(world, loops, listener, total=100)
    await watched.look()
    await eventually(lambda: loops.running[well.mailbox_id] == 1)
    for _ in range(3):
        await watched.look()
    assert loops.begun.count(broken.mailbox_id) == 1
    loops.held = False
    await eventually(lambda: loops.running.total() == 0)


def outlets(world: World, opening: Opener) -> Outlets:
    async def plan(_workspace_id: UUID) -> bool:
        return bool(await world.plan() or True)

    return Outlets(world.context, opening, plan=plan, stopping=asyncio.Event())


async def test_mail_leaves_under_the_mailboxs_own_name_and_signed(world: World) -> None:
    """Red when own mail bears the settings' name, or the signature does not cover what was sent."""
    inbox = Inbox()
    async with listening(inbox) as port:
        mine = await mailbox_with_work(world, leads=3, port=port)
        async with world.open_uow() as uow:
            signed = await make_dkim_key(
                uow, mine.mailbox_id, workspace_id=mine.workspace_id, mailroom=mailroom(), anew=False
            )
        house = with_mailbox(mine, world.mailbox_id)
        await outlets(house, opener(world)).run(mine.mailbox_id, lambda: False)
    assert len(inbox.recipients) == len(set(inbox.recipients)) == 3
    assert await mine.states() == {"sent": 3}
    mail = inbox.parsed()[0]
    view = await view_of(world, mine.mailbox_id)
    assert mail["From"] == f"Ann Own <{view.address}>"
    assert mail["Message-ID"].endswith("@own.example>")
    assert inbox.connections == 1
    assert signed.dkim is not None
    records = {one.name: one.value for one in records_of(signed.dkim, domain="own.example")}
    assert verify(inbox.mails[0][2], records) == {"rsa-sha256": "pass", "ed25519-sha256": "pass"}


async def test_nothing_leaves_through_a_mailbox_of_other_settings(world: World) -> None:
    """Red when the sandbox's mail would leave through a real mailbox that was set up since."""
    inbox = Inbox()
    async with listening(inbox):
        await world.running(leads=1)
        other = await World(world.open_uow, now=world.now).open()
        await outlets(other, opener(world)).run(world.mailbox_id, lambda: False)
    assert inbox.connections == 0
    assert await world.states() == {"planned": 1}


async def test_what_these_settings_cannot_open_is_said_once_and_shown(world: World, providers: Providers) -> None:
    """Red when the log has it every few seconds, the loop falls over, or the person reads nothing of it."""
    view = await providers.mailbox(world, "sendgrid")
    elsewhere = replace(providers.room, places=ProviderPlaces(sandbox=""))
    of_process = outlets(world, opener(world, elsewhere))
    for _ in range(3):
        await of_process.run(view.id, lambda: False)
    async with world.open_uow() as uow:
        seen = await load_mailbox(uow.conn, view.id)
    assert seen.failures == 1
    assert "there is no sandbox here" in ((await view_of(world, view.id)).trouble or "")
