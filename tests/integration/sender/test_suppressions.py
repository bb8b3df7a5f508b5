"""Suppressions on a real Postgres: whom they bar, at the plan and in the sending transaction, and that nothing is forgotten."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from libs.common.errors import Conflict, Invalid, NotFound
from services.sender.domain.suppressing import Suppression
from services.sender.repositories import suppressions
from services.sender.repositories.suppressions import StoredSuppression
from services.sender.tables import slots, suppression_changes
from services.sender.use_cases.import_suppressions import import_suppressions
from services.sender.use_cases.lift_suppression import lift_suppression
from services.sender.use_cases.send_emails import send_emails
from services.sender.use_cases.suppress_address import suppress_address
from tests.integration.sender.world import Post, World, recipient

PERSON = UUID(int=9)


async def suppress(world: World, target: str, *, everywhere: bool = False, reason: str = "asked") -> StoredSuppression:
    async with world.open_uow() as uow:
        return await suppress_address(
            uow,
            workspace_id=None if everywhere else world.workspace_id,
            address=target,
            reason=reason,  # pyright: ignore[reportArgumentType] - the test's own words
            made_by=PERSON,
        )


async def lift(world: World, found: StoredSuppression, *, note: str = "she wrote to us") -> None:
    async with world.open_uow() as uow:
        await lift_suppression(uow, workspace_id=found.workspace_id, suppression_id=found.id, note=note, made_by=PERSON)


async def barred(world: World, *addresses: str) -> set[str]:
    async with world.open_uow() as uow:
        return await suppressions.suppressed_among(uow.conn, workspace_id=world.workspace_id, emails=addresses)


async def told(world: World, address: str) -> bool:
    """What the WHERE of plans and sends says of one address."""
    async with world.open_uow() as uow:
        query = sa.select(suppressions.is_suppressed(world.workspace_id, address))
        return (await uow.conn.execute(query)).scalar_one()


async def send_all(world: World, post: Post) -> None:
    """Everything of the plan, without waiting for its hours."""
    due = slots.update().where(slots.c.workspace_id == world.workspace_id, slots.c.state == "assigned")
    await world.run(due.values(due_at=world.now))
    while (await send_emails(world.context, post, stopping=lambda: False)).claimed:
        continue


@pytest.mark.parametrize(
    ("target", "hit", "missed"),
    [
        ("ann@a.example", "ann@a.example", "bob@a.example"),
        ("@a.example", "bob@a.example", "ann@sub.a.example"),
    ],
)
async def test_an_address_is_barred_by_itself_or_its_domain_for_this_workspace(
    world: World, target: str, hit: str, missed: str
) -> None:
    """Red when the two places that decide (a set of addresses, and the WHERE of plans) differ, or another workspace is hit."""
    other = await World(world.open_uow).open()
    await suppress(world, target)
    assert await barred(world, hit, missed) == {hit}
    assert (await told(world, hit), await told(world, missed)) == (True, False)
    assert await barred(other, hit) == set()
    assert not await told(other, hit)


async def test_a_global_one_bars_every_workspace_and_is_lifted_for_all(world: World) -> None:
    other = await World(world.open_uow).open()
    domain = f"{uuid4().hex}.example"
    found = await suppress(world, f"@{domain}", everywhere=True)
    address = f"x@{domain}"
    assert await told(world, address)
    assert await told(other, address)
    await lift(world, found)
    assert await barred(other, address) == set()


@pytest.mark.parametrize("target", ["lead2@company2.example", "@company2.example"])
@pytest.mark.parametrize("everywhere", [False, True])
async def test_whoever_is_barred_after_the_plan_gets_nothing(world: World, target: str, everywhere: bool) -> None:
    """Rule re_suppress, by the inbox: red when the sending transaction looks at addresses of the workspace only."""
    await world.running(leads=3)
    found = await suppress(world, target, everywhere=everywhere)
    post = Post()
    await send_all(world, post)
    assert sorted(post.accepted) == ["lead1@company1.example", "lead3@company3.example"]
    await lift(world, found)


async def test_a_domain_is_barred_at_the_plan_too_and_its_slot_serves_the_next(world: World) -> None:
    """Red when a plan gives slots to whoever may not be written to."""
    world.quota = 2
    await suppress(world, "@company1.example")
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 4))))
    started = await world.start()
    assert [row.position for row in started.excluded] == [1]
    assert await world.plan() == 2
    post = Post()
    await send_all(world, post)
    assert sorted(post.accepted) == ["lead2@company2.example", "lead3@company3.example"]


async def test_a_suppression_and_its_end_stay_in_the_history(world: World) -> None:
    """Red when lifting forgets what was, the second time is another entry, or the reason is overwritten."""
    first = await suppress(world, "Ann@a.example", reason="unsubscribed")
    again = await suppress(world, "ann@a.example", reason="bounced")
    assert again == first
    await lift(world, first)
    with pytest.raises(NotFound):
        await lift(world, first)
    await suppress(world, "ann@a.example")
    async with world.open_uow() as uow:
        history = await suppressions.page_changes(
            uow.conn, workspace_id=world.workspace_id, target="ann@a.example", before=None, limit=10
        )
    assert [(entry.change, entry.reason, entry.note) for entry in history] == [
        ("suppressed", "asked", ""),
        ("lifted", "unsubscribed", "she wrote to us"),
        ("suppressed", "unsubscribed", ""),
    ]


async def test_who_asked_to_be_forgotten_stays_so_and_a_lift_says_why(world: World) -> None:
    found = await suppress(world, "gone@a.example", reason="erased")
    with pytest.raises(Conflict):
        await lift(world, found)
    with pytest.raises(Invalid):
        await lift(world, await suppress(world, "ann@a.example"), note=" ")
    assert await barred(world, "gone@a.example", "ann@a.example") == {"gone@a.example", "ann@a.example"}


async def test_another_workspace_lifts_nothing(world: World) -> None:
    found = await suppress(world, "ann@a.example")
    other = await World(world.open_uow).open()
    async with world.open_uow() as uow:
        with pytest.raises(NotFound):
            await lift_suppression(
                uow, workspace_id=other.workspace_id, suppression_id=found.id, note="mine", made_by=PERSON
            )


@pytest.mark.parametrize(
    "statement",
    [
        suppression_changes.update().values(note="never happened"),
        suppression_changes.delete(),
        sa.text("TRUNCATE sender.suppression_changes"),
    ],
    ids=["update", "delete", "truncate"],
)
async def test_the_history_cannot_be_changed(world: World, statement: sa.Executable) -> None:
    """Red when the trigger goes."""
    await suppress(world, "ann@a.example")
    with pytest.raises(IntegrityError, match="append-only"):
        await world.run(statement)


async def test_a_file_is_imported_once_however_often_it_is_brought(world: World) -> None:
    content = b"email\n" + b"".join(b"l%d@many.example\n" % n for n in range(2500)) + b"@whole.example\nnonsense\n"

    async def bring() -> tuple[int, int, int]:
        done = await import_suppressions(
            content, open_uow=world.open_uow, workspace_id=world.workspace_id, note="from before", made_by=PERSON
        )
        return done.added, done.known, len(done.bad)

    assert await bring() == (2501, 0, 1)
    assert await bring() == (0, 2501, 1)
    assert await barred(world, "l7@many.example", "any@whole.example", "x@many.example") == {
        "l7@many.example",
        "any@whole.example",
    }
    async with world.open_uow() as uow:
        page = await suppressions.page(
            uow.conn, workspace_id=world.workspace_id, limit=3, containing="L249", reason="imported"
        )
    assert len(page) == 3, "l249, and l2490 to l2499"
    assert {(row.email[:4], row.note) for row in page} == {("l249", "from before")}


async def test_many_are_barred_in_one_statement_also_twice_in_it(world: World) -> None:
    """Red when one target twice in a batch meets itself in the unique index."""
    rows = [Suppression(world.workspace_id, f"l{n % 50}@twice.example", "bounced") for n in range(100)]
    async with world.open_uow() as uow:
        assert await suppressions.add(uow.conn, rows) == 50
        assert await suppressions.add(uow.conn, rows) == 0
