"""Rows that are not written to: each with its reason, and taken in again by a person or when the reason goes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from libs.common.contracts.ingest import RecipientsPublished
from libs.common.errors import NotFound
from libs.common.ids import new_id
from services.sender.domain.mail_domains import Finding
from services.sender.domain.setting_aside import Takeable
from services.sender.repositories import recipients
from services.sender.repositories.recipients import Recipient
from services.sender.repositories.words import load_words
from services.sender.tables import mail_domains, workspaces
from services.sender.use_cases.check_domains import check_domains
from services.sender.use_cases.import_recipients import import_recipients
from services.sender.use_cases.take_in_recipients import keep_roles, take_in_recipients
from tests.integration.sender.world import World, recipient


async def rows_of(world: World, list_id: UUID) -> list[Recipient]:
    async with world.open_uow() as uow:
        return await recipients.page(uow.conn, list_id=list_id, after_row=0, limit=1000)


async def reasons(world: World, list_id: UUID) -> dict[int, str]:
    return {row.row_no: row.set_aside for row in await rows_of(world, list_id) if row.set_aside}


async def take_in(world: World, list_id: UUID, reason: Takeable, *row_nos: int) -> int:
    async with world.open_uow() as uow:
        return await take_in_recipients(
            uow, list_id, workspace_id=world.workspace_id, reason=reason, row_nos=list(row_nos) or None
        )


async def keep(world: World, list_id: UUID, *, roles: bool) -> None:
    async with world.open_uow() as uow:
        await keep_roles(uow, list_id, workspace_id=world.workspace_id, keep=roles)


class Dns:
    """Answers what the test says, and remembers what it was asked."""

    def __init__(self, **answers: Finding) -> None:
        self.answers: dict[str, Finding] = {name.replace("_", "."): finding for name, finding in answers.items()}
        self.asked: list[str] = []

    async def find(self, domain: str) -> Finding:
        self.asked.append(domain)
        return self.answers.get(domain, "unknown")


async def look_up(world: World, dns: Dns) -> int:
    return await check_domains(find=dns.find, now=world.now, open_uow=world.open_uow)


async def real(world: World, *addresses: str) -> UUID:
    """A list of rows that no stand-in had a hand in, by these addresses."""
    people = [recipient(n, email=address, sandboxed=False) for n, address in enumerate(addresses, start=1)]
    return await world.list_of(*people)


async def test_each_row_is_set_aside_for_its_own_reason(world: World) -> None:
    """Red when one of these is written to, or counted under another's name."""
    await world.suppress("stop@acme.example")
    list_id = await world.list_of(
        recipient(1),
        recipient(2, email="info@acme.example"),
        recipient(3, email="STOP@acme.example"),
        recipient(4, email="nobody"),
        recipient(5, email="lead1@company1.example"),
        recipient(6, email="INFO@acme.example"),
    )
    assert await reasons(world, list_id) == {
        2: "role_address",
        3: "suppressed",
        4: "invalid_address",
        5: "duplicate",
        6: "duplicate",
    }
    await world.draft(list_id)
    started = await world.start()
    assert {row.position: row.reason for row in started.excluded} == await reasons(world, list_id)


async def test_a_role_that_was_taken_in_is_written_to(world: World) -> None:
    """One by its number, then all the others. Red when facts can be overruled on the way: duplicates, suppressions."""
    await world.suppress("jobs@c.example")
    addresses = ["info@a.example", "sales@b.example", "info@a.example", "nobody", "jobs@c.example"]
    list_id = await world.list_of(*(recipient(n, email=each) for n, each in enumerate(addresses, start=1)))
    assert await take_in(world, list_id, "role_address", 1, 3, 4, 5) == 1
    facts = {3: "duplicate", 4: "invalid_address", 5: "suppressed"}
    assert await reasons(world, list_id) == {2: "role_address", **facts}
    assert await take_in(world, list_id, "role_address") == 1
    assert await take_in(world, list_id, "role_address") == 0
    assert await reasons(world, list_id) == facts
    await world.draft(list_id)
    await world.start()
    assert await world.plan() == 2


async def test_a_lists_word_on_roles_holds_for_its_later_parts_and_can_be_taken_back(world: World) -> None:
    """Red when a row that somebody took in by name is set aside again, or a later part does not know the list's word."""
    list_id = new_id()

    async def arrive(part_no: int, *people: object) -> None:
        event = RecipientsPublished.model_validate(
            {"list_id": list_id, "list_name": "L", "part_no": part_no, "parts": 3, "recipients": people}
        )
        async with world.open_uow() as uow:
            await import_recipients(event, uow=uow, workspace_id=world.workspace_id, now=world.now)

    await arrive(0, recipient(1, email="info@a.example"), recipient(2, email="sales@a.example"))
    await take_in(world, list_id, "role_address", 1)
    await keep(world, list_id, roles=True)
    await arrive(1, recipient(3, email="jobs@a.example"))
    assert await reasons(world, list_id) == {}
    for _ in range(2):
        await keep(world, list_id, roles=False)
    await arrive(2, recipient(4, email="hr+x@a.example"))
    assert await reasons(world, list_id) == {2: "role_address", 3: "role_address", 4: "role_address"}


async def test_lists_to_come_have_the_workspaces_word_on_roles_and_keep_their_own(world: World) -> None:
    """Red when what a workspace says of role addresses reaches no new list, or changes one that is there."""
    rows = (recipient(1, email="info@one.example"), recipient(2))
    before = await world.list_of(*rows)
    await world.run(workspaces.update().where(workspaces.c.id == world.workspace_id).values(keeps_roles=True))
    after = await world.list_of(*rows)
    assert (await reasons(world, before), await reasons(world, after)) == ({1: "role_address"}, {})
    await keep(world, after, roles=False)
    assert await reasons(world, after) == {1: "role_address"}
    stranger = await World(world.open_uow).open()
    assert await reasons(stranger, await stranger.list_of(*rows)) == {1: "role_address"}


async def test_another_workspaces_list_is_not_changed(world: World) -> None:
    """Red when rows are taken in by the list's id alone."""
    list_id = await world.list_of(recipient(1, email="info@a.example"))
    stranger = await World(world.open_uow).open()
    with pytest.raises(NotFound):
        await take_in(stranger, list_id, "role_address")
    with pytest.raises(NotFound):
        await keep(stranger, list_id, roles=True)
    assert await reasons(world, list_id) == {1: "role_address"}


async def test_a_lifted_suppression_does_not_need_the_list_again(world: World) -> None:
    """Red when what was suppressed at the import is left out for good."""
    await world.suppress("lead1@company1.example")
    list_id = await world.list_of(recipient(1), recipient(2))
    await world.run(sa.text("DELETE FROM sender.suppressions WHERE email = 'lead1@company1.example'"))
    await world.draft(list_id)
    assert (await world.start()).excluded == []


async def test_domains_that_take_no_mail_are_set_aside_once_somebody_knows(world: World) -> None:
    """The import waits for nobody. Red when a row is set aside for want of an answer, or taken from who took it in."""
    list_id = await real(world, "a@gone.co", "b@fine.co", "c@silent.co", "d@gone.co")
    assert await reasons(world, list_id) == {}
    dns = Dns(gone_co="no_mx", fine_co="takes_mail")
    assert await look_up(world, dns) == 3
    assert sorted(dns.asked) == ["fine.co", "gone.co", "silent.co"]
    assert await reasons(world, list_id) == {1: "no_mx", 4: "no_mx"}
    assert await take_in(world, list_id, "no_mx", 4) == 1
    world.later(minutes=11)
    assert await look_up(world, dns) == 2
    assert await reasons(world, list_id) == {1: "no_mx"}
    again = await real(world, "x@gone.co", "y@fine.co")
    assert await reasons(world, again) == {1: "no_mx"}
    await forget(world)


async def test_a_domain_that_comes_back_is_written_to_again(world: World) -> None:
    """Red when an hour without DNS at their side costs their leads for good."""
    list_id = await real(world, "a@back.co")
    await look_up(world, Dns(back_co="no_mx"))
    assert await reasons(world, list_id) == {1: "no_mx"}
    world.later(minutes=11)
    assert await look_up(world, Dns()) == 1
    assert await reasons(world, list_id) == {1: "no_mx"}
    world.later(hours=2)
    assert await look_up(world, Dns(back_co="takes_mail")) == 1
    assert await reasons(world, list_id) == {}
    world.later(days=3)
    assert await look_up(world, Dns()) == 0
    await real(world, "b@back.co")
    assert await look_up(world, Dns()) == 0
    world.later(days=5)
    await real(world, "c@back.co")
    assert await look_up(world, Dns(back_co="takes_mail")) == 1
    await forget(world)


async def test_made_up_rows_and_reserved_names_ask_nobody(world: World) -> None:
    """Red when the demo looks up the names that the sandbox made up."""
    await world.list_of(recipient(1, email="a@sandboxed.co"), recipient(2, email="b@x.example", sandboxed=False))
    assert await look_up(world, Dns()) == 0


async def test_two_that_look_up_at_once_share_the_work(world: World) -> None:
    """Red when a domain is asked for twice, or a look-up that died keeps it for ever."""
    await real(world, *(f"a@d{n}.co" for n in range(60)))
    first, second = Dns(), Dns()
    assert sum(await asyncio.gather(look_up(world, first), look_up(world, second))) == 60
    assert set(first.asked).isdisjoint(second.asked)
    await forget(world)
    await real(world, "a@dies.co")

    async def dies(domain: str) -> Finding:
        raise ConnectionError(domain)

    with pytest.raises(ConnectionError):
        await check_domains(find=dies, now=world.now, open_uow=world.open_uow)
    assert await look_up(world, Dns()) == 0
    world.now += timedelta(minutes=6)
    assert await look_up(world, Dns(dies_co="takes_mail")) == 1
    await forget(world)


async def forget(world: World) -> None:
    """Domains are everybody's: the next test begins without."""
    await world.run(mail_domains.delete())


async def test_the_sheets_other_columns_are_kept_and_reach_the_mail(world: World) -> None:
    """Red when a column is lost, or a NUL in one keeps the whole part out."""
    list_id = await world.list_of(recipient(1, fields={"Te\0am": "Op\0s", "Size": ""}))
    (row,) = await rows_of(world, list_id)
    assert row.fields == {"Team": "Ops", "Size": ""}
    await world.draft(list_id)
    await world.start()
    await world.plan()
    claim = await world.claim_one()
    async with world.open_uow() as uow:
        words = await load_words(uow.conn, claim.enrolment_id)
    assert words is not None
    assert words.fields == {"Team": "Ops", "Size": ""}
