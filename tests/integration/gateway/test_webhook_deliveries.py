"""Webhooks on their way: signed so that the official library believes them, tried for three days, and never lost."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from standardwebhooks import Webhook, WebhookVerificationError

from libs.common.clock import utc_now
from libs.common.contracts.billing import BalanceLow, CreditsGranted
from libs.common.contracts.sender import EmailsSent, SentEmail
from libs.common.db import make_engine
from libs.common.ids import new_id
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from services.gateway.clients.webhook_secrets import WebhookRing
from services.gateway.domain.webhooks import (
    BACKOFF,
    FAILING_FOR,
    HELD_FOR,
    KEEP_LOG,
    LEASE,
    MOST_AT_ONE,
    OLD_SECRET_SIGNS_FOR,
)
from services.gateway.repositories import webhooks
from services.gateway.tables import COMMON, mails, webhook_deliveries
from services.gateway.use_cases.change_webhook import change_webhook, delete_webhook
from services.gateway.use_cases.deliver_webhook import claim_webhooks
from services.gateway.use_cases.redeliver_webhook import redeliver_webhook
from services.gateway.use_cases.reseal_webhook_secrets import reseal_webhook_secrets
from services.gateway.use_cases.rotate_webhook_secret import rotate_webhook_secret
from services.gateway.use_cases.sweep_webhooks import sweep_webhooks
from tests.integration.gateway.webhook_room import RING, Room, receiving
from tests.support.waiting import eventually

LOW = BalanceLow(threshold=100, available=40, crossing=1)
NOWHERE = "http://127.0.0.1:9/hook"
FRESH = "0e1f2a3b4c5d6e7f8091a2b3c4d5e6f7fresh-one"


@pytest.fixture(scope="module")
async def room(module_database: str) -> AsyncGenerator[Room]:
    engine = make_engine(normalise_database_url(module_database), pool_size=4, service="gateway")
    yield Room(UnitOfWorkFactory(engine, COMMON))
    await engine.dispose()


async def switch(room: Room, workspace_id: UUID, endpoint_id: UUID, *, on: bool, now: datetime | None = None) -> None:
    async with room.open_uow() as uow:
        await change_webhook(
            workspace_id,
            endpoint_id,
            url=None,
            description=None,
            events=None,
            enabled=on,
            now=now or utc_now(),
            loopback=True,
            uow=uow,
        )


async def test_the_official_library_believes_what_arrives(room: Room) -> None:
    """Red when a header, the signature, or what is signed is not as Standard Webhooks says; or a field of ours leaks."""
    workspace_id = await room.workspace("believed@hooks.example")
    mail = SentEmail(email_id=new_id(), lead_id=new_id(), step=1, recipient="ada@first.example")
    async with receiving() as receiver:
        _, secret = await room.endpoint(workspace_id, receiver.url)
        told = await room.tell(EmailsSent(campaign_id=new_id(), emails=[mail]), workspace_id)
        await room.run()
    ((headers, body),) = receiver.heard
    heard = Webhook(secret).verify(body, headers)
    assert set(heard) == {"type", "version", "timestamp", "workspace_id", "data"}
    assert (heard["type"], heard["workspace_id"]) == ("emails.sent", str(workspace_id))
    assert heard["data"]["emails"] == [mail.model_dump(mode="json")]
    assert (headers["webhook-id"], headers["content-type"]) == (str(told.id), "application/json")
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"emails.sent", b"emails.sunk"), headers)


async def test_an_event_waits_once_for_each_endpoint_that_wants_it_and_for_no_other(room: Room) -> None:
    """Queue `gateway.record_history`. Red when endpoint and event are no key, another workspace's endpoint hears of it, or one
    that is off or wants other types."""
    ours, theirs = await room.workspace("ours@hooks.example"), await room.workspace("theirs@hooks.example")
    wanting = [(await room.endpoint(ours, NOWHERE, "credits.low"))[0] for _ in range(2)]
    other, off = (await room.endpoint(ours, NOWHERE, "job.failed"))[0], (await room.endpoint(ours, NOWHERE))[0]
    foreign, _ = await room.endpoint(theirs, NOWHERE)
    await switch(room, ours, off, on=False)
    told = await room.tell(LOW, ours)
    await room.tell(CreditsGranted(credits=1, available=1, kind="adjustment"), ours)
    assert [[row.event_id for row in await room.deliveries(one)] for one in wanting] == [[told.id], [told.id]]
    assert [await room.deliveries(one) for one in (other, off, foreign)] == [[], [], []]


async def test_what_fails_is_tried_again_for_three_days_under_the_same_id(room: Room) -> None:
    """Red when a wait is another than BACKOFF's, an attempt has another id or body, or it is given up before three days."""
    workspace_id = await room.workspace("again@hooks.example")
    async with receiving(500, text="out of order") as receiver:
        endpoint_id, _ = await room.endpoint(workspace_id, receiver.url)
        told = await room.tell(LOW, workspace_id)
        begun = at = utc_now()
        for number, wait in enumerate(BACKOFF, start=1):
            await room.run(at=at)
            (row,) = await room.deliveries(endpoint_id)
            assert (row.state, row.attempts, row.due_at) == ("waiting", number, at + wait)
            await room.run(at=at + wait - timedelta(seconds=1))
            at += wait
        await room.run(at=at)
        (row,) = await room.deliveries(endpoint_id)
    assert (row.state, row.attempts, row.status, row.answer) == ("given_up", 10, 500, "out of order")
    assert receiver.ids == [str(told.id)] * 10
    assert len({body for _, body in receiver.heard}) == 1
    assert at - begun > timedelta(days=3)


async def test_retry_after_is_honoured(room: Room) -> None:
    """Red when an endpoint that asks for time is asked sooner."""
    workspace_id = await room.workspace("later@hooks.example")
    async with receiving(503, headers={"Retry-After": "3600"}) as receiver:
        endpoint_id, _ = await room.endpoint(workspace_id, receiver.url)
        await room.tell(LOW, workspace_id)
        at = utc_now()
        await room.run(at=at)
    (row,) = await room.deliveries(endpoint_id)
    assert row.due_at == at + timedelta(hours=1)


async def test_a_sender_that_ends_in_the_middle_is_followed_by_another_with_the_same_id(room: Room) -> None:
    """Red when what was sent and not recorded is lost, counts as an attempt, comes under another id, or when what the first
    one says later is recorded over the second's."""
    workspace_id = await room.workspace("killed@hooks.example")
    async with receiving() as receiver:
        endpoint_id, _ = await room.endpoint(workspace_id, receiver.url)
        told = await room.tell(LOW, workspace_id)
        at = utc_now()
        claimed = await claim_webhooks(most=100, now=at, open_uow=room.open_uow)
        assert endpoint_id in {one.endpoint_id for one in claimed}
        await room.run(at=at + LEASE - timedelta(seconds=1))
        assert receiver.ids == []
        await room.run(at=at + LEASE + timedelta(seconds=1))
    (row,) = await room.deliveries(endpoint_id)
    assert (receiver.ids, row.state, row.attempts) == ([str(told.id)], "delivered", 1)


async def test_two_senders_never_hold_the_same_and_few_go_to_one_endpoint_at_a_time(room: Room) -> None:
    """Red when a claim locks nothing, when an endpoint gets more than MOST_AT_ONE at a time, or more than one while failing."""
    workspace_id = await room.workspace("few@hooks.example")
    endpoint_id, _ = await room.endpoint(workspace_id, NOWHERE)
    other, _ = await room.endpoint(await room.workspace("many@hooks.example"), NOWHERE)
    for _ in range(MOST_AT_ONE + 2):
        await room.tell(LOW, workspace_id)
    at = utc_now()
    both = await asyncio.gather(*(claim_webhooks(most=100, now=at, open_uow=room.open_uow) for _ in range(2)))
    mine = [one.id for claimed in both for one in claimed if one.endpoint_id == endpoint_id]
    assert (len(mine), len(set(mine))) == (MOST_AT_ONE, MOST_AT_ONE)
    async with room.open_uow() as uow:
        await webhooks.note_failure(uow.conn, other, now=at)
    await room.tell(LOW, (await room.shown(other)).workspace_id)
    await room.tell(LOW, (await room.shown(other)).workspace_id)
    failing = await claim_webhooks(most=100, now=utc_now(), open_uow=room.open_uow)
    assert len([one for one in failing if one.endpoint_id == other]) == 1


async def test_who_is_gone_is_disabled_at_once_and_its_people_are_told(room: Room) -> None:
    """Red when 410 is tried again, when owners and admins get no mail or others one, and when browsers get no event."""
    workspace_id = await room.workspace("gone@hooks.example")
    for role in ("admin", "member"):
        await room.join(workspace_id, f"{role}-of-gone@hooks.example", role)
    async with receiving(410) as receiver:
        endpoint_id, _ = await room.endpoint(workspace_id, receiver.url)
        await room.tell(LOW, workspace_id)
        await room.run()
    endpoint = await room.shown(endpoint_id)
    (row,) = await room.deliveries(endpoint_id)
    assert (endpoint.enabled, endpoint.disabled_because, row.state) == (False, "gone", "given_up")
    async with room.open_uow() as uow:
        query = select(mails).where(mails.c.workspace_id == workspace_id).order_by(mails.c.address)
        mailed = (await uow.conn.execute(query)).all()
        said = await uow.conn.execute(
            select(COMMON.outbox.c.body).where(COMMON.outbox.c.routing_key == "gateway.webhook.disabled.v1")
        )
        assert [body for body in said.scalars() if str(endpoint_id).encode() in body]
    assert [mail.address for mail in mailed] == ["admin-of-gone@hooks.example", "gone@hooks.example"]
    for mail in mailed:
        assert (mail.kind, "410" in mail.body_text, "/hook" in mail.body_text) == ("webhook_disabled", True, False)


async def test_the_410_of_a_url_that_an_endpoint_has_no_more_does_not_disable_it(room: Room) -> None:
    """Red when somebody who has moved an endpoint loses it, or its message, by what the old place still says."""
    workspace_id = await room.workspace("moved@hooks.example")
    async with receiving(410) as old, receiving() as fresh:
        endpoint_id, _ = await room.endpoint(workspace_id, old.url)
        told = await room.tell(LOW, workspace_id)
        old.answers.clear()
        sending = asyncio.create_task(room.run())
        await eventually(lambda: bool(old.heard))
        async with room.open_uow() as uow:
            await change_webhook(
                workspace_id,
                endpoint_id,
                url=fresh.url,
                description=None,
                events=None,
                enabled=None,
                now=utc_now(),
                loopback=True,
                uow=uow,
            )
        old.answers.set()
        await sending
        (row,) = await room.deliveries(endpoint_id)
        assert (row.state, row.attempts, row.status) == ("waiting", 1, 410)
        await room.run()
    endpoint = await room.shown(endpoint_id)
    (row,) = await room.deliveries(endpoint_id)
    assert (endpoint.enabled, endpoint.failing_since, row.state) == (True, None, "delivered")
    assert fresh.ids == [str(told.id)]


async def test_failures_that_nothing_tells_of_any_more_do_not_count_against_an_endpoint(room: Room) -> None:
    """Red when an endpoint is disabled by one failure, days after another whose message was erased with a person in it."""
    workspace_id = await room.workspace("unproved@hooks.example")
    async with receiving(500) as receiver:
        endpoint_id, _ = await room.endpoint(workspace_id, receiver.url)
        await room.tell(LOW, workspace_id)
        at = utc_now()
        await room.run(at=at)
        await sweep_webhooks(now=at, open_uow=room.open_uow)
        assert (await room.shown(endpoint_id)).failing_since == at
        async with room.open_uow() as uow:
            mine = webhook_deliveries.c.endpoint_id == endpoint_id
            await uow.conn.execute(webhook_deliveries.delete().where(mine))
        await sweep_webhooks(now=at, open_uow=room.open_uow)
        await room.tell(LOW, workspace_id)
        await room.run(at=at + FAILING_FOR + timedelta(hours=1))
    endpoint = await room.shown(endpoint_id)
    assert (endpoint.enabled, endpoint.failing_since) == (True, at + FAILING_FOR + timedelta(hours=1))


async def test_who_answers_nothing_but_failures_for_three_days_is_disabled_and_who_recovers_is_not(room: Room) -> None:
    """Red when an endpoint is disabled for old failures after a success, or never."""
    ids: dict[str, UUID] = {}
    async with receiving(500, 500) as broken, receiving(500, 204, 500) as recovering:
        for name, receiver in (("broken", broken), ("recovering", recovering)):
            workspace_id = await room.workspace(f"{name}@hooks.example")
            ids[name], _ = await room.endpoint(workspace_id, receiver.url)
            await room.tell(LOW, workspace_id)
            await room.tell(LOW, workspace_id)
        at = utc_now()
        await room.run(at=at)
        for later in (timedelta(hours=1), FAILING_FOR - timedelta(hours=1), FAILING_FOR + timedelta(minutes=1)):
            assert (await room.shown(ids["broken"])).enabled
            await room.run(at=at + later)
    broken_row, recovered = await room.shown(ids["broken"]), await room.shown(ids["recovering"])
    assert (broken_row.enabled, broken_row.disabled_because) == (False, "failing")
    assert recovered.enabled


async def test_what_waits_for_a_disabled_endpoint_is_kept_for_three_days_and_sent_when_it_is_enabled(
    room: Room,
) -> None:
    """Red when disabling loses what waits, or it waits for ever."""
    workspace_id = await room.workspace("held@hooks.example")
    at = utc_now()
    async with receiving() as receiver:
        endpoint_id, _ = await room.endpoint(workspace_id, receiver.url)
        await room.tell(LOW, workspace_id)
        await switch(room, workspace_id, endpoint_id, on=False, now=at)
        await room.run(at=at + timedelta(days=1))
        await sweep_webhooks(now=at + HELD_FOR - timedelta(minutes=1), open_uow=room.open_uow)
        assert [row.state for row in await room.deliveries(endpoint_id)] == ["waiting"]
        await switch(room, workspace_id, endpoint_id, on=True)
        await room.run(at=at + timedelta(days=1))
        assert len(receiver.heard) == 1
        await room.tell(LOW, workspace_id)
        await switch(room, workspace_id, endpoint_id, on=False, now=at)
        await sweep_webhooks(now=at + HELD_FOR + timedelta(minutes=1), open_uow=room.open_uow)
    assert [row.state for row in await room.deliveries(endpoint_id)] == ["delivered", "given_up"]


async def test_what_was_given_up_can_be_sent_again_under_its_id(room: Room) -> None:
    """Red when redelivering makes another message, or one that is to have all its attempts anew has none."""
    workspace_id = await room.workspace("once-more@hooks.example")
    async with receiving(410, 500, 204) as receiver:
        endpoint_id, _ = await room.endpoint(workspace_id, receiver.url)
        told = await room.tell(LOW, workspace_id)
        await room.run()
        await switch(room, workspace_id, endpoint_id, on=True)
        (row,) = await room.deliveries(endpoint_id)
        at = utc_now()
        async with room.open_uow() as uow:
            await redeliver_webhook(workspace_id, endpoint_id, delivery_id=row.id, now=at, uow=uow)
        await room.run(at=at)
        await room.run(at=at + BACKOFF[0])
    (row,) = await room.deliveries(endpoint_id)
    assert (receiver.ids, row.state, row.attempts) == ([str(told.id)] * 3, "delivered", 2)


async def test_both_secrets_sign_for_a_day_after_a_rotation_and_then_the_fresh_one_alone(room: Room) -> None:
    """Red when a receiver that has not changed over is cut off, or the old secret serves for ever."""
    workspace_id = await room.workspace("rotated@hooks.example")
    async with receiving() as receiver:
        endpoint_id, old = await room.endpoint(workspace_id, receiver.url)
        now = utc_now()
        for rotated_at in (now, now - timedelta(hours=25)):
            async with room.open_uow() as uow:
                fresh = await rotate_webhook_secret(
                    workspace_id,
                    endpoint_id,
                    random=b"%32d" % len(receiver.heard),
                    now=rotated_at,
                    ring=room.ring,
                    uow=uow,
                )
            await room.tell(LOW, workspace_id)
            await room.run(at=utc_now())
            headers, body = receiver.heard[-1]
            Webhook(fresh).verify(body, headers)
            believed = [old] if rotated_at == now else []
            assert len(headers["webhook-signature"].split(" ")) == 1 + len(believed)
            for secret in believed:
                Webhook(secret).verify(body, headers)
            old = fresh


async def test_an_old_secret_is_forgotten_when_it_signs_no_more(room: Room) -> None:
    """Red when it stays in the database, or goes while receivers still go by it."""
    workspace_id = await room.workspace("forgotten@hooks.example")
    endpoint_id, _ = await room.endpoint(workspace_id, NOWHERE)
    now = utc_now()
    async with room.open_uow() as uow:
        await rotate_webhook_secret(workspace_id, endpoint_id, random=bytes(32), now=now, ring=room.ring, uow=uow)
    await sweep_webhooks(now=now + OLD_SECRET_SIGNS_FOR - timedelta(minutes=1), open_uow=room.open_uow)
    assert (await room.shown(endpoint_id)).old_secret is not None
    await sweep_webhooks(now=now + OLD_SECRET_SIGNS_FOR, open_uow=room.open_uow)
    row = await room.shown(endpoint_id)
    assert (row.old_secret, row.old_sealed_with, row.old_until) == (None, None, None)


async def test_secrets_lie_sealed_and_are_sealed_anew_under_a_fresh_key(room: Room) -> None:
    """Red when a secret is to be read in the database, opens for another endpoint, or is lost when keys change."""
    workspace_id = await room.workspace("sealed@hooks.example")
    endpoint_id, secret = await room.endpoint(workspace_id, NOWHERE)
    row = await room.shown(endpoint_id)
    assert secret.encode() not in row.secret
    both = WebhookRing((FRESH, RING))
    await reseal_webhook_secrets(room.open_uow, both)
    async with room.open_uow() as uow:
        sealed = (await webhooks.load_secrets(uow.conn, endpoint_id)).secret
    assert WebhookRing((FRESH,)).open(sealed, endpoint_id) == secret
    await reseal_webhook_secrets(room.open_uow, WebhookRing((RING, FRESH)))


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "::1", "127.0.0.1", "fe80::1%2", "64:ff9b::7f00:1"])
async def test_a_name_that_leads_inside_is_not_connected_to(room: Room, address: str) -> None:
    """Red when what a name leads to is not looked at as it is connected to, or the log tells of the address."""
    endpoint_id = await _strange(
        room, f"inside-{address.encode().hex()}@hooks.example", "https://hooks.first.example/hook"
    )

    async def lookup(host: str, port: int) -> list[str]:
        return ["93.184.216.34", address]

    await room.run(loopback=False, lookup=lookup)
    (row,) = await room.deliveries(endpoint_id)
    assert (row.state, row.status) == ("waiting", None)
    assert "not public" in row.error
    assert address not in row.error


async def test_a_redirect_is_a_failure_and_is_not_followed(room: Room) -> None:
    """Red when an endpoint can send us somewhere else."""
    async with receiving() as inside, receiving(302, headers={"Location": "placeholder"}) as receiver:
        receiver.headers["Location"] = inside.url
        endpoint_id = await _strange(room, "redirected@hooks.example", receiver.url)
        await room.run()
    (row,) = await room.deliveries(endpoint_id)
    assert (inside.heard, row.state, row.status) == ([], "waiting", 302)


async def test_of_an_answer_a_kilobyte_is_kept_that_a_database_can_take(room: Room) -> None:
    """Red when a long answer is kept, or one with NUL fails the record."""
    async with receiving(500, text="\0" + "x" * 100_000) as receiver:
        endpoint_id = await _strange(room, "long@hooks.example", receiver.url)
        await room.run()
    (row,) = await room.deliveries(endpoint_id)
    assert (len(row.answer), row.answer[:2]) == (1024, "\ufffdx")


async def test_the_log_is_kept_for_a_month_and_goes_with_its_endpoint(room: Room) -> None:
    """Red when the sweep forgets what waits or is young, or a deleted endpoint leaves messages behind."""
    workspace_id = await room.workspace("month@hooks.example")
    async with receiving() as receiver:
        endpoint_id, _ = await room.endpoint(workspace_id, receiver.url)
        for _ in range(2):
            await room.tell(LOW, workspace_id)
        await room.run()
        await room.tell(LOW, workspace_id)
    old, young, waiting = await room.deliveries(endpoint_id)
    now = utc_now()
    async with room.open_uow() as uow:
        aged = update(webhook_deliveries).where(webhook_deliveries.c.id == old.id)
        await uow.conn.execute(aged.values(ended_at=now - KEEP_LOG - timedelta(minutes=1)))
    await sweep_webhooks(now=now, open_uow=room.open_uow)
    assert [row.id for row in await room.deliveries(endpoint_id)] == [young.id, waiting.id]
    async with room.open_uow() as uow:
        await delete_webhook(workspace_id, endpoint_id, uow=uow)
    assert await room.deliveries(endpoint_id) == []


async def _strange(room: Room, owner: str, url: str) -> UUID:
    """An endpoint there that something waits for."""
    workspace_id = await room.workspace(owner)
    endpoint_id, _ = await room.endpoint(workspace_id, url)
    await room.tell(LOW, workspace_id)
    return endpoint_id
