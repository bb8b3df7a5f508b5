"""Lines that change after their list was published: in any order, any number of times, and never what was sent."""

from __future__ import annotations

import itertools
from uuid import UUID

import pytest

from libs.common.contracts.ingest import CorrectedLine, RecipientsCorrected
from libs.common.errors import Conflict
from libs.common.ids import new_id
from services.sender.domain.sending import Accepted
from services.sender.repositories import lists, recipients
from services.sender.use_cases.correct_recipients import correct_recipients
from tests.integration.sender.world import World, recipient

FIRST, SECOND = sorted((new_id(), new_id()))


def corrected(list_id: UUID, *lines: CorrectedLine, parts: int = 1) -> RecipientsCorrected:
    return RecipientsCorrected(list_id=list_id, list_name="Leads", parts=parts, lines=list(lines))


def line(
    text: str, *, row_no: int = 1, attempt: UUID = FIRST, version: int = 1, sandboxed: bool = True
) -> CorrectedLine:
    return CorrectedLine(
        row_no=row_no, attempt=attempt, version=version, line=text, status="enriched", sandboxed=sandboxed
    )


async def correct(world: World, event: RecipientsCorrected) -> None:
    async with world.open_uow() as uow:
        await correct_recipients(event, uow=uow, workspace_id=world.workspace_id)


async def lines_of(world: World, list_id: UUID) -> list[str]:
    async with world.open_uow() as uow:
        rows = await recipients.page(uow.conn, list_id=list_id, after_row=0, limit=10)
    return [row.values["line"] for row in rows]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_the_newest_line_holds_in_whatever_order_it_comes(world: World, order: tuple[int, ...]) -> None:
    """Red when an older line, or the list itself, writes over a newer one; each comes twice, without any inbox."""
    list_id = new_id()
    lines = [line("edited once"), line("edited twice", version=2), line("made anew", attempt=SECOND, version=0)]

    async def publish() -> None:
        await world.list_of(recipient(1), recipient(2), list_id=list_id)

    for step in order:
        for _ in range(2):
            await (publish() if step == 3 else correct(world, corrected(list_id, lines[step])))
    assert await lines_of(world, list_id) == ["made anew", "I read about the new plant, number 2."]


async def test_what_was_sent_stays_as_it_was_and_what_was_not_is_sent_as_corrected(world: World) -> None:
    """Red when the record of a sent mail is rewritten, or a mail leaves with the old line."""
    await world.running(leads=2)
    claim = await world.claim_one()
    await world.begin(claim)
    await world.record(claim, Accepted("250 OK"))
    async with world.open_uow() as uow:
        (found,) = await lists.page_lists(uow.conn, workspace_id=world.workspace_id, before=None, limit=5)
    await correct(world, corrected(found.id, line("new one"), line("new two", row_no=2)))
    assert await lines_of(world, found.id) == ["I read about the new plant, number 1.", "new two"]
    second = await world.claim_one()
    async with world.open_uow() as uow:
        letter = (await world.prepared(uow, second)).letter
    assert letter is not None
    assert b"new two" in letter.content


async def test_a_line_that_is_made_up_marks_its_row(world: World) -> None:
    """Red when a row that was worked on again in the sandbox may be written to through a real mailbox."""
    list_id = await world.list_of(recipient(1, sandboxed=False), recipient(2, sandboxed=False))
    for made_up in (True, True, False):
        version = 1 if made_up else 2
        await correct(world, corrected(list_id, line("x", version=version, sandboxed=made_up)))
        async with world.open_uow() as uow:
            found = await lists.load_list(uow.conn, workspace_id=world.workspace_id, list_id=list_id)
            rows = await recipients.page(uow.conn, list_id=list_id, after_row=0, limit=10)
        assert found is not None
        assert found.sandboxed_count == sum(row.sandboxed for row in rows) == int(made_up)


async def test_another_workspaces_lines_are_refused(world: World) -> None:
    """Red when a list is corrected by its id alone."""
    list_id = await world.list_of(recipient(1))
    with pytest.raises(Conflict, match="another workspace"):
        await correct(World(world.open_uow), corrected(list_id, line("stolen")))
    assert await lines_of(world, list_id) == ["I read about the new plant, number 1."]
