"""Webhooks as an admin has them: named, seen once, tried, looked after; and sent by the running gateway itself."""

from collections.abc import AsyncGenerator
from uuid import UUID

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from libs.common.contracts.billing import BalanceLow
from libs.common.ids import new_id
from services.gateway.domain.webhooks import MOST_ENDPOINTS
from services.gateway.tables import audit_entries, webhook_endpoints
from tests.integration.gateway.conftest import Behind, Gateway, replica
from tests.integration.gateway.people import Person, join, owner, room_for
from tests.integration.gateway.webhook_room import RING, receiving
from tests.support.waiting import eventually

URL = "https://hooks.first.example/corofy"
NEW = {"url": URL, "events": ["job.completed", "credits.low"], "description": "Our CRM"}


@pytest.fixture
async def post(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Gateway]:
    """A gateway that can seal secrets, beside a sandbox: receivers may be on this machine."""
    monkeypatch.setenv("ENCRYPTION_KEYS", RING)
    monkeypatch.setenv("SANDBOX_URL", "http://127.0.0.1:9")
    async with replica(behind) as running:
        yield running


async def named(person: Person, **body: object) -> dict[str, str]:
    return await person.did("POST", "webhooks", {**NEW, **body}, status=201)


async def deliveries(person: Person, webhook_id: str, query: str = "") -> list[dict[str, object]]:
    return (await person.did("GET", f"webhooks/{webhook_id}/deliveries{query}"))["items"]


async def test_a_webhook_is_named_changed_and_deleted(post: Gateway) -> None:
    """Red when a field is not kept, or a deleted one is still there."""
    boss = await owner(post, "named@hooks.example")
    made = await named(boss)
    assert (made["secret"][:6], made["url"], made["enabled"]) == ("whsec_", URL, True)
    path = f"webhooks/{made['id']}"
    changed = await boss.did("PATCH", path, {"events": ["job.failed"], "enabled": False})
    assert (changed["events"], changed["disabled_because"], changed["url"]) == (["job.failed"], "person", URL)
    again = await boss.did("PATCH", path, {"enabled": True, "description": ""})
    assert (again["enabled"], again["disabled_because"], again["description"]) == (True, None, "")
    assert [one["id"] for one in (await boss.did("GET", "webhooks"))["items"]] == [made["id"]]
    await boss.did("DELETE", path, status=204)
    assert await boss.refused("GET", path) == (404, "webhook_not_found")
    async with post.platform.open_uow() as uow:
        written = await uow.conn.execute(
            select(audit_entries.c.operation).where(audit_entries.c.workspace_id == UUID(boss.workspace_id))
        )
    assert {"post_webhook", "patch_webhook", "remove_webhook"} <= set(written.scalars())


async def test_a_secret_is_seen_once_also_by_who_asks_twice(post: Gateway) -> None:
    """Red when a secret can be read again, lies in a table as it is, or a repeated request makes a second webhook."""
    boss = await owner(post, "once@hooks.example")
    first = await boss.ask("POST", "webhooks", NEW, **{"Idempotency-Key": "one"})
    second = await boss.ask("POST", "webhooks", NEW, **{"Idempotency-Key": "one"})
    secret = first.json()["secret"]
    assert (second.status_code, second.json()) == (201, {**first.json(), "secret": None})
    assert len((await boss.did("GET", "webhooks"))["items"]) == 1
    rotated = (await boss.did("POST", f"webhooks/{first.json()['id']}/rotate-secret"))["secret"]
    async with post.platform.open_uow() as uow:
        rows = (await uow.conn.execute(select(webhook_endpoints))).all()
    for one in (secret, rotated):
        assert one not in (await boss.ask("GET", f"webhooks/{first.json()['id']}")).text
        assert one not in str(rows)
    assert rotated != secret


async def test_a_rotation_that_is_repeated_rotates_nothing(post: Gateway) -> None:
    """Red when a request that a network sends twice makes the secret before it sign no more."""
    boss = await owner(post, "rotated-once@hooks.example")
    made = await boss.did("POST", "webhooks", NEW, status=201)
    path = f"webhooks/{made['id']}/rotate-secret"
    first, again = [await boss.ask("POST", path, **{"Idempotency-Key": "r"}) for _ in range(2)]
    assert (again.status_code, again.json()) == (200, {**first.json(), "secret": None})
    other = await boss.ask("POST", path, **{"Idempotency-Key": "s"})
    assert other.json()["secret"] not in {None, first.json()["secret"]}


async def test_what_is_tried_arrives_and_stands_in_the_log(post: Gateway) -> None:
    """Red when the running gateway sends nothing by itself, the log says something else, or filters keep the wrong ones."""
    boss = await owner(post, "tried@hooks.example")
    async with receiving(text="thanks") as receiver:
        receiver.statuses = [200]
        made = await named(boss, url=receiver.url)
        tried = await boss.did("POST", f"webhooks/{made['id']}/test", status=202)
        await eventually(lambda: receiver.heard)
        headers, body = receiver.heard[0]
        assert Webhook(made["secret"]).verify(body, headers)["type"] == "webhook.test"
        assert headers["webhook-id"] == tried["event_id"]

        async def is_delivered() -> bool:
            return (await deliveries(boss, made["id"]))[0]["state"] == "delivered"

        await eventually(is_delivered)
        (logged,) = await deliveries(boss, made["id"], "?state=delivered&event=webhook.test")
        assert (logged["attempts"], logged["status"], logged["answer"], logged["next_try_at"]) == (
            1,
            200,
            "thanks",
            None,
        )
        assert await deliveries(boss, made["id"], "?state=waiting") == []
        await boss.did("POST", f"webhooks/{made['id']}/deliveries/{logged['id']}/redeliver", status=202)
        await eventually(lambda: len(receiver.heard) == 2)
    assert receiver.ids == [tried["event_id"]] * 2


async def test_what_happens_reaches_the_endpoint_over_the_bus(post: Gateway) -> None:
    """Red when the queue of what browsers see does not queue what webhooks tell, or nobody wakes the postman."""
    boss = await owner(post, "happens@hooks.example")
    async with receiving() as receiver:
        made = await named(boss, url=receiver.url)
        async with post.platform.open_uow() as uow:
            event = BalanceLow(threshold=100, available=7, crossing=1)
            uow.publish(event, tenant_id=UUID(boss.workspace_id))
        await eventually(lambda: receiver.heard)
    ((headers, body),) = receiver.heard
    heard = Webhook(made["secret"]).verify(body, headers)
    assert (heard["type"], heard["data"]) == ("credits.low", {"threshold": 100, "available": 7})


async def test_a_slow_receiver_delays_nobody(post: Gateway) -> None:
    """Red when one waits for the answer to another's message."""
    slow, quick = await owner(post, "slow@hooks.example"), await owner(post, "quick@hooks.example")
    async with receiving() as silent, receiving() as receiver:
        silent.answers.clear()
        waiting = await named(slow, url=silent.url)
        for _ in range(6):
            await slow.did("POST", f"webhooks/{waiting['id']}/test", status=202)
        await eventually(lambda: silent.heard)
        made = await named(quick, url=receiver.url)
        await quick.did("POST", f"webhooks/{made['id']}/test", status=202)
        await eventually(lambda: receiver.heard)
        assert {one["state"] for one in await deliveries(slow, waiting["id"])} == {"sending", "waiting"}
        await slow.did("DELETE", f"webhooks/{waiting['id']}", status=204)
        silent.answers.set()


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.first.example/", "https://10.0.0.1/", "https://169.254.169.254/latest", "https://[fd00::1]/"),
        *(
            "https://2130706433/",
            "https://me:word@hooks.first.example/",
            "https://hooks.first.example:22/",
            "https://x/",
        ),
    ],
)
async def test_an_address_that_is_not_of_the_open_internet_is_not_taken(post: Gateway, url: str) -> None:
    """Red when one can be named that leads inside, or over the wire in the clear."""
    boss = await owner(post, f"{new_id().hex}@hooks.example")
    assert await boss.refused("POST", "webhooks", {**NEW, "url": url}) == (422, "url_refused")
    made = await named(boss)
    assert await boss.refused("PATCH", f"webhooks/{made['id']}", {"url": url}) == (422, "url_refused")


async def test_this_machine_is_reached_only_beside_the_sandbox(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when a gateway without a sandbox takes a loopback address; and when one without keys takes any."""
    monkeypatch.setenv("ENCRYPTION_KEYS", RING)
    async with replica(behind) as gateway:
        boss = await owner(gateway, "inside@hooks.example")
        for url in ("http://127.0.0.1:9/", "http://localhost:9/", "https://[::1]/", "https://127.0.0.1/"):
            assert await boss.refused("POST", "webhooks", {**NEW, "url": url}) == (422, "url_refused")
    monkeypatch.setenv("ENCRYPTION_KEYS", "")
    async with replica(behind) as gateway:
        boss = await owner(gateway, "no-keys@hooks.example")
        assert await boss.refused("POST", "webhooks", NEW) == (409, "sealing_off")


async def test_a_workspace_has_so_many_webhooks_and_no_more(post: Gateway) -> None:
    """Red when there is no bound, or pages lose one."""
    boss = await owner(post, "many@hooks.example")
    made = [(await named(boss))["id"] for _ in range(MOST_ENDPOINTS)]
    assert await boss.refused("POST", "webhooks", NEW) == (409, "too_many_endpoints")
    first = await boss.did("GET", "webhooks?limit=7")
    rest = await boss.did("GET", f"webhooks?limit=7&cursor={first['next_cursor']}")
    assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


async def test_of_another_workspace_nothing_is_seen_and_viewers_and_members_may_not(post: Gateway) -> None:
    """Red when an id of another workspace opens anything, or somebody without settings may look or change."""
    boss, other = await owner(post, "mine@hooks.example"), await owner(post, "other@hooks.example")
    made = await named(boss)
    tried = await boss.did("POST", f"webhooks/{made['id']}/test", status=202)
    await room_for(post, boss.workspace_id, 10)
    path, foreign = f"webhooks/{made['id']}", await named(other)
    asked = [
        ("GET", path, None),
        ("PATCH", path, {"enabled": False}),
        ("DELETE", path, None),
        ("POST", f"{path}/rotate-secret", None),
        ("POST", f"{path}/test", None),
        ("GET", f"{path}/deliveries", None),
        ("POST", f"{path}/deliveries/{tried['id']}/redeliver", None),
    ]
    for method, where, body in asked:
        assert await other.refused(method, where, body) == (404, "webhook_not_found")
    mixed = f"webhooks/{foreign['id']}/deliveries/{tried['id']}/redeliver"
    assert await other.refused("POST", mixed) == (404, "delivery_not_found")
    for role in ("viewer", "member"):
        person = await join(boss, f"{role}@hooks.example", role)
        for method, where, body in [*asked, ("GET", "webhooks", None), ("POST", "webhooks", NEW)]:
            assert await person.refused(method, where, body) == (403, "role_too_low")
        assert (await person.did("GET", "webhook-events"))["items"]


async def test_nothing_is_sent_to_one_that_is_off(post: Gateway) -> None:
    """Red when trying or redelivering answers 202 and then nothing comes."""
    boss = await owner(post, "off@hooks.example")
    made = await named(boss)
    tried = await boss.did("POST", f"webhooks/{made['id']}/test", status=202)
    await boss.did("PATCH", f"webhooks/{made['id']}", {"enabled": False})
    assert await boss.refused("POST", f"webhooks/{made['id']}/test") == (409, "webhook_disabled")
    again = f"webhooks/{made['id']}/deliveries/{tried['id']}/redeliver"
    assert await boss.refused("POST", again) == (409, "webhook_disabled")
