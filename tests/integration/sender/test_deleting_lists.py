"""Lists go: not under a campaign, not before its end, with their people, and what was sent keeps its proof."""

from __future__ import annotations

import asyncio
import itertools
from uuid import UUID

import pytest
import sqlalchemy as sa

from libs.common.contracts.ingest import CorrectedLine, ListDeleted, RecipientsCorrected, RecipientsPublished
from libs.common.errors import Conflict, NotFound
from libs.common.ids import new_id
from services.sender.domain.sending import Accepted
from services.sender.repositories import lists
from services.sender.repositories.lists import ListRow
from services.sender.tables import emails, enrolments, leads, line_corrections, recipients
from services.sender.use_cases import delete_list as deleting
from services.sender.use_cases.correct_recipients import correct_recipients
from services.sender.use_cases.delete_list import delete_list, erase_lists, take_list_away
from services.sender.use_cases.import_recipients import import_recipients
from services.sender.use_cases.start_campaign import open_start
from tests.integration.sender.world import World, recipient
from tests.support.waiting import eventually


async def delete(world: World, list_id: UUID) -> None:
    async with world.open_uow() as uow:
        await delete_list(uow, list_id, workspace_id=world.workspace_id, now=world.now)


async def take_away(world: World, list_id: UUID) -> None:
    async with world.open_uow() as uow:
        await take_list_away(ListDeleted(list_id=list_id), uow=uow, workspace_id=world.workspace_id, now=world.now)


async def erase(world: World) -> int:
    return await erase_lists(now=world.now, open_uow=world.open_uow)


async def seen(world: World, list_id: UUID) -> ListRow | None:
    async with world.open_uow() as uow:
        return await lists.load_list(uow.conn, workspace_id=world.workspace_id, list_id=list_id)


async def count(world: World, table: sa.Table, list_id: UUID | None = None) -> int:
    """Rows of the list, or of the workspace."""
    mine = table.c.workspace_id == world.workspace_id if list_id is None else table.c.list_id == list_id
    async with world.open_uow() as uow:
        return (await uow.conn.execute(sa.select(sa.func.count()).select_from(table).where(mine))).scalar_one()


async def test_a_list_that_is_written_to_is_not_deleted(world: World) -> None:
    """Active and paused, and it says by which campaigns. Red when rows go that are still to be sent."""
    list_id = await world.list_of(recipient(1), recipient(2))
    await world.draft(list_id)
    await world.start()
    with pytest.raises(Conflict, match="Leads") as raised:
        await delete(world, list_id)
    assert raised.value.code == "list_in_use"
    assert raised.value.extra["campaigns"] == [{"id": str(world.campaign_id), "name": "Leads"}]
    await world.pause()
    with pytest.raises(Conflict):
        await delete(world, list_id)
    assert await erase(world) == 0
    assert await count(world, recipients, list_id) == 2


async def test_a_deleted_list_is_gone_at_once_and_its_rows_and_people_after(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever another list has stays. Red when a row, a person or a corrected line is left, or another list's is gone."""
    monkeypatch.setattr(deleting, "_ROWS_AT_ONCE", 3)
    list_id = await world.list_of(*(recipient(n) for n in range(1, 8)))
    other = await world.list_of(recipient(1), recipient(9, email="lead2@company2.example"))
    line = CorrectedLine(row_no=1, attempt=new_id(), version=1, line="x", status="enriched", sandboxed=True)
    corrected = RecipientsCorrected(list_id=list_id, list_name="Leads", parts=1, lines=[line])
    async with world.open_uow() as uow:
        await correct_recipients(corrected, uow=uow, workspace_id=world.workspace_id)
    await delete(world, list_id)
    assert await seen(world, list_id) is None
    async with world.open_uow() as uow:
        shown = await lists.page_lists(uow.conn, workspace_id=world.workspace_id, before=None, limit=5)
    assert [row.id for row in shown] == [other]
    await delete(world, list_id)
    assert await erase(world) == 1
    assert await erase(world) == 0
    assert await count(world, recipients, list_id) == 0
    assert await count(world, line_corrections, list_id) == 0
    assert await count(world, leads) == 2
    assert await count(world, recipients, other) == 2


async def test_what_was_sent_keeps_its_proof(world: World) -> None:
    """Red when the email, or who it went to, goes with the list; or when its address may be had twice."""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.begin(claim)
    await world.record(claim, Accepted("250 OK"))
    await world.plan()
    async with world.open_uow() as uow:
        (found,) = await lists.page_lists(uow.conn, workspace_id=world.workspace_id, before=None, limit=5)
    await delete(world, found.id)
    await erase(world)
    assert await count(world, recipients, found.id) == 0
    async with world.open_uow() as uow:
        sent = sa.select(emails.c.recipient, emails.c.state, leads.c.email, enrolments.c.position)
        sent = sent.join(leads, leads.c.id == emails.c.lead_id).join(
            enrolments, enrolments.c.id == emails.c.enrolment_id
        )
        row = (await uow.conn.execute(sent.where(emails.c.id == claim.email_id))).one()
    assert tuple(row) == ("lead1@company1.example", "sent", "lead1@company1.example", 1)
    await world.draft(await world.list_of(recipient(5, email="lead1@company1.example")))
    with pytest.raises(Conflict) as raised:
        await world.start()
    assert raised.value.code == "nothing_to_send"


async def test_the_list_of_a_deleted_job_goes_when_nobody_writes_to_it_any_more(world: World) -> None:
    """No campaign begins on it meanwhile. Red when mail that is planned loses its row, or the rows stay for good."""
    list_id = await world.list_of(recipient(1))
    idle = await world.draft(list_id)
    await world.draft(list_id)
    await world.start()
    await world.plan()
    for _ in range(2):
        await take_away(world, list_id)
    assert await erase(world) == 0
    found = await seen(world, list_id)
    assert found is not None
    assert found.delete_asked_at is not None
    with pytest.raises(Conflict) as raised:
        await world.draft(list_id)
    assert raised.value.code == "list_deleted"
    claim = await world.claim_one()
    await world.begin(claim)
    await world.record(claim, Accepted("250 OK"))
    await world.plan()
    assert not await world.is_open()
    assert await erase(world) == 1
    assert await seen(world, list_id) is None
    assert await count(world, recipients, list_id) == 0
    with pytest.raises(Conflict) as raised:
        await world.start(idle)
    assert raised.value.code == "list_deleted"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_parts_and_the_word_that_the_job_is_deleted_come_in_any_order(
    world: World, order: tuple[int, ...]
) -> None:
    """Twice each, without any inbox. Red when a late part brings a deleted list back."""
    list_id = new_id()
    for step in order:
        for _ in range(2):
            if step == 2:
                await take_away(world, list_id)
            else:
                await arrive(world, list_id, step)
    await erase(world)
    for number in range(2):
        await arrive(world, list_id, number)
    assert await seen(world, list_id) is None
    assert await count(world, recipients, list_id) == 0
    assert await count(world, leads) == 0


async def arrive(world: World, list_id: UUID, part_no: int) -> None:
    event = RecipientsPublished(
        list_id=list_id, list_name="L", part_no=part_no, parts=2, recipients=[recipient(part_no + 1)]
    )
    async with world.open_uow() as uow:
        await import_recipients(event, uow=uow, workspace_id=world.workspace_id, now=world.now)


async def test_another_workspaces_list_is_neither_deleted_nor_taken_away(world: World) -> None:
    """Red when a list is deleted by its id alone."""
    list_id = await world.list_of(recipient(1))
    stranger = await World(world.open_uow).open()
    with pytest.raises(NotFound):
        await delete(stranger, list_id)
    with pytest.raises(Conflict, match="another workspace"):
        await take_away(stranger, list_id)
    assert await seen(world, list_id) is not None


async def test_a_list_that_is_deleted_while_a_campaign_starts_is_one_or_the_other(world: World) -> None:
    """Whoever is first wins, and the other hears why. Red when a campaign starts on rows that are being erased."""
    list_id = await world.list_of(recipient(1))
    started = await world.draft(list_id)
    async with world.open_uow() as uow:
        await open_start(uow, workspace_id=world.workspace_id, campaign_id=started, now=world.now)
        deletion = asyncio.create_task(delete(world, list_id))
        await eventually(world.somebody_waits)
    with pytest.raises(Conflict) as raised:
        await deletion
    assert raised.value.code == "list_in_use"
    other = await world.list_of(recipient(2))
    late = await world.draft(other)
    async with world.open_uow() as uow:
        await delete_list(uow, other, workspace_id=world.workspace_id, now=world.now)
        start = asyncio.create_task(world.start(late))
        await eventually(world.somebody_waits)
    with pytest.raises(Conflict) as raised:
        await start
    assert raised.value.code == "list_deleted"
    assert await erase(world) == 1
    assert await count(world, recipients, list_id) == 1


async def test_people_whom_a_list_that_arrives_names_are_not_erased_under_it(world: World) -> None:
    """Both at once. Red when a row is stored that names nobody, or the import fails."""
    people = [recipient(n) for n in range(1, 51)]
    for _ in range(5):
        old = await world.list_of(*people)
        await delete(world, old)
        new, _ = await asyncio.gather(world.list_of(*people), erase(world))
        assert await count(world, recipients, new) == 50
        assert await count(world, leads) == 50
        await delete(world, new)
        await erase(world)
        await erase(world)
    assert await count(world, leads) == 0
