"""What every request and answer of the gateway has: a name, limits, security headers, and fewer bytes."""

import asyncio
import gzip
from collections import Counter

import pytest

from tests.integration.gateway.conftest import Behind, Gateway, bearer, replica
from tests.integration.gateway.people import join, owner

PAGES = ["/v1/jobs", "/v1/me", "/v1/nothing", "/openapi.json", "/docs", "/u/abc", "/auth/v1/health", "/auth/v1/user"]


@pytest.mark.parametrize("path", PAGES)
async def test_every_answer_has_a_request_id_and_says_what_browsers_may_not_do_with_it(
    gateway: Gateway, path: str
) -> None:
    """Red when an error, a page or an answer of a service goes out bare."""
    answer = await gateway.client.get(path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert len(answer.headers.get_list("X-Request-Id")) == 1
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in answer.headers, "this one is reached by http"


async def test_https_only_is_said_where_the_gateway_is_reached_by_https(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when the first request of a browser may go out in the clear for ever."""
    monkeypatch.setenv("APP_BASE_URL", "https://corofy.example")
    async with replica(behind) as gateway:
        answer = await gateway.client.get("/auth/v1/health")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")


@pytest.mark.parametrize("said", ["a b", "x" * 101, "", "\u00e9"])
async def test_a_request_is_known_by_one_name_everywhere(gateway: Gateway, said: str) -> None:
    """Red when somebody's word for a request could break a log line, or the service hears another than the asker."""
    token = await gateway.sign_up("named@door.example")
    headers = {**bearer(token), "X-Request-Id": "mine-1"}
    assert (await gateway.client.get("/v1/jobs", headers=headers)).headers["X-Request-Id"] == "mine-1"
    assert gateway.behind.headers[-1]["x-request-id"] == "mine-1"
    odd = {b"X-Request-Id": said.encode("latin-1"), b"Authorization": bearer(token)["Authorization"].encode()}
    answer = await gateway.client.get("/v1/jobs", headers=odd)
    assert answer.headers["X-Request-Id"] not in {said, "mine-1"}
    assert gateway.behind.headers[-1]["x-request-id"] == answer.headers["X-Request-Id"]


async def test_text_is_packed_for_whoever_takes_that_and_files_are_not(gateway: Gateway) -> None:
    """Red when a large document is sent whole, or a file's promised length does not hold."""
    async with gateway.client.stream("GET", "/openapi.json", headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join([part async for part in answer.aiter_raw()])
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
    plain = await gateway.client.get("/openapi.json", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed) == plain.content
    assert len(packed) < len(plain.content) / 8
    token = await gateway.sign_up("packed@door.example")
    file = await gateway.client.get("/v1/jobs/1/download", headers=bearer(token))
    assert "Content-Encoding" not in file.headers
    assert len(file.content) == 70_001
    assert "Content-Encoding" not in (await gateway.client.get("/v1/me", headers=bearer(token))).headers, "too small"


async def test_each_user_and_each_key_has_a_number_of_requests_of_its_own(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when one of them can use up what the others ask, when replicas count apart, or when headers do not say so."""
    monkeypatch.setenv("USER_REQUESTS_PER_MINUTE", "20")
    monkeypatch.setenv("KEY_REQUESTS_PER_MINUTE", "3")
    async with replica(behind) as gateway, replica(behind) as other:
        boss = await owner(gateway, "boss@counted.example")
        made = await boss.did("POST", "api-keys", {"name": "One", "scopes": ["read"]}, status=201)
        headers = {"Authorization": f"Bearer {made['key']}"}
        clients = [gateway.client, other.client] * 4
        answers = await asyncio.gather(*(one.get("/v1/jobs", headers=headers) for one in clients))
        assert Counter(one.status_code for one in answers) == {418: 3, 429: 5}
        refused = next(one for one in answers if one.status_code == 429)
        assert refused.json()["code"] == "too_many_requests"
        assert 0 < int(refused.headers["Retry-After"]) <= 20
        assert (refused.headers["RateLimit-Limit"], refused.headers["RateLimit-Remaining"]) == ("3", "0")
        mine = await boss.ask("GET", "jobs")
        assert mine.status_code == 418
        assert (mine.headers["RateLimit-Limit"], mine.headers["RateLimit-Policy"]) == ("20", "20;w=60")
        again = await boss.ask("GET", "me")
        assert int(again.headers["RateLimit-Remaining"]) == int(mine.headers["RateLimit-Remaining"]) - 1


async def test_a_service_that_is_dead_is_503_for_its_routes_only(gateway: Gateway) -> None:
    """Red when one service takes others with it. Nothing listens where enrich should be."""
    token = await gateway.sign_up("dead@door.example")
    dead = await gateway.client.get("/v1/providers", headers=bearer(token))
    assert (dead.status_code, dead.json()["code"]) == (503, "service_unavailable")
    assert dead.headers["content-type"] == "application/problem+json"
    assert "Retry-After" in dead.headers
    for path in ("/v1/jobs", "/v1/credits", "/v1/lists"):
        assert (await gateway.client.get(path, headers=bearer(token))).status_code == 418


async def test_who_may_what_is_asked_of_the_path_that_is_served(gateway: Gateway) -> None:
    """A Host with a path in it makes another URL of the request. Red when a viewer gets through by one, or the audit log
    tells of another path."""
    boss = await owner(gateway, "boss@host.example")
    viewer = await join(boss, "viewer@host.example", "viewer")
    passed = len(gateway.behind.paths)
    assert (await viewer.ask("POST", "jobs", {}, Host="here/v1/me?")).status_code in {400, 403}
    assert (await viewer.ask("POST", "campaigns/1/start", {}, Host="here/v1/campaigns/1/check?")).status_code in {
        400,
        403,
    }
    assert len(gateway.behind.paths) == passed
    await boss.ask("POST", "jobs/1%3Fx/y", {})
    (newest, *_) = (await boss.did("GET", "audit"))["items"]
    assert newest["route"] == "/v1/jobs/1?x/y"


async def test_a_method_that_a_path_has_not_got_is_405_with_those_it_has(gateway: Gateway) -> None:
    """Red when it is called a path that is not there; or when a path that is not there has methods."""
    boss = await owner(gateway, "boss@method.example")
    answer = await boss.ask("PUT", "members", {})
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET"
    answer = await boss.ask("POST", f"members/{boss.user_id}", {})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE, PATCH")
    heard = len(gateway.behind.paths)
    answer = await boss.ask("POST", f"jobs/{boss.user_id}", {})
    assert (answer.status_code, answer.headers.get("Allow")) == (405, "DELETE, GET, PATCH")
    answer = await boss.ask("DELETE", "invitations/accept")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    for method in ("TRACE", "PROPFIND"):
        answer = await boss.ask(method, "jobs")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
    assert len(gateway.behind.paths) == heard
    assert (await boss.ask("HEAD", "me")).headers["Allow"] == "GET"
    assert await boss.refused("PUT", "members/a/b/c", {}) == (404, "route_not_found")
