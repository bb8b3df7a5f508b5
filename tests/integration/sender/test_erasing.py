"""Erasing a person: never written to again, nothing left that tells of them, what is counted as it was."""

import asyncio
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from libs.common.contracts.gateway import LeadErased
from libs.common.contracts.ingest import CorrectedLine, Recipient, RecipientsCorrected, RecipientsPublished
from libs.common.ids import new_id
from services.sender.domain.sending import Accepted, Deferred, Refused
from services.sender.domain.suppressing import erased_address, erased_target
from services.sender.repositories.unsubscribe_keys import load_first_key
from services.sender.tables import COMMON, METADATA, emails, recipients, suppression_changes
from services.sender.use_cases.correct_recipients import correct_recipients
from services.sender.use_cases.erase_lead import erase_lead, erase_leads
from services.sender.use_cases.import_recipients import import_recipients
from tests.integration.sender.world import World, recipient
from tests.support.waiting import eventually

HELD_BY_THE_BUS = frozenset({"outbox"})


class Somebody:
    """A person of one test alone, by address and by name."""

    def __init__(self) -> None:
        own = new_id().hex[-12:]
        self.address = f"z.{own}@erasing.example"
        self.name = f"Zs{own}"
        self.words = (self.address, self.name.lower())

    def row(self, row_no: int, **more: object) -> Recipient:
        words = {"first_name": self.name, "last_name": "Kiss", "line": f"{self.name}, the plant you built is fine."}
        fields = {"Assistant of": f"{self.name} Kiss"}
        return recipient(row_no, **{"email": self.address, **words, "fields": fields, **more})


async def ask(world: World, who: Somebody) -> UUID:
    """Delivered twice, the second time as if the inbox had been emptied."""
    event = LeadErased(erasure_id=new_id(), email=who.address)
    for _ in range(2):
        async with world.open_uow() as uow:
            await erase_lead(event, uow=uow, workspace_id=world.workspace_id)
    return event.erasure_id


async def erase(world: World) -> int:
    return await erase_leads(now=world.now, open_uow=world.open_uow)


async def answers(world: World, erasure_id: UUID) -> int:
    body = sa.func.encode(COMMON.outbox.c.body, "escape")
    query = sa.select(sa.func.count()).where(
        COMMON.outbox.c.routing_key == "sender.lead.erased.v1", sa.func.strpos(body, str(erasure_id)) > 0
    )
    async with world.open_uow() as uow:
        return (await uow.conn.execute(query)).scalar_one()


async def told_of(world: World, *people: Somebody) -> list[str]:
    """The tables in whose rows one of them stands, in any column."""
    found: list[str] = []
    async with world.open_uow() as uow:
        for table in METADATA.sorted_tables:
            if table.name not in HELD_BY_THE_BUS:
                rows = await uow.conn.execute(sa.text(f"SELECT t::text FROM {table.fullname} t"))  # noqa: S608 - our names
                said = "\n".join(rows.scalars()).lower()
                found += [f"{table.name}: {word}" for who in people for word in who.words if word in said]
    return found


async def rows_of(world: World, list_id: UUID) -> list[sa.RowMapping]:
    query = sa.select(recipients).where(recipients.c.list_id == list_id).order_by(recipients.c.row_no)
    async with world.open_uow() as uow:
        return list((await uow.conn.execute(query)).mappings())


async def test_nothing_tells_of_a_person_who_was_written_to_and_the_counts_stay(world: World) -> None:
    """Red when the address or the name is left in any column of any table, or when a mail that was sent is not counted any
    more."""
    who = Somebody()
    told = {"Referred by": f"Zs. <{who.address.upper()}>", "Not them": f"n{who.address}"}
    list_id = await world.list_of(who.row(1), recipient(2, fields=told), recipient(3))
    await world.draft(list_id)
    await world.start()
    await world.plan()
    for claim in await world.claim(3):
        await world.begin(claim)
        is_theirs = claim.recipient == who.address
        await world.record(claim, Refused(f"550 <{claim.recipient}> unknown") if is_theirs else Accepted("250 OK"))
    before = await world.states(), await world.slot_states()
    assert await told_of(world, who) != []
    erasure_id = await ask(world, who)
    await erase(world)
    (gone, other, third) = await rows_of(world, list_id)
    assert (gone["row_no"], gone["set_aside"], gone["fields"]) == (1, "suppressed", {})
    assert (other["first_name"], third["first_name"]) == ("First2", "First3")
    assert other["fields"] == {"Referred by": "Zs. <erased>", "Not them": f"n{who.address}"}
    await world.run(sa.update(recipients).where(recipients.c.id == other["id"]).values(fields={}))
    assert await told_of(world, who) == []
    assert (await world.states(), await world.slot_states()) == before
    assert await answers(world, erasure_id) == 1


async def test_nobody_is_written_to_after_they_asked_and_their_slot_is_free(world: World) -> None:
    """Red when a planned mail leaves, or when its slot is lost to the others."""
    who = Somebody()
    await world.draft(await world.list_of(who.row(1), recipient(2)))
    await world.start()
    await world.plan()
    assert (await world.slot_states())["assigned"] == 2
    await ask(world, who)
    await erase(world)
    assert await world.states() == {"cancelled": 1, "planned": 1}
    assert (await world.slot_states())["assigned"] == 1
    assert (await world.enrolment_states())["stopped", "erased"] == 1


async def test_a_claimed_mail_is_not_begun_and_one_in_hand_ends_by_itself_first(world: World) -> None:
    """Red when a mail that is being sent loses its recipient, or a claimed one is sent."""
    claimed, sending = Somebody(), Somebody()
    await world.draft(await world.list_of(claimed.row(1), sending.row(2)))
    await world.start()
    await world.plan()
    claims = {claim.recipient: claim for claim in await world.claim(2)}
    await world.begin(claims[sending.address])
    for who in (claimed, sending):
        await ask(world, who)
    await erase(world)
    assert await told_of(world, sending) != [], "its call is not over"
    assert (await world.begin(claims[claimed.address])).state == "dropped"
    await world.record(claims[sending.address], Deferred("451 later"))
    await erase(world)
    assert await told_of(world, claimed, sending) == []
    assert await world.states() == {"suppressed": 1, "cancelled": 1}


async def test_a_person_who_comes_again_is_set_aside_without_a_word_of_them(world: World) -> None:
    """Red when a list that is uploaded later, or a part of one that was under way, brings the person back."""
    who = Somebody()
    await ask(world, who)
    await erase(world)
    list_id = await world.list_of(who.row(1, email=who.address.upper()), recipient(2))
    assert await told_of(world, who) == []
    assert [row["set_aside"] for row in await rows_of(world, list_id)] == ["suppressed", None]
    await world.draft(list_id)
    await world.start()
    await world.plan()
    assert await world.states() == {"planned": 1}


async def test_a_list_that_arrives_while_somebody_asks_does_not_keep_them(world: World) -> None:
    """Red when a part that was begun before they asked, and is committed after they are erased, brings them back."""
    who, list_id = Somebody(), new_id()
    event = RecipientsPublished(list_id=list_id, list_name="Leads", part_no=0, parts=1, recipients=[who.row(1)])
    async with world.open_uow() as uow:
        await import_recipients(event, uow=uow, workspace_id=world.workspace_id, now=world.now)
        asking = asyncio.create_task(ask(world, who))
        await eventually(world.somebody_waits, every_s=0.02)
        await erase(world)
    await asking
    await erase(world)
    assert await told_of(world, who) == []


async def test_whoever_is_enrolled_all_the_same_is_not_written_to(world: World) -> None:
    """The last line: red when the sending transaction does not know an erased address by its hash."""
    who = Somebody()
    await world.draft(await world.list_of(recipient(1)))
    await world.start()
    await world.plan()
    claim = await world.claim_one()
    await ask(world, who)
    await erase(world)
    assert (await world.begin(claim._replace(recipient=who.address))).state == "dropped"


async def test_a_line_that_comes_late_is_not_written_to_an_erased_row(world: World) -> None:
    """Red when a correction that was under way brings words of the person back."""
    who = Somebody()
    list_id = await world.list_of(who.row(1))
    await ask(world, who)
    await erase(world)
    line = CorrectedLine(
        row_no=1, attempt=new_id(), version=7, line=f"Dear {who.name}", status="enriched", sandboxed=True
    )
    event = RecipientsCorrected(list_id=list_id, list_name="Leads", parts=1, lines=[line])
    async with world.open_uow() as uow:
        await correct_recipients(event, uow=uow, workspace_id=world.workspace_id)
    assert await told_of(world, who) == []


async def test_a_suppression_becomes_one_by_a_keyed_hash_and_so_does_its_history(world: World) -> None:
    """Red when the proof keeps the address, or when the history can be changed by anything else."""
    who = Somebody()
    await world.suppress(who.address)
    await ask(world, who)
    await erase(world)
    async with world.open_uow() as uow:
        target = erased_target(who.address, key=await load_first_key(uow.conn))
    query = sa.select(suppression_changes.c.email).where(suppression_changes.c.workspace_id == world.workspace_id)
    async with world.open_uow() as uow:
        assert set((await uow.conn.execute(query)).scalars()) == {target}
    with pytest.raises(DBAPIError, match="append-only"):
        await world.run(sa.update(suppression_changes).values(note="other"))


async def test_another_workspace_keeps_the_same_person(world: World) -> None:
    """Red when erasing in one workspace reaches into another."""
    who = Somebody()
    other = await World(world.open_uow).open()
    for each in (world, other):
        await each.draft(await each.list_of(who.row(1)))
        await each.start()
        await each.plan()
    await ask(world, who)
    await erase(world)
    (claim,) = [one for one in await other.claim(50) if one.workspace_id == other.workspace_id]
    assert claim.recipient == who.address
    assert (await other.begin(claim)).state == "go"
    query = sa.select(emails.c.recipient).where(emails.c.workspace_id == world.workspace_id)
    async with world.open_uow() as uow:
        assert (await uow.conn.execute(query)).scalar_one().endswith("@erased.invalid")


def test_what_stands_for_an_address_says_nothing_of_it() -> None:
    """Red when it can be made without the key, or is an address that somebody could have."""
    one, other = erased_target("a@b.example", key=b"1"), erased_target("a@b.example", key=b"2")
    assert one != other
    assert erased_address(one).endswith("@erased.invalid")
    assert "b.example" not in erased_address(one) + one


async def test_who_has_a_longer_address_keeps_every_word(world: World) -> None:
    """Red when the row of somebody whose address holds the erased one goes with it, or a mention after a line break stays."""
    who = Somebody()
    longer = f"{who.address}.au"
    note = f"met him:\n{who.address}"
    other_row = recipient(2, email=longer, first_name="Bo", fields={"note": note, "copy": f"x{longer}"})
    list_id = await world.list_of(who.row(1), other_row)
    await ask(world, who)
    assert await erase(world) >= 1
    (other,) = [row for row in await rows_of(world, list_id) if row["row_no"] == 2]
    assert (other["email"], other["first_name"]) == (longer, "Bo")
    assert other["fields"] == {"note": "met him:\nerased", "copy": f"x{longer}"}
