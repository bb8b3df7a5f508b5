"""Deleting a workspace, as the gateway does its part: who is locked out, what is erased, and who is told of the end."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from libs.common import tombstones
from libs.common.belonging import count_left
from libs.common.clock import utc_now
from libs.common.contracts import ingest
from libs.common.erasing import LOOK_AGAIN, SETTLED, erase_workspaces
from libs.common.ids import new_id
from services.gateway.belongings import BELONGINGS
from services.gateway.handlers import note_deletion as handle_note
from services.gateway.tables import COMMON, deletion_answers, deletions, mails, workspaces
from services.gateway.use_cases.note_deletion import SERVICES, erasing, note_deletion
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.people import Person, join, owner

KEPT = {part.table.name for part in BELONGINGS.parts if part.kept}
DELETE = "workspace?name=Acme"


async def left(gateway: Gateway, person: Person) -> set[str]:
    async with gateway.platform.open_uow() as uow:
        return set(await count_left(uow.conn, BELONGINGS, workspace_id=UUID(person.workspace_id)))


async def erase(gateway: Gateway, *, after: timedelta = SETTLED + timedelta(seconds=5)) -> None:
    await erase_workspaces(erasing(), open_uow=gateway.platform.open_uow, now=utc_now() + after)


async def deletion(gateway: Gateway, person: Person) -> tuple[str | None, bool]:
    """The address that is kept, and whether it is done."""
    query = select(deletions.c.notify, deletions.c.done_at).where(deletions.c.workspace_id == UUID(person.workspace_id))
    async with gateway.platform.open_uow() as uow:
        row = (await uow.conn.execute(query)).one()
    return row.notify, row.done_at is not None


async def mails_of(gateway: Gateway, person: Person) -> int:
    query = select(func.count()).where(mails.c.address == person.email, mails.c.kind == "workspace_erased")
    async with gateway.platform.open_uow() as uow:
        return (await uow.conn.execute(query)).scalar_one()


async def test_only_an_owner_who_names_it_exactly_deletes_a_workspace(gateway: Gateway) -> None:
    """Red when an admin may, or a slip of the finger does."""
    boss = await owner(gateway, "boss@naming.example")
    admin = await join(boss, "admin@naming.example", "admin")
    assert await admin.refused("DELETE", DELETE) == (403, "role_too_low")
    assert await boss.refused("DELETE", "workspace?name=acme") == (422, "name_not_confirmed")
    assert (await boss.ask("DELETE", "workspace")).status_code == 422
    assert (await boss.ask("GET", "workspace")).status_code == 200


async def test_nobody_gets_in_any_more_and_nobody_is_left_outside(gateway: Gateway) -> None:
    """Red when a member or a key still works in it, or a person cannot sign in for want of a workspace."""
    boss = await owner(gateway, "boss@leaving.example")
    member = await join(boss, "member@leaving.example", "member")
    key = (await boss.did("POST", "api-keys", {"name": "One", "scopes": ["read"]}, status=201))["key"]
    await boss.did("DELETE", DELETE, status=202)
    for person in (boss, member):
        assert await person.refused("GET", "workspace") == (404, "workspace_not_found")
        answer = await gateway.client.get("/v1/workspace", headers={"Authorization": f"Bearer {person.token}"})
        assert answer.status_code == 200
        assert answer.json()["role"] == "owner" or person is member
    by_key = await gateway.client.get("/v1/workspace", headers={"Authorization": f"Bearer {key}"})
    assert by_key.status_code == 401


async def test_of_two_clicks_one_deletes(gateway: Gateway) -> None:
    """Red when both are taken, or one fails without a name."""
    boss = await owner(gateway, "boss@twice.example")
    answers = await asyncio.gather(*(boss.ask("DELETE", DELETE) for _ in range(4)))
    codes = Counter(answer.status_code for answer in answers)
    assert codes[202] == 1
    assert set(codes) <= {202, 403, 404}
    async with gateway.platform.open_uow() as uow:
        query = select(func.count()).where(deletions.c.workspace_id == UUID(boss.workspace_id))
        assert (await uow.conn.execute(query)).scalar_one() == 1


async def test_its_rows_go_and_the_proof_stays(gateway: Gateway) -> None:
    """Red when a table of the gateway's is forgotten, or another workspace loses a row."""
    boss = await owner(gateway, "boss@rows.example")
    other = await owner(gateway, "other@rows.example")
    await boss.did("POST", "api-keys", {"name": "One", "scopes": ["read"]}, status=201)
    await boss.did("POST", "erasures", {"email": "lead@rows.example"}, status=202)
    before = await left(gateway, other)
    await boss.did("DELETE", DELETE, status=202)
    await erase(gateway, after=timedelta(0))
    assert await left(gateway, boss) <= KEPT
    assert await left(gateway, other) == before


async def test_who_deleted_it_is_told_once_when_all_have_erased_it(gateway: Gateway) -> None:
    """Red when the mail comes before the last service, twice, or never; or the address is kept for longer."""
    boss = await owner(gateway, "boss@told.example")
    await boss.did("DELETE", DELETE, status=202)
    workspace_id = UUID(boss.workspace_id)
    for service in sorted(SERVICES - {"gateway"}) * 2:
        assert await mails_of(gateway, boss) == 0
        assert await deletion(gateway, boss) == (boss.email, False)
        async with gateway.platform.open_uow() as uow:
            await note_deletion(workspace_id, service=service, erased={"jobs": 1}, uow=uow, now=utc_now())
    await erase(gateway)
    await erase(gateway)
    assert await mails_of(gateway, boss) == 1
    assert await deletion(gateway, boss) == (None, True)
    async with gateway.platform.open_uow() as uow:
        query = select(deletion_answers.c.service).where(deletion_answers.c.workspace_id == workspace_id)
        assert set((await uow.conn.execute(query)).scalars()) == SERVICES


async def test_what_comes_back_late_is_erased_again(gateway: Gateway) -> None:
    """Red when an erasure that has ended is not looked at any more."""
    boss = await owner(gateway, "boss@late.example")
    await boss.did("DELETE", DELETE, status=202)
    await erase(gateway)
    await erase(gateway)
    workspace_id = UUID(boss.workspace_id)
    async with gateway.platform.open_uow() as uow:
        await uow.conn.execute(workspaces.insert().values(id=workspace_id, name="Back", time_zone="UTC"))
    await erase(gateway, after=SETTLED + LOOK_AGAIN + timedelta(minutes=1))
    assert await left(gateway, boss) <= KEPT


async def test_a_request_of_before_is_waited_for(gateway: Gateway) -> None:
    """Red when the end is told while a request that was let in may still write."""
    boss = await owner(gateway, "boss@wait.example")
    await boss.did("DELETE", DELETE, status=202)
    await erase(gateway, after=timedelta(seconds=30))
    await erase(gateway, after=timedelta(seconds=40))
    async with gateway.platform.open_uow() as uow:
        table = COMMON.deleted_workspaces
        query = select(table.c.erased_at).where(table.c.workspace_id == UUID(boss.workspace_id))
        assert (await uow.conn.execute(query)).scalar_one() is None
        assert await tombstones.is_deleted(uow.conn, table, UUID(boss.workspace_id))


async def test_what_is_said_of_a_workspace_that_nobody_deleted_is_nobodys_concern(gateway: Gateway) -> None:
    """Red when an answer without a deletion ends as a dead letter."""
    event = ingest.WorkspaceErased(workspace_id=new_id(), erased={})
    async with gateway.platform.open_uow() as uow:
        await note_deletion(event.workspace_id, service="ingest", erased={}, uow=uow, now=utc_now())
    assert handle_note.__doc__
