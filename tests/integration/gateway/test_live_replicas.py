"""The second path of live events: each replica's own transient queue, also when its connection was lost."""

import asyncio
from urllib.parse import quote, urlsplit

import httpx
import pytest

from deploy.local.pair import Pair
from services.gateway.live import LiveFeed, LiveHub
from tests.integration.gateway.browser import grant, listening, recorded
from tests.integration.gateway.conftest import Behind, Gateway, replica
from tests.support.cable import cable_to
from tests.support.waiting import eventually


async def test_each_replica_hears_every_event(gateway: Gateway) -> None:
    """Red when replicas share a queue: each browser would be sent some of its events."""
    token = await gateway.sign_up("replicas@live.example")
    async with (
        replica(gateway.behind) as other,
        listening(gateway, token) as here,
        listening(other, token) as there,
    ):
        said = [await grant(gateway, token["workspace_id"]) for _ in range(10)]
        await eventually(lambda: set(here.ids) == set(there.ids) == set(said))


async def test_the_queue_of_a_replica_goes_with_it(gateway: Gateway, server_pair: Pair, module_vhost: str) -> None:
    """Transient and exclusive. Red when it is declared durable, shared or as a quorum queue: it would fill for ever once its
    replica has gone."""
    async with replica(gateway.behind):
        await eventually(lambda: _live_queues(server_pair, module_vhost, count=2))
        for queue in await _queues(server_pair, module_vhost):
            kind = {name: queue[name] for name in ("durable", "exclusive", "auto_delete", "type")}
            assert kind == {"durable": False, "exclusive": True, "auto_delete": True, "type": "classic"}
    await eventually(lambda: _live_queues(server_pair, module_vhost, count=1))


async def _live_queues(pair: Pair, vhost_url: str, *, count: int) -> bool:
    return len(await _queues(pair, vhost_url)) == count


async def _queues(pair: Pair, vhost_url: str) -> list[dict[str, object]]:
    address = urlsplit(pair.management_url)
    base, login = (
        f"{address.scheme}://{address.hostname}:{address.port}",
        (address.username or "", address.password or ""),
    )
    async with httpx.AsyncClient(base_url=base, auth=login, timeout=20, trust_env=False) as api:
        answer = await api.get(f"/api/queues/{quote(urlsplit(vhost_url).path[1:], safe='')}")
    found: list[dict[str, object]] = answer.raise_for_status().json()
    return [queue for queue in found if str(queue["name"]).startswith("gateway.live.")]


async def test_browsers_catch_up_after_the_broker_was_away(
    behind: Behind, module_vhost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is gone with the connection, and what the relays say before there is a new one is in the history alone.
    Red when the open streams stay open: nobody would ask for it."""
    async with cable_to(module_vhost) as cable:
        monkeypatch.setenv("RABBITMQ_URL", cable.url)
        async with replica(behind) as gateway:
            token = await gateway.sign_up("away@live.example")
            async with listening(gateway, token) as browser:
                before = await grant(gateway, token["workspace_id"])
                await browser.has(before)
                await cable.unplug()
                missed = await grant(gateway, token["workspace_id"])
                await cable.plug_in()
                await eventually(lambda: browser.ended)
            await recorded(gateway, before, missed)
            async with listening(gateway, token, last=browser.last) as again:
                await eventually(lambda: {*browser.ids, *again.ids} == {before, missed})


async def test_a_replica_is_ready_for_browsers_once_it_listens(gateway: Gateway, module_vhost: str) -> None:
    """Red when it lets browsers come before it has a queue: it would end their streams as soon as it has one."""
    assert [await check() for check in gateway.parts.ready] == [None]
    feed = LiveFeed(rabbitmq_url=module_vhost, hub=LiveHub())
    assert await feed.ready() == "live events are not listened for yet"
    listening_for = asyncio.create_task(feed.run())
    try:
        await eventually(lambda: _may_come(feed))
    finally:
        listening_for.cancel()
        await asyncio.gather(listening_for, return_exceptions=True)


async def _may_come(feed: LiveFeed) -> bool:
    return await feed.ready() is None
