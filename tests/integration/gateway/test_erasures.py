"""People who ask to be forgotten: asked for by whoever may, told to every service, and forgotten here when all have answered."""

from uuid import UUID

from sqlalchemy import func, select, text

from libs.common.clock import utc_now
from libs.common.contracts import enrich, ingest, sender
from libs.common.ids import new_id
from services.gateway.domain.mails import Words
from services.gateway.repositories import live_events, mails
from services.gateway.repositories.live_events import LiveEvent
from services.gateway.tables import COMMON, METADATA, webhook_deliveries, webhook_endpoints
from services.gateway.tables import live_events as live_events_table
from services.gateway.use_cases.note_erasure import Answered, note_erasure
from services.gateway.use_cases.sweep_told import sweep_told
from tests.integration.gateway.conftest import AUTH_SECRET, Gateway
from tests.integration.gateway.people import Person, join, owner

ANSWERS = (ingest.LeadErased, enrich.LeadErased, sender.LeadErased)


async def answered(person: Person, event: Answered) -> None:
    """Delivered twice, the second time as if the inbox had been emptied."""
    for _ in range(2):
        async with person.gateway.platform.open_uow() as uow:
            await note_erasure(event, uow=uow, workspace_id=UUID(person.workspace_id), now=utc_now())


async def told_of(gateway: Gateway, word: str) -> set[str]:
    """The tables in which a word stands, as text or in bytes."""
    found: set[str] = set()
    async with gateway.platform.open_uow() as uow:
        for table in METADATA.sorted_tables:
            if table.name != "outbox":
                hexed = f"%{word.encode().hex()}%"
                query = text(f"SELECT count(*) FROM {table.fullname} t WHERE lower(t::text) LIKE :a OR t::text LIKE :b")  # noqa: S608 - our names
                if (await uow.conn.execute(query, {"a": f"%{word}%", "b": hexed})).scalar_one():
                    found.add(table.name)
    return found


async def published(gateway: Gateway, erasure_id: str) -> int:
    body = func.encode(COMMON.outbox.c.body, "escape")
    query = select(func.count()).where(
        COMMON.outbox.c.routing_key == "gateway.lead.erased.v1", func.strpos(body, erasure_id) > 0
    )
    async with gateway.platform.open_uow() as uow:
        return (await uow.conn.execute(query)).scalar_one()


async def test_a_person_is_forgotten_once_every_service_has_answered(gateway: Gateway) -> None:
    """Red when it is done before the last answer, or when the address is left anywhere here after it."""
    boss = await owner(gateway, "boss@forget.example")
    asked = await boss.did("POST", "erasures", {"email": " Ada.L@Leads.Example "}, status=202)
    assert (asked["email"], asked["state"], asked["asked_by"]) == ("a…@leads.example", "pending", boss.user_id)
    assert await published(gateway, asked["id"]) == 1
    for kind in ANSWERS:
        assert (await boss.did("GET", f"erasures/{asked['id']}"))["state"] == "pending"
        await answered(boss, kind(erasure_id=UUID(asked["id"]), erased={"rows": 2}))
    done = await boss.did("GET", f"erasures/{asked['id']}")
    assert done["state"] == "done"
    assert [(one["service"], one["erased"]) for one in done["services"]] == [
        (name, {"rows": 2}) for name in ("ingest", "enrich", "sender")
    ]
    assert (await boss.did("GET", "erasures"))["items"] == [done]
    assert await told_of(gateway, "ada.l@leads.example") == set()


async def test_what_was_told_of_the_person_goes_and_what_was_told_of_others_stays(gateway: Gateway) -> None:
    """Red when a live event, a notice or a kept answer with the address outlives the erasure, or another's goes with it."""
    boss, other = await owner(gateway, "boss@told.example"), await owner(gateway, "other@told.example")
    asked = await boss.did("POST", "erasures", {"email": "bob@told-leads.example"}, status=202)
    for person in (boss, other):
        workspace_id = UUID(person.workspace_id)
        body = b'{"data":{"recipient":"Bob@Told-Leads.example"}}'
        event = LiveEvent(new_id(), workspace_id, None, "sender.email.failed", body)
        words = Words("mailbox_paused", "A mailbox rests", ("550 <bob@told-leads.example> unknown",))
        async with gateway.platform.open_uow() as uow:
            await live_events.add_live_events(uow.conn, [event])
            source = f"test:{new_id()}"
            await mails.queue(uow.conn, words, source=source, addresses=[person.email], workspace_id=workspace_id)
            query = text("UPDATE gateway.mails SET ended_at = now(), state = 'sent' WHERE source = :source")
            await uow.conn.execute(query, {"source": source})
    assert await told_of(gateway, "bob@told-leads.example") == {"mails", "erasures"}
    for kind in ANSWERS:
        await answered(boss, kind(erasure_id=UUID(asked["id"]), erased={}))
    async with gateway.platform.open_uow() as uow:
        for table in ("live_events", "mails"):
            whose = "tenant_id" if table == "live_events" else "workspace_id"
            query = text(f"SELECT {whose} FROM gateway.{table} t WHERE t::text ILIKE '%told-leads%' OR t::text LIKE :b")  # noqa: S608 - our names
            left = set((await uow.conn.execute(query, {"b": f"%{b'Told-Leads'.hex()}%"})).scalars())
            assert left == {UUID(other.workspace_id)}, table


async def tell(gateway: Gateway, workspace_id: UUID, body: bytes) -> None:
    """As a live event, and to an endpoint of the workspace."""
    endpoint_id = new_id()
    async with gateway.platform.open_uow() as uow:
        await live_events.add_live_events(
            uow.conn, [LiveEvent(new_id(), workspace_id, None, "sender.email.failed", body)]
        )
        await uow.conn.execute(
            webhook_endpoints.insert().values(
                id=endpoint_id,
                workspace_id=workspace_id,
                url="https://hooks.example/in",
                description="",
                events=["email.failed"],
                secret=b"sealed",
                sealed_with="key",
            )
        )
        values = {"endpoint_id": endpoint_id, "event_type": "email.failed", "body": body}
        await uow.conn.execute(webhook_deliveries.insert().values(id=new_id(), event_id=new_id(), **values))


async def told_in(gateway: Gateway, body: bytes) -> list[str]:
    """Which workspaces are told this, one for each place."""
    events = select(live_events_table.c.tenant_id).where(live_events_table.c.body == body)
    of_endpoint = webhook_endpoints.c.id == webhook_deliveries.c.endpoint_id
    sent = select(webhook_endpoints.c.workspace_id).join(webhook_deliveries, of_endpoint)
    async with gateway.platform.open_uow() as uow:
        found = [*(await uow.conn.execute(events)).scalars()]
        found += (await uow.conn.execute(sent.where(webhook_deliveries.c.body == body))).scalars()
    return [str(one) for one in found]


async def test_what_was_on_its_way_goes_as_well_by_the_keyed_hash(gateway: Gateway) -> None:
    """Red when an event that is recorded, or passed on, before or after the end of the erasure keeps the address; when another
    workspace's goes, or that of somebody whose address only ends like it."""
    boss, other = await owner(gateway, "boss@late.example"), await owner(gateway, "other@late.example")
    theirs, longer, after_words = (
        b'{"data":{"recipient":"<Gus@Late-Leads.example>"}}',
        b'{"data":{"recipient":"x.gus@late-leads.example"}}',
        b'{"data":{"link":"mailto:gus@late-leads.example"}}',
    )
    asked = await boss.did("POST", "erasures", {"email": "gus@late-leads.example"}, status=202)
    for person in (boss, other):
        await tell(gateway, UUID(person.workspace_id), theirs)
    for kind in ANSWERS:
        await answered(boss, kind(erasure_id=UUID(asked["id"]), erased={}))
    assert await told_in(gateway, theirs) == [other.workspace_id] * 2
    # By itself first, as the address is found in any of what was told.
    for bodies in ([after_words, longer], [theirs]):
        for body in bodies:
            await tell(gateway, UUID(boss.workspace_id), body)
        await sweep_told(gateway.platform.open_uow, secret=AUTH_SECRET, now=utc_now())
        assert await told_in(gateway, after_words) == []
    assert await told_in(gateway, theirs) == [other.workspace_id] * 2
    assert await told_in(gateway, longer) == [boss.workspace_id] * 2


async def filed(gateway: Gateway, workspace_id: UUID, body: bytes) -> UUID:
    """A message that could not be handled."""
    letter_id = new_id()
    given = {"id": letter_id, "queue": "gateway.record_history", "message_key": str(letter_id), "body": body}
    errors = {"cause": "ValueError", "attempts": 5, "first_error": "no", "last_error": "no"}
    async with gateway.platform.open_uow() as uow:
        await uow.conn.execute(COMMON.dead_letters.insert().values(**given, **errors, tenant_id=workspace_id))
    return letter_id


async def test_a_letter_that_dies_after_the_erasure_is_emptied(gateway: Gateway) -> None:
    """Before the end and after it. Red when a message that was in a retry queue keeps the address, when another's letter is
    emptied, or when an emptied one is offered for being replayed."""
    boss, other = await owner(gateway, "boss@dead.example"), await owner(gateway, "other@dead.example")
    body, longer = b'{"data":{"recipient":"Hal@Dead-Leads.example"}}', b'{"to":"y.hal@dead-leads.example"}'
    asked = await boss.did("POST", "erasures", {"email": "hal@dead-leads.example"}, status=202)
    early = await filed(gateway, UUID(boss.workspace_id), body)
    for kind in ANSWERS:
        await answered(boss, kind(erasure_id=UUID(asked["id"]), erased={}))
    late, stays = (
        await filed(gateway, UUID(boss.workspace_id), body),
        await filed(gateway, UUID(boss.workspace_id), longer),
    )
    theirs = await filed(gateway, UUID(other.workspace_id), body)
    for _ in range(2):
        await sweep_told(gateway.platform.open_uow, secret=AUTH_SECRET, now=utc_now())
    query = select(COMMON.dead_letters.c.id, COMMON.dead_letters.c.body, COMMON.dead_letters.c.resolution)
    async with gateway.platform.open_uow() as uow:
        letters = {row.id: (row.body, row.resolution) for row in await uow.conn.execute(query)}
    assert (letters[early], letters[late]) == ((b"{}", "discarded"), (b"{}", "discarded"))
    assert (letters[stays], letters[theirs]) == ((longer, None), (body, None))


async def test_asked_again_it_is_the_same_one_until_it_is_done(gateway: Gateway) -> None:
    """Red when two clicks make two, when a repeated request makes another, or when nobody can be erased a second time."""
    boss = await owner(gateway, "boss@again.example")
    body = {"email": "cy@again-leads.example"}
    key = {"Idempotency-Key": "one"}
    first = (await boss.ask("POST", "erasures", body, **key)).json()
    assert (await boss.ask("POST", "erasures", body, **key)).json()["id"] == first["id"]
    assert (await boss.did("POST", "erasures", body, status=202))["id"] == first["id"]
    other = await boss.ask("POST", "erasures", {"email": "other@again-leads.example"}, **key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert await published(gateway, first["id"]) == 1
    for kind in ANSWERS:
        await answered(boss, kind(erasure_id=UUID(first["id"]), erased={}))
    assert (await boss.did("POST", "erasures", body, status=202))["id"] != first["id"]


async def test_owners_and_admins_erase_and_nobody_sees_another_workspaces_erasures(gateway: Gateway) -> None:
    """Red when a member may erase, or when an id of another workspace is answered otherwise than one that is nobody's."""
    boss, stranger = await owner(gateway, "boss@may.example"), await owner(gateway, "stranger@may.example")
    asked = await boss.did("POST", "erasures", {"email": "dee@may-leads.example"}, status=202)
    member = await join(boss, "member@may.example", "member")
    for method, path in (("POST", "erasures"), ("GET", "erasures"), ("GET", f"erasures/{asked['id']}")):
        body = {"email": "e@may-leads.example"} if method == "POST" else None
        assert await member.refused(method, path, body) == (403, "role_too_low")
    for erasure_id in (asked["id"], new_id()):
        assert await stranger.refused("GET", f"erasures/{erasure_id}") == (404, "erasure_not_found")
    assert (await stranger.did("GET", "erasures"))["items"] == []
    (entry,) = [one for one in (await boss.did("GET", "audit"))["items"] if "erasures" in one["route"]]
    assert entry["subjects"] == {"erasure_id": asked["id"]}
    assert await boss.refused("POST", "erasures", {"email": "no address"}) == (422, "invalid_request")


async def test_another_workspaces_answer_changes_nothing(gateway: Gateway) -> None:
    """Red when an answer is noted for whoever's erasure it names."""
    boss, stranger = await owner(gateway, "boss@answer.example"), await owner(gateway, "stranger@answer.example")
    asked = await boss.did("POST", "erasures", {"email": "fay@answer-leads.example"}, status=202)
    await answered(stranger, sender.LeadErased(erasure_id=UUID(asked["id"]), erased={"rows": 1}))
    found = await boss.did("GET", f"erasures/{asked['id']}")
    assert {one["state"] for one in found["services"]} == {"pending"}
