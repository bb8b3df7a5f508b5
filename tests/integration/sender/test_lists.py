"""A finished list arrives in parts: any order, any number of times, and it is ready when all are in."""

from __future__ import annotations

import asyncio
import itertools
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.contracts.ingest import Recipient, RecipientsPublished
from libs.common.errors import Conflict, Invalid
from libs.common.ids import new_id
from services.sender.repositories import leads as people
from services.sender.repositories import lists
from services.sender.repositories import recipients as rows
from services.sender.repositories.lists import ListRow
from services.sender.tables import leads, recipients, templates, workspaces
from services.sender.use_cases.change_list_settings import change_list_settings
from services.sender.use_cases.import_recipients import import_recipients
from services.sender.use_cases.open_workspace import open_workspace
from tests.integration.sender.world import World, recipient


def part(list_id: UUID, part_no: int, *recipients: Recipient, parts: int = 3) -> RecipientsPublished:
    return RecipientsPublished(
        list_id=list_id, list_name="Leads", part_no=part_no, parts=parts, recipients=list(recipients)
    )


async def arrive(world: World, event: RecipientsPublished) -> None:
    async with world.open_uow() as uow:
        await import_recipients(event, uow=uow, workspace_id=world.workspace_id, now=world.now)


async def seen(world: World, list_id: UUID) -> ListRow:
    async with world.open_uow() as uow:
        row = await lists.load_list(uow.conn, workspace_id=world.workspace_id, list_id=list_id)
    assert row is not None
    return row


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_parts_in_any_order_make_the_same_list(world: World, order: tuple[int, ...]) -> None:
    """Red when readiness depends on the last part's number."""
    list_id = new_id()
    for step, number in enumerate(order):
        await arrive(world, part(list_id, number, recipient(2 * number + 1), recipient(2 * number + 2)))
        await arrive(world, part(list_id, number, recipient(2 * number + 1), recipient(2 * number + 2)))
        assert (await seen(world, list_id)).state == ("ready" if step == 2 else "receiving")
    row = await seen(world, list_id)
    assert (row.recipients_count, row.sandboxed_count) == (6, 6)


async def test_a_list_keeps_the_name_it_was_given_while_its_parts_arrive(world: World) -> None:
    """Red when the next part brings the old name back."""
    list_id = new_id()
    await arrive(world, part(list_id, 0, recipient(1), parts=2))
    async with world.open_uow() as uow:
        await change_list_settings(uow, list_id, workspace_id=world.workspace_id, name="October", keeps_roles=None)
    await arrive(world, part(list_id, 1, recipient(2), parts=2))
    row = await seen(world, list_id)
    assert (row.name, row.state, row.keeps_roles) == ("October", "ready", False)


async def test_a_part_that_comes_twice_counts_once_without_any_inbox(world: World) -> None:
    """Red when parts are counted without their natural key: the use case never sees the inbox here."""
    list_id = new_id()
    for _ in range(3):
        await arrive(world, part(list_id, 0, recipient(1), parts=2))
    row = await seen(world, list_id)
    assert (row.state, row.parts_received, row.recipients_count) == ("receiving", 1, 1)


async def test_a_list_without_recipients_is_ready_at_once(world: World) -> None:
    list_id = new_id()
    await arrive(world, part(list_id, 0, parts=0))
    await arrive(world, part(list_id, 0, parts=0))
    assert (await seen(world, list_id)).state == "ready"


async def test_another_workspaces_part_is_refused(world: World) -> None:
    """Red when a list is found by its id alone."""
    list_id = new_id()
    await arrive(world, part(list_id, 0, recipient(1)))
    stranger = World(world.open_uow)
    with pytest.raises(Conflict, match="another workspace"):
        await arrive(stranger, part(list_id, 1, recipient(2)))
    with pytest.raises(Conflict, match="number of parts"):
        await arrive(world, part(list_id, 1, recipient(2), parts=4))
    with pytest.raises(Conflict, match="beyond"):
        await arrive(world, part(list_id, 3, recipient(2)))


async def test_addresses_are_kept_in_one_spelling_and_bad_ones_set_aside(world: World) -> None:
    list_id = new_id()
    sent = [
        recipient(1, email="  Ann.Lee@Company.EXAMPLE "),
        recipient(2, email="nobody at all"),
        recipient(3, email="ü@company.example"),
        recipient(4, email="ann@bücher.example"),
    ]
    await arrive(world, part(list_id, 0, *sent, parts=1))
    async with world.open_uow() as uow:
        query = sa.select(recipients.c.email, recipients.c.set_aside).where(recipients.c.list_id == list_id)
        found = [tuple(row) for row in await uow.conn.execute(query.order_by(recipients.c.row_no))]
    assert found == [
        ("ann.lee@company.example", None),
        ("nobody at all", "invalid_address"),
        ("ü@company.example", "invalid_address"),
        ("ann@xn--bcher-kva.example", None),
    ]
    async with world.open_uow() as uow:
        counts = await rows.set_aside_counts(uow.conn, [list_id])
    assert counts == {list_id: {"invalid_address": 2}}


async def test_a_workspace_opened_twice_has_one_default_template(world: World) -> None:
    """Red when the second delivery, with the inbox emptied, seeds again."""
    event = WorkspaceCreated(workspace_id=uuid4(), name="W", owner_user_id=uuid4(), time_zone="Europe/Berlin")
    for _ in range(2):
        async with world.open_uow() as uow:
            await open_workspace(event, uow=uow)
    async with world.open_uow() as uow:
        count = sa.select(sa.func.count()).where(templates.c.workspace_id == event.workspace_id)
        assert (await uow.conn.execute(count)).scalar_one() == 1
        zone = sa.select(workspaces.c.time_zone).where(workspaces.c.id == event.workspace_id)
        assert (await uow.conn.execute(zone)).scalar_one() == "Europe/Berlin"


async def test_a_time_zone_that_nobody_knows_is_refused(world: World) -> None:
    event = WorkspaceCreated(workspace_id=uuid4(), name="W", owner_user_id=uuid4(), time_zone="Mars/Olympus")
    with pytest.raises(Invalid, match="Mars/Olympus"):
        async with world.open_uow() as uow:
            await open_workspace(event, uow=uow)


async def people_of(world: World) -> dict[str, UUID]:
    query = sa.select(leads.c.email, leads.c.id).where(leads.c.workspace_id == world.workspace_id)
    async with world.open_uow() as uow:
        return {row.email: row.id for row in await uow.conn.execute(query)}


async def rows_of(world: World, list_id: UUID) -> list[rows.Recipient]:
    async with world.open_uow() as uow:
        return await rows.page(uow.conn, list_id=list_id, after_row=0, limit=1000)


async def test_a_person_of_two_lists_is_one_lead(world: World) -> None:
    """Red when each row makes a person of its own: what they had of one campaign would not be known to the next."""
    first = await world.list_of(recipient(1), recipient(2, email="nobody at all"))
    second = await world.list_of(recipient(7, email=" LEAD1@company1.example"), recipient(8))
    known = await people_of(world)
    assert set(known) == {"lead1@company1.example", "lead8@company8.example"}
    lead = known["lead1@company1.example"]
    assert [row.lead_id for row in await rows_of(world, first)] == [lead, None]
    assert (await rows_of(world, second))[0].lead_id == lead


async def test_lists_with_the_same_people_may_arrive_at_once(world: World) -> None:
    """Red when people are added in the order of their rows: two lists in opposite orders deadlock."""
    there = [f"p{n}@many.example" for n in range(3000)]

    async def know(addresses: list[str]) -> int:
        async with world.open_uow() as uow:
            return len(await people.know(uow.conn, workspace_id=world.workspace_id, addresses=addresses))

    assert await asyncio.gather(*(know(some) for some in (there, there[::-1]) * 3)) == [3000] * 6
    assert len(await people_of(world)) == 3000


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_the_first_of_a_persons_rows_is_written_to_in_whatever_order_they_come(
    world: World, order: tuple[int, ...]
) -> None:
    """Red when the row that came first stays, whatever its number."""
    list_id = new_id()
    parts = [(recipient(1), recipient(2, email="same@x.example")), (recipient(3, email="Same@x.example"),)]
    parts.append((recipient(4, email="same@X.example "), recipient(5, email="lead1@company1.example")))
    for number in order:
        for _ in range(2):
            await arrive(world, part(list_id, number, *parts[number]))
    found = {row.row_no: (row.set_aside, row.duplicate_of) for row in await rows_of(world, list_id)}
    assert found == {
        1: (None, None),
        2: (None, None),
        3: ("duplicate", 2),
        4: ("duplicate", 2),
        5: ("duplicate", 1),
    }
