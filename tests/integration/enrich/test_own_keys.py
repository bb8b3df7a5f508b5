"""A workspace's own keys: who may bring them, where they lie, who works under them, and that nobody else is touched."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select, text

from libs.common.clock import utc_now
from libs.common.contracts.enrich import (
    ChunkEnriched,
    ChunkReturned,
    ProviderExhausted,
    ProviderKeysChanged,
    ProviderRecovered,
)
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity
from libs.common.ids import new_id
from services.enrich.clients.keyring import Keyring
from services.enrich.clients.tools import Tools, open_tools
from services.enrich.in_flight.floor import Floor
from services.enrich.in_flight.key_watch import KeyWatch
from services.enrich.main import make_app
from services.enrich.repositories import providers
from services.enrich.repositories.providers import Refusal
from services.enrich.settings import EnrichSettings
from services.enrich.tables import COMMON, provider_keys
from services.enrich.use_cases.reseal_provider_keys import reseal_provider_keys
from services.enrich.use_cases.turn_provider_out import turn_provider_out
from tests.integration.enrich.bench import INGRID, MODEL, Bench, World
from tests.support.clock import started_without_a_clock
from tests.support.waiting import eventually

SECRET = "a-secret-for-tests-that-is-long-enough"
RING, FRESH = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
ALL = ("serper", "groq", "firecrawl")
SHARED = "sandbox"
"""The key of the shared accounts where the sandbox answers."""


def key_of(provider: str, *, no: int = 1) -> str:
    return f"{provider}-own-key-number-{no:04}"


@dataclass
class Workspace:
    """Somebody of a workspace, with the API and a worker at hand."""

    id: UUID
    client: httpx.AsyncClient
    bench: Bench

    async def ask(
        self, method: str, path: str, *, status: int, role: str = "owner", body: object = None
    ) -> dict[str, Any]:
        identity = Identity(self.id, UUID(int=5), role, "test", operator=False)
        headers = {IDENTITY_HEADER: sign_identity(identity, secret=SECRET, now=utc_now())}
        answer = await self.client.request(method, f"/v1/providers{path}", headers=headers, json=body)
        assert answer.status_code == status, answer.text
        assert "own-key-number" not in answer.text
        return answer.json() if answer.content else {}

    async def bring(self, *providers: str, no: int = 1, status: int = 200) -> list[dict[str, Any]]:
        """Sets keys; answers when this replica works under them."""
        said = [
            await self.ask("PUT", f"/{one}/key", status=status, body={"key": key_of(one, no=no)}) for one in providers
        ]
        if status == 200:
            await eventually(lambda: all(self.works_under(one, no) for one in providers))
        return said

    def works_under(self, provider: str, no: int, tools: Tools | None = None) -> bool:
        mine = (tools or self.bench.floor.tools).for_tenant(self.id)
        return any(one.provider == provider and one.key == key_of(provider, no=no) for one in mine.accounts)

    async def listed(self) -> dict[str, dict[str, Any]]:
        items = (await self.ask("GET", "", status=200))["items"]
        return {one["provider"]: one for one in items}

    async def enrich(self, *, dispatch: int = 1) -> None:
        await self.bench.deliver(self.bench.chunk([INGRID], dispatch=dispatch), tenant=self.id)

    def account(self, provider: str) -> str:
        return f"{provider}:{self.id}"


def settings_of(database: str, vhost: str, world: World, *, ring: str = RING) -> EnrichSettings:
    return EnrichSettings(
        env="test",
        database_url=database,
        rabbitmq_url=SecretStr(vhost),
        internal_secret=SecretStr(SECRET),
        sandbox_url=world.url,
        encryption_keys=SecretStr(ring),
        groq_models=MODEL,
        serper_base_url=f"{world.url}/serper",
        groq_base_url=f"{world.url}/groq",
        firecrawl_base_url=f"{world.url}/firecrawl",
    )


@pytest.fixture(scope="module")
async def app(module_database: str, module_vhost: str, one_world: World) -> AsyncGenerator[FastAPI]:
    app = make_app(settings_of(module_database, module_vhost, one_world))
    async with started_without_a_clock(app):
        yield app


@pytest.fixture
async def us(app: FastAPI, database: str, world: World) -> AsyncGenerator[Workspace]:
    assert database
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://enrich") as client:
        yield workspace(app, client, world)


def workspace(app: FastAPI, client: httpx.AsyncClient, world: World) -> Workspace:
    floor = app.state.parts.resources
    assert isinstance(floor, Floor)
    return Workspace(new_id(), client, Bench(floor, floor.open_uow, app.state.platform.listener, world))


@pytest.fixture
def them(app: FastAPI, us: Workspace, world: World) -> Workspace:
    return workspace(app, us.client, world)


async def test_a_key_is_checked_kept_and_shown_by_its_last_four(us: Workspace, them: Workspace) -> None:
    """Red when a key is shown, is not told of, or shows up with another workspace."""
    (said,) = await us.bring("groq")
    assert (said["provider"], said["last_four"], said["accepted"], said["message"]) == ("groq", "0001", True, None)
    ours, theirs = (await us.listed())["groq"], (await them.listed())["groq"]
    assert (ours["mode"], ours["last_four"], ours["state"]) == ("own", "0001", "up")
    assert (theirs["mode"], theirs["last_four"], theirs["set_at"]) == ("sandbox", None, None)
    assert await us.bench.said(ProviderKeysChanged) == [
        {"workspace_id": str(us.id), "providers": ["groq"], "change_no": 1}
    ]
    assert us.bench.world.answered("groq") == 1, "asked once"


async def test_rows_go_by_the_workspaces_keys_and_the_shared_account_is_left_alone(
    us: Workspace, them: Workspace
) -> None:
    """Red when one of the three calls still goes by the shared key: here its day is over, everywhere."""
    await us.bring(*ALL)
    us.bench.world.turn(**{one: {"exhausted_keys": [SHARED]} for one in ALL})
    await us.enrich()
    (row,) = await us.bench.rows_said(ChunkEnriched)
    assert row["status"] == "enriched"
    assert set(row["receipt"]["provider_calls"]) == set(ALL)
    await them.enrich()
    (exhausted,) = await us.bench.said(ProviderExhausted)
    assert exhausted["workspace_id"] is None
    await us.enrich(dispatch=2)
    assert len(await us.bench.rows_said(ChunkEnriched)) == 2, "and what is said of it does not concern us"


@pytest.mark.parametrize("provider", ALL)
async def test_an_own_key_that_is_rejected_parks_only_its_workspace(
    us: Workspace, them: Workspace, provider: str
) -> None:
    """P7. Red when another workspace's job waits for a key that is not its own, or the event does not say whose it is."""
    await us.bring(provider)
    us.bench.world.turn(**{provider: {"bad_keys": [key_of(provider)]}})
    await us.enrich()
    (exhausted,) = await us.bench.said(ProviderExhausted)
    assert (exhausted["account"], exhausted["provider"], exhausted["workspace_id"]) == (
        us.account(provider),
        provider,
        str(us.id),
    )
    assert [one["reason"] for one in await us.bench.said(ChunkReturned)] == ["bad_key"]
    assert (await us.listed())[provider]["state"] == "out"
    await them.enrich()
    assert [row["status"] for row in await us.bench.rows_said(ChunkEnriched)] == ["enriched"]


async def test_a_probe_of_an_own_account_asks_with_its_key(us: Workspace) -> None:
    """Red when it asks with the shared key: the account would count as back while its key is still rejected."""
    await us.bring("groq")
    us.bench.world.turn(groq={"bad_keys": [key_of("groq")]})
    await us.enrich()
    await us.bench.probe()
    assert await us.bench.said(ProviderRecovered) == []
    us.bench.world.reset()
    await us.bench.probe()
    (back,) = await us.bench.said(ProviderRecovered)
    assert (back["account"], back["workspace_id"], back["counter"]) == (us.account("groq"), str(us.id), 3)


async def test_another_key_counts_as_recovered_and_outlives_the_old_ones_refusal(us: Workspace) -> None:
    """Red when jobs stay parked after the key is mended, or a call of the old key, still under way, parks them again."""
    await us.bring("groq")
    us.bench.world.turn(groq={"bad_keys": [key_of("groq")]})
    await us.enrich()
    await us.bring("groq", no=2)
    (back,) = await us.bench.said(ProviderRecovered)
    assert back["account"] == us.account("groq")
    async with us.bench.open_uow() as uow:
        late = Refusal("bad_key", "said of the old key", resume_at=None)
        await turn_provider_out(uow, us.account("groq"), late, seen=back["counter"] - 1, probe_at=utc_now())
    assert len(await us.bench.said(ProviderExhausted)) == 1
    await us.enrich(dispatch=2)
    assert [row["status"] for row in await us.bench.rows_said(ChunkEnriched)] == ["enriched"]


async def test_a_refusal_under_way_while_the_first_other_key_is_set_says_nothing(us: Workspace) -> None:
    """Red when the counter rises only for accounts that were out: the old key's refusal would park under the new key."""
    await us.bring("groq")
    async with us.bench.open_uow() as uow:
        seen = (await providers.load(uow.conn))[us.account("groq")].counter
    await us.bring("groq", no=2)
    async with us.bench.open_uow() as uow:
        late = Refusal("bad_key", "said of the old key", resume_at=None)
        await turn_provider_out(uow, us.account("groq"), late, seen=seen, probe_at=utc_now())
    assert await us.bench.said(ProviderExhausted) == []


async def test_a_deleted_key_gives_way_to_the_shared_account(us: Workspace) -> None:
    """Red when its rows go on under a key that somebody has taken away."""
    await us.bring("serper")
    us.bench.world.turn(serper={"bad_keys": [key_of("serper")]})
    await us.enrich()
    await us.ask("DELETE", "/serper/key", status=204)
    assert (await us.listed())["serper"]["mode"] == "sandbox"
    assert [one["providers"] for one in await us.bench.said(ProviderKeysChanged)] == [["serper"], []]
    await eventually(lambda: not us.works_under("serper", 1))
    await us.enrich(dispatch=2)
    assert [row["status"] for row in await us.bench.rows_said(ChunkEnriched)] == ["enriched"]
    again = await us.ask("DELETE", "/serper/key", status=404)
    assert again["code"] == "provider_key_missing"


@pytest.mark.parametrize("provider", ALL)
async def test_a_key_that_the_provider_rejects_is_refused_with_its_words(us: Workspace, provider: str) -> None:
    """Red when a typing error parks a job tomorrow instead of being shown now."""
    us.bench.world.turn(**{provider: {"bad_keys": [key_of(provider)]}})
    (refused,) = await us.bring(provider, status=422)
    assert refused["code"] == "provider_key_rejected"
    assert "HTTP 40" in refused["detail"]
    assert (await us.listed())[provider]["mode"] == "sandbox"
    assert await us.bench.said(ProviderKeysChanged) == []


@pytest.mark.parametrize("provider", ALL)
async def test_a_provider_that_cannot_be_asked_is_no_reason_to_refuse_a_key(us: Workspace, provider: str) -> None:
    """Red when a key cannot be set while its provider is down, or nobody is told that it is unproven."""
    us.bench.world.turn(**{provider: {"fail_rate": 1, "fail_status": 503}})
    (said,) = await us.bring(provider)
    assert not said["accepted"]
    assert "could not be asked whether it is good" in said["message"]
    assert (await us.listed())[provider]["mode"] == "own"


async def test_a_key_whose_day_is_over_is_a_good_key(us: Workspace) -> None:
    """Red when it is refused like a wrong one."""
    us.bench.world.turn(groq={"exhausted_keys": [key_of("groq")]})
    (said,) = await us.bring("groq")
    assert said["accepted"]
    assert "requests per day" in said["message"]


async def test_only_who_settles_things_for_the_workspace_may_change_keys(us: Workspace) -> None:
    """Red when any member, or nobody at all, may have the workspace's rows go by another key."""
    body = {"key": key_of("groq")}
    refused = await us.ask("PUT", "/groq/key", status=403, role="member", body=body)
    assert refused["code"] == "admins_only"
    assert (await us.ask("DELETE", "/groq/key", status=403, role="member"))["code"] == "admins_only"
    await us.ask("PUT", "/groq/key", status=200, role="admin", body=body)
    anonymous = await us.client.put("/v1/providers/groq/key", json=body)
    assert anonymous.status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/apollo/key", {"key": "x" * 30}, 404, "provider_unknown"),
        ("/groq/key", {"key": "short"}, 422, "key_malformed"),
        ("/groq/key", {"key": "has blanks own-key-number"}, 422, "key_malformed"),
        ("/groq/key", {"key": ["own-key-number"]}, 422, "invalid_request"),
        ("/groq/key", {"key": "own-key-number" * 3, "other": 1}, 422, "invalid_request"),
    ],
)
async def test_what_is_no_key_is_refused_by_name(
    us: Workspace, path: str, body: object, status: int, code: str
) -> None:
    """Red when the answer repeats what was typed (`ask` looks), or a provider is asked about nonsense."""
    assert (await us.ask("PUT", path, status=status, body=body))["code"] == code
    assert not us.bench.world.box.calls.counts


async def test_a_key_lies_sealed_and_is_in_no_event_and_no_log(us: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    """Red when the database, the bus or a log file would give it away."""
    caplog.set_level(logging.DEBUG)
    us.bench.world.turn(groq={"fail_rate": 1})
    await us.bring(*ALL)
    us.bench.world.turn(groq={"fail_rate": 0, "bad_keys": [key_of("groq")]})
    await us.enrich()
    async with us.bench.open_uow() as uow:
        rows = (await uow.conn.execute(text("SELECT provider_keys::text FROM enrich.provider_keys"))).scalars().all()
        bodies = (await uow.conn.execute(select(COMMON.outbox.c.body))).scalars().all()
    assert len(rows) == 3
    for one in [*rows, *(bytes(body).decode() for body in bodies), caplog.text, repr(us.bench.floor.tools)]:
        assert "own-key-number" not in one
        assert key_of("groq").encode().hex() not in one


async def test_every_replica_sees_a_change_by_its_notification(us: Workspace) -> None:
    """Red when another replica goes on under the old key until it is restarted."""
    floor = us.bench.floor
    async with another_replica(us) as tools:
        watch = KeyWatch(floor.open_uow, us.bench.listener, tools, floor.keyring)
        await us.bring("groq")
        await watch.look()
        assert us.works_under("groq", 1, tools)
        client = tools.for_tenant(us.id).groq
        await us.bring("serper")
        await watch.look()
        assert us.works_under("serper", 1, tools)
        assert tools.for_tenant(us.id).groq is client, "what it knows of an unchanged key's models stays"
        await us.ask("DELETE", "/groq/key", status=204)
        await us.ask("DELETE", "/serper/key", status=204)
        await watch.look()
        assert tools.for_tenant(us.id) is tools


def another_replica(us: Workspace) -> Any:
    accounts = us.bench.world.accounts()
    return open_tools(accounts, groq_models=[MODEL], rows_in_flight=4, places=accounts)


async def test_a_fresh_encryption_key_takes_over_without_anybody_typing(us: Workspace) -> None:
    """Red when the old one can never be taken out, or a key is lost on the way."""
    floor = us.bench.floor
    await us.bring("groq", "serper")
    assert await reseal_provider_keys(floor.open_uow, floor.keyring) == 0
    assert await reseal_provider_keys(floor.open_uow, Keyring([FRESH, RING])) == 2
    assert await reseal_provider_keys(floor.open_uow, Keyring([FRESH, RING])) == 0
    async with another_replica(us) as tools:
        await KeyWatch(floor.open_uow, us.bench.listener, tools, Keyring([FRESH])).look()
        assert us.works_under("groq", 1, tools)
        assert us.works_under("serper", 1, tools)


async def test_a_key_that_cannot_be_read_any_more_is_rejected_not_replaced(us: Workspace) -> None:
    """Red when the rows of a workspace silently go by the shared account because ENCRYPTION_KEYS was lost."""
    floor = us.bench.floor
    await us.bring("groq")
    async with another_replica(us) as tools:
        await KeyWatch(floor.open_uow, us.bench.listener, tools, Keyring([FRESH])).look()
        account = next(one for one in tools.for_tenant(us.id).accounts if one.provider == "groq")
        assert (account.name, account.key) == (us.account("groq"), "")
    assert await reseal_provider_keys(floor.open_uow, Keyring([FRESH])) == 0


async def test_without_encryption_keys_nobody_can_bring_one(database: str, module_vhost: str, world: World) -> None:
    """Red when a key would lie in the clear, or the refusal does not say who can do what about it."""
    app = make_app(settings_of(database, module_vhost, world, ring=""))
    async with (
        started_without_a_clock(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://enrich") as client,
    ):
        refused = await workspace(app, client, world).ask("PUT", "/groq/key", status=409, body={"key": key_of("groq")})
    assert refused["code"] == "own_keys_off"
    assert "ENCRYPTION_KEYS" in refused["detail"]


async def test_two_changes_at_once_are_told_one_after_the_other(us: Workspace) -> None:
    """Red when two changes carry one number, or the later one does not know of the earlier: ingest would forget a key."""
    await asyncio.gather(*(us.bring(one) for one in ALL))
    told = sorted(await us.bench.said(ProviderKeysChanged), key=lambda one: one["change_no"])
    assert [one["change_no"] for one in told] == [1, 2, 3]
    assert [len(one["providers"]) for one in told] == [1, 2, 3]
    async with us.bench.open_uow() as uow:
        stored = (await uow.conn.execute(select(provider_keys.c.provider))).scalars().all()
    assert sorted(stored) == sorted(ALL)


def test_what_is_told_of_keys_has_no_room_for_one() -> None:
    """A key has no field to be in."""
    assert set(ProviderKeysChanged.model_fields) == {"workspace_id", "providers", "change_no"}
