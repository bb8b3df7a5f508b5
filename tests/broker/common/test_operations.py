"""What operators ask a service, and how the HTTP edge answers when something is wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, SecretStr
from sqlalchemy import text

from libs.common import errors
from libs.common.clock import utc_now
from libs.common.http.dependencies import Uow
from libs.common.http.identity import IDENTITY_HEADER, CurrentIdentity, Identity, sign_identity
from libs.common.http.problems import STATUS
from libs.common.messaging.consumer import Subscription
from tests.broker.common.parts import EFFECTS, WORK, Bench, created
from tests.broker.common.test_dead_letters import refuses
from tests.broker.common.test_stopping import service_of
from tests.support.waiting import eventually

OPERATOR = Identity(UUID(int=1), UUID(int=2), "owner", "request-1", operator=True)
MEMBER = Identity(UUID(int=1), UUID(int=2), "member", "request-2")


@dataclass
class Edge:
    """A running service and a client of it."""

    bench: Bench
    app: FastAPI
    client: httpx.AsyncClient

    def signed(self, identity: Identity, *, age_s: float = 0, secret: str | None = None) -> dict[str, str]:
        key = secret or self.bench.settings.internal_secret.get_secret_value()
        return {IDENTITY_HEADER: sign_identity(identity, secret=key, now=utc_now() - timedelta(seconds=age_s))}

    async def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.client.request(method, path, headers=headers or self.signed(OPERATOR))


class Thing(BaseModel):
    count: int


@pytest.fixture
async def edge(bench: Bench) -> AsyncGenerator[Edge]:
    app = service_of(bench, [Subscription(WORK, refuses)])

    @app.get("/v1/fails/{name}")
    async def fail(name: str) -> None:  # pyright: ignore[reportUnusedFunction] - a route
        raise getattr(errors, name)("what was wrong", extra={"retry_after_s": 3})

    @app.get("/v1/crashes")
    async def crash() -> None:  # pyright: ignore[reportUnusedFunction] - a route
        raise ZeroDivisionError("secret detail")

    @app.get("/v1/loses-the-database")
    async def lose(uow: Uow) -> None:  # pyright: ignore[reportUnusedFunction] - a route
        pid = (await uow.conn.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        async with bench.engine.connect() as other:
            await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        await uow.conn.execute(text("SELECT 1"))

    @app.post("/v1/things")
    async def make(thing: Thing, _: CurrentIdentity) -> Thing:  # pyright: ignore[reportUnusedFunction] - a route
        return thing

    @app.get("/v1/stores")
    async def store(uow: Uow, name: str) -> None:  # pyright: ignore[reportUnusedFunction] - a route
        await uow.conn.execute(EFFECTS.insert().values(name=name))

    @app.get("/v1/stores-json")
    async def store_json(uow: Uow, name: str) -> None:  # pyright: ignore[reportUnusedFunction] - a route
        await uow.conn.execute(text("SELECT CAST(:value AS jsonb)"), {"value": json.dumps({"name": name})})

    @app.get("/v1/divides")
    async def divide(uow: Uow) -> None:  # pyright: ignore[reportUnusedFunction] - a route
        await uow.conn.execute(text("SELECT 1/0"))

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://s") as client:
        yield Edge(bench, app, client)


async def test_an_operator_lists_shows_replays_and_discards_dead_letters(edge: Edge) -> None:
    await edge.bench.deliver(created("one"))
    await edge.bench.deliver(created("two"))
    await eventually(lambda: _count(edge, 2))
    first, second = (await edge.ask("GET", "/internal/dead-letters")).json()["items"]
    shown = (await edge.ask("GET", f"/internal/dead-letters/{first['id']}")).json()
    assert shown["cause"] == "will_never_do"
    assert '"type":"gateway.workspace.created"' in shown["body"]

    discarded = await edge.ask("POST", f"/internal/dead-letters/{first['id']}/discard")
    again = await edge.ask("POST", f"/internal/dead-letters/{first['id']}/discard")
    assert (discarded.status_code, again.status_code, again.json()["code"]) == (200, 409, "dead_letter_closed")

    await edge.ask("POST", f"/internal/dead-letters/{second['id']}/replay")
    await eventually(lambda: _died_later(edge, second["died_at"]))
    unknown = await edge.ask("POST", f"/internal/dead-letters/{UUID(int=9)}/replay")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "dead_letter_not_found")


async def _count(edge: Edge, count: int) -> bool:
    return len((await edge.ask("GET", "/internal/dead-letters")).json()["items"]) == count


async def _died_later(edge: Edge, before: str) -> bool:
    (letter,) = (await edge.ask("GET", "/internal/dead-letters")).json()["items"] or [{"died_at": before}]
    return letter["died_at"] != before


async def test_the_status_tells_of_outbox_queues_letters_and_schedules(edge: Edge) -> None:
    told = (await edge.ask("GET", "/internal/status")).json()
    assert told["outbox"] == {"pending": 0, "oldest_seconds": 0.0, "last_error": None}
    assert told["queues"][WORK] == 0
    assert {"ingest.retry.5s", f"{WORK}.dead"} <= set(told["queues"])
    assert {schedule["name"] for schedule in told["schedules"]} <= {
        "sweep_outbox", "sweep_inbox", "sweep_dead_letters",
    }  # fmt: skip


async def test_only_an_operator_sees_the_inside(edge: Edge) -> None:
    """Red when a route asks for any identity, or for none."""
    letter = f"/internal/dead-letters/{UUID(int=1)}"
    reading = [("GET", path) for path in ("/internal/status", "/internal/dead-letters", letter)]
    for method, path in [*reading, ("POST", f"{letter}/replay"), ("POST", f"{letter}/discard")]:
        assert (await edge.ask(method, path, headers=edge.signed(MEMBER))).json()["code"] == "operators_only"
        assert (await edge.ask(method, path, headers={"x": "y"})).json()["code"] == "identity_missing"


async def test_an_identity_that_is_not_fresh_and_ours_is_nobodys(edge: Edge) -> None:
    """No service trusts a request without the gateway's signature. Red when the key, the age or the algorithm is not
    looked at."""
    forged = {IDENTITY_HEADER: "eyJhbGciOiJub25lIn0.eyJ3aWQiOiIxIn0."}
    for headers in (edge.signed(OPERATOR, secret="x" * 32), edge.signed(OPERATOR, age_s=120), forged):
        answer = await edge.ask("GET", "/internal/status", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "identity_invalid")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_every_named_failure_is_a_problem_with_a_code(edge: Edge) -> None:
    """One place maps failures to HTTP. Red when a kind is missing there."""
    for kind, status in STATUS.items():
        answer = await edge.ask("GET", f"/v1/fails/{kind.__name__}")
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["Retry-After"] == "3"
        body = answer.json()
        assert (body["code"], body["detail"], body["status"]) == (kind.code, "what was wrong", status)


async def test_a_crash_says_nothing_of_the_inside(edge: Edge) -> None:
    answer = await edge.ask("GET", "/v1/crashes")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret detail" not in answer.text


async def test_a_lost_database_is_a_503_that_says_when_to_come_back(edge: Edge) -> None:
    answer = await edge.ask("GET", "/v1/loses-the-database")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.headers["Retry-After"] == "2"


async def test_bad_input_says_where_and_what(edge: Edge) -> None:
    answer = await edge.client.post("/v1/things", json={"count": "many"}, headers=edge.signed(MEMBER))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["where"] == "body.count"
    assert (await edge.ask("GET", "/v1/nowhere")).json()["code"] == "route_not_found"


@pytest.mark.parametrize("path", ["/v1/stores", "/v1/stores-json"])
async def test_a_character_that_cannot_be_stored_is_the_askers_to_correct(edge: Edge, path: str) -> None:
    """Red when NUL, in a text or in JSON, is a crash of ours; or when any failing statement is the asker's."""
    answer = await edge.ask("GET", f"{path}?name=a%00b")
    assert (answer.status_code, answer.json()["code"]) == (422, "text_not_storable")
    assert "U+0000" in answer.json()["detail"]
    assert (await edge.ask("GET", "/v1/divides")).json()["code"] == "internal_error"


async def test_a_slash_too_many_is_not_redirected(edge: Edge) -> None:
    """Red when the framework redirects: the address it would name is an inside one."""
    answer = await edge.ask("GET", "/v1/crashes/")
    assert (answer.status_code, answer.json()["code"]) == (404, "route_not_found")


async def test_the_metrics_of_a_service_are_there_to_be_read(edge: Edge) -> None:
    await edge.ask("GET", "/v1/nowhere")
    shown = (await edge.client.get("/metrics")).text
    for name in ("http_requests_total", "outbox_pending_rows", "db_pool_connections_in_use", "dead_letters_open_rows"):
        assert f"# TYPE {name} " in shown


async def test_where_a_token_is_set_the_metrics_are_for_who_shows_it(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when somebody at the gateway's published port learns how much is done, and what fails."""
    token = "a-token-of-metrics-0123456789-abcdef"
    monkeypatch.setattr(edge.app.state.platform.settings, "metrics_token", SecretStr(token))
    for shown in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {token}x"}, {"Authorization": token}):
        refused = await edge.client.get("/metrics", headers=shown)
        assert (refused.status_code, refused.json()["code"]) == (401, "metrics_token_missing")
    allowed = await edge.client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert "# TYPE http_requests_total " in allowed.text
