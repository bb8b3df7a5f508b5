"""Parts of lists that could not be taken in, and names of lists: nobody who is erased stays in them."""

from __future__ import annotations

from uuid import UUID

import orjson
import sqlalchemy as sa

from libs.common.contracts.ingest import Recipient, RecipientsPublished
from libs.common.ids import new_id
from services.sender.domain.erased_words import addresses_in
from services.sender.tables import COMMON, campaigns, lists
from services.sender.use_cases.forget_in_parts import sweep_parts
from services.sender.use_cases.import_recipients import import_recipients
from tests.integration.sender.test_erasing import Somebody, ask, erase, rows_of, told_of
from tests.integration.sender.world import World, recipient

LETTERS = COMMON.dead_letters


def part_of(*rows: Recipient, name: str = "Leads") -> RecipientsPublished:
    return RecipientsPublished(list_id=new_id(), list_name=name, part_no=0, parts=1, recipients=list(rows))


async def filed(world: World, body: bytes, *, error: str = "no", workspace_id: UUID | None = None) -> UUID:
    """A message that could not be handled."""
    letter_id = new_id()
    given = {"id": letter_id, "queue": "sender.import_recipients", "message_key": str(letter_id), "body": body}
    errors = {"cause": "ValueError", "attempts": 5, "first_error": error, "last_error": error}
    async with world.open_uow() as uow:
        insert = LETTERS.insert().values(**given, **errors, tenant_id=workspace_id or world.workspace_id)
        await uow.conn.execute(insert)
    return letter_id


def enveloped(event: RecipientsPublished) -> bytes:
    return orjson.dumps({"id": str(new_id()), "type": event.type, "data": event.model_dump(mode="json")})


async def letter(world: World, letter_id: UUID) -> sa.RowMapping:
    async with world.open_uow() as uow:
        return (await uow.conn.execute(sa.select(LETTERS).where(LETTERS.c.id == letter_id))).mappings().one()


async def replayed(world: World, body: bytes) -> UUID:
    event = RecipientsPublished.model_validate(orjson.loads(body)["data"])
    async with world.open_uow() as uow:
        await import_recipients(event, uow=uow, workspace_id=world.workspace_id, now=world.now)
    return event.list_id


async def test_a_part_that_dies_after_the_erasure_loses_the_person_and_keeps_the_others(world: World) -> None:
    """Red when a letter keeps the address until somebody settles it, when the other rows are lost with it, or when what is
    left cannot be replayed."""
    who = Somebody()
    await ask(world, who)
    await erase(world)
    told = {"Referred by": f"Zs. <{who.address.upper()}>", "Not them": f"n{who.address}"}
    event = part_of(who.row(1, email=who.address.upper()), recipient(2, fields=told), name=f"{who.address}.csv.gz")
    late = await filed(world, enveloped(event), error=f"ValueError: {who.address}")
    assert await told_of(world, who) != []
    assert await sweep_parts(world.open_uow) == 1
    assert await sweep_parts(world.open_uow) == 0, "it is as it should be"
    found = await letter(world, late)
    assert (found["resolution"], found["last_error"]) == (None, "ValueError: erased")
    gone, other = await rows_of(world, await replayed(world, found["body"]))
    assert (gone["row_no"], gone["first_name"], gone["line"], gone["fields"]) == (1, "", "", {})
    assert gone["set_aside"] is not None
    assert (other["set_aside"], other["first_name"]) == (None, "First2")
    assert other["fields"] == {"Referred by": "Zs. <erased>", "Not them": f"n{who.address}"}


async def test_a_part_that_died_before_the_erasure_keeps_the_others_as_well(world: World) -> None:
    """Red when a list can never be completed because one of its people was erased."""
    who = Somebody()
    early = await filed(world, enveloped(part_of(who.row(1), recipient(2))))
    await ask(world, who)
    await erase(world)
    assert await told_of(world, who) == []
    _, other = await rows_of(world, await replayed(world, (await letter(world, early))["body"]))
    assert other["first_name"] == "First2"


async def test_a_letter_that_nobody_can_read_is_emptied(world: World) -> None:
    """Red when what is no message keeps the address for ever."""
    who = Somebody()
    await ask(world, who)
    await erase(world)
    broken = [await filed(world, body) for body in (f'{{"to": "{who.address}'.encode(), f'["{who.address}"]'.encode())]
    await sweep_parts(world.open_uow)
    for letter_id in broken:
        found = await letter(world, letter_id)
        assert (found["body"], found["resolution"]) == (b"{}", "discarded")


async def test_another_workspaces_part_stays_as_it_came(world: World) -> None:
    """Red when who asked one workspace is taken out of another's."""
    who = Somebody()
    body = enveloped(part_of(who.row(1)))
    theirs = await filed(world, body, workspace_id=new_id())
    await ask(world, who)
    await erase(world)
    await sweep_parts(world.open_uow)
    assert (await letter(world, theirs))["body"] == body


async def test_a_name_that_holds_the_address_loses_it_whenever_it_comes(world: World) -> None:
    """Red when a list or a campaign is called after somebody who is erased."""
    who, other = Somebody(), Somebody()
    list_id = await world.list_of(recipient(1))
    campaign_id = await world.draft(list_id)
    for table in (lists, campaigns):
        name = f"{other.address}, {who.address.upper()}.xlsx"
        await world.run(sa.update(table).where(table.c.workspace_id == world.workspace_id).values(name=name))
    await ask(world, who)
    await erase(world)
    late = part_of(recipient(1), name=f"{who.address.upper()}.csv")
    async with world.open_uow() as uow:
        await import_recipients(late, uow=uow, workspace_id=world.workspace_id, now=world.now)
    assert await told_of(world, who) == []
    async with world.open_uow() as uow:
        names = sa.select(lists.c.name).where(lists.c.id.in_([list_id, late.list_id])).order_by(lists.c.created_at)
        found = list((await uow.conn.execute(names)).scalars())
        mine = sa.select(campaigns.c.name).where(campaigns.c.id == campaign_id)
        assert (await uow.conn.execute(mine)).scalar_one() == f"{other.address}, erased.xlsx"
    assert found == [f"{other.address}, erased.xlsx", "erased.csv"]


def test_an_address_is_found_among_any_words() -> None:
    """Red when an address hides behind what may stand before one."""
    assert "ann@x.example" in addresses_in('{"e":"Ann@X.example"}, b')
    assert "ann@x.example" in addresses_in("mailto=ann@x.example.")
    assert "o'neil+a@x.example" in addresses_in("<O'Neil+a@x.example>")
