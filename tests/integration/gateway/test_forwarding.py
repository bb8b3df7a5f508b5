"""The gateway passes requests on, with a signed identity that nobody outside can forge."""

import asyncio
import os
import re
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import pytest
import uvicorn

from libs.common.http.identity import IDENTITY_HEADER, read_identity
from libs.common.http.openapi import load_committed
from libs.common.ids import new_id
from services.gateway.clients.services import KEEPALIVE_S
from services.gateway.domain.routing import MAX_PUBLIC_AT_ONCE, OWNERS, PUBLIC, owner_of, public_owner_of
from tests.integration.gateway.conftest import INTERNAL_SECRET, Behind, Gateway, bearer, replica
from tests.support.cable import cable_to
from tests.support.waiting import PATIENCE_S


async def test_a_request_reaches_its_service_with_a_signed_identity(gateway: Gateway) -> None:
    token = await gateway.sign_up("forward@first.example")
    headers = {**bearer(token), IDENTITY_HEADER: "forged", "Cookie": "a=b", "Idempotency-Key": "k1"}
    answer = await gateway.client.post("/v1/jobs/a%20b/c?x=1&y=%26", json={"n": 1}, headers=headers)
    assert (answer.status_code, answer.json()) == (418, {"path": "v1/jobs/a b/c"})
    seen = gateway.behind.headers[-1]
    identity = read_identity(seen[IDENTITY_HEADER.lower()], secret=INTERNAL_SECRET)
    assert str(identity.workspace_id) == token["workspace_id"]
    assert identity.operator is False
    assert seen["idempotency-key"] == "k1"
    assert "authorization" not in seen
    assert "cookie" not in seen
    assert gateway.behind.paths[-1] == "/v1/jobs/a b/c?x=1&y=%26"
    assert gateway.behind.bodies[-1] == b'{"n":1}'


async def test_bodies_stream_both_ways(gateway: Gateway) -> None:
    token = await gateway.sign_up("stream@first.example")

    async def body() -> AsyncGenerator[bytes]:
        for _ in range(50):
            yield b"x" * 10_000

    answer = await gateway.client.post("/v1/uploads?filename=a.csv", content=body(), headers=bearer(token))
    assert answer.status_code == 418
    assert len(gateway.behind.bodies[-1]) == 500_000
    answer = await gateway.client.get("/v1/jobs/1/download", headers=bearer(token))
    assert answer.content == b"a" * 70_000 + b"b"
    assert answer.headers["content-disposition"] == 'attachment; filename="x"'


@pytest.mark.parametrize("path", ["large", "refused"])
@pytest.mark.parametrize("length", [{}, {"Content-Length": "40000000"}], ids=["unknown", "declared"])
async def test_a_refusal_in_the_middle_of_an_upload_reaches_the_client(
    gateway: Gateway, path: str, length: dict[str, str]
) -> None:
    """Red when the broken upload counts for more than the answer: the client would be told to try again."""
    token = await gateway.sign_up(f"{new_id()}@first.example")

    async def body() -> AsyncGenerator[bytes]:
        for _ in range(400):
            yield b"x" * 100_000

    answer = await gateway.client.patch(f"/v1/uploads/resumable/{path}", content=body(), headers=bearer(token) | length)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("length", [{}, {"Content-Length": "4000000"}], ids=["unknown", "declared"])
@pytest.mark.parametrize("path", ["jobs", "suppressions", "nothing/there", "campaigns/1/2/3/4"])
async def test_no_service_hears_of_a_body_that_is_larger_than_anything_right(
    gateway: Gateway, path: str, length: dict[str, str]
) -> None:
    """Red when whoever is signed in can fill a service's memory, or when only those who say how much they send are held."""
    token = await gateway.sign_up(f"{new_id()}@first.example")
    heard = len(gateway.behind.bodies)

    async def body() -> AsyncGenerator[bytes]:
        for _ in range(40):
            yield b"x" * 100_000

    answer = await gateway.client.post(f"/v1/{path}", content=body(), headers=bearer(token) | length)
    expected = (404, "route_not_found") if path.startswith("nothing") else (413, "too_large")
    assert (answer.status_code, answer.json()["code"]) == expected
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(gateway.behind.bodies) == heard


async def test_an_etag_passes_both_ways(gateway: Gateway) -> None:
    """Red when a client that knows an answer is sent it again, or loses the version that it is to change."""
    token = await gateway.sign_up("etag@first.example")
    known = bearer(token) | {"If-None-Match": '"7"', "Accept-Encoding": "gzip"}
    answer = await gateway.client.get("/v1/jobs", headers=known)
    assert (answer.status_code, answer.headers["ETag"], answer.content) == (304, '"7"', b"")
    sent = bearer(token) | {"If-Match": '"6"'}
    assert (await gateway.client.post("/v1/jobs", json={}, headers=sent)).status_code == 418
    assert gateway.behind.headers[-1]["if-match"] == '"6"'


async def test_an_unknown_route_and_a_service_that_is_away_are_problems(gateway: Gateway) -> None:
    """Red when a service that cannot be reached is anything but 503 with a time to come back."""
    token = await gateway.sign_up("problems@first.example")
    answer = await gateway.client.get("/v1/nothing", headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (404, "route_not_found")
    answer = await gateway.client.get("/v1/catalogue", headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
    assert answer.headers["retry-after"] == "2"
    assert "enrich" in answer.json()["detail"]


async def test_a_request_that_was_sent_and_not_answered_is_not_called_unsent(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 is an invitation to repeat. Red when a connection that breaks under a request is one that could not be made."""
    async with cable_to(os.environ["INGEST_URL"]) as cable:
        monkeypatch.setenv("BILLING_URL", cable.url)
        async with replica(behind) as gateway:
            token = await gateway.sign_up("silence@first.example")
            asked = asyncio.create_task(gateway.client.post("/v1/billing/silence", headers=bearer(token)))
            await asyncio.wait_for(behind.reached.wait(), PATIENCE_S)
            await cable.unplug()
            answer = await asked
            assert (answer.status_code, answer.json()["code"]) == (502, "outcome_unknown")
            assert "Idempotency-Key" in answer.json()["detail"]
            refused = await gateway.client.post("/v1/billing/silence", headers=bearer(token))
            assert (refused.status_code, refused.json()["code"]) == (503, "service_unavailable")


def test_a_connection_is_dropped_before_the_service_drops_it() -> None:
    """A request on a connection that is just being closed is lost. Red when we keep idle ones as long as uvicorn does."""
    assert uvicorn.Config("services.gateway.main:build_app").timeout_keep_alive > KEEPALIVE_S


async def raw(gateway: Gateway, target: str, *headers: bytes) -> tuple[int, bytes]:
    """A request that no client has normalised."""
    address = urlsplit(gateway.base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    lines = [f"GET {target} HTTP/1.1".encode(), b"Host: gateway", b"Connection: close", *headers, b"", b""]
    writer.write(b"\r\n".join(lines))
    async with asyncio.timeout(PATIENCE_S):
        answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1]), answer


@pytest.mark.parametrize(
    "target",
    [
        "/v1/jobs/../../metrics",
        "/v1/jobs/%2e%2E/%2e./internal/status",
        "/v1/jobs/./1",
        "/v1/jobs%2f..%2f..%2fmetrics",
        "/v1/jobs/..",
        "/v1/../internal/status",
        "/v1/internal/status",
        "/internal/status",
        "/v1/jobs/%252e%252e/%252e%252e/metrics",
    ],
)
async def test_the_inside_of_services_is_not_reachable_through_the_gateway(gateway: Gateway, target: str) -> None:
    """Red when a path with `.` or `..` in it is passed on: it would be another path there."""
    token = await gateway.sign_up(f"inside-{new_id()}@first.example")
    status, _ = await raw(gateway, target, f"Authorization: {bearer(token)['Authorization']}".encode())
    assert status in {401, 404, 418}
    assert [path for path in gateway.behind.paths if not path.startswith("/v1/jobs/%2e%2e")] == []


async def test_bytes_in_a_header_travel_and_a_hops_own_headers_do_not(gateway: Gateway) -> None:
    """Red when headers pass through text (an é is a 500), or when those named by `Connection` are passed on, either way."""
    token = await gateway.sign_up("headers@first.example")
    signed = f"Authorization: {bearer(token)['Authorization']}".encode()
    name, hop = "X-Who: Ren\u00e9".encode("latin-1"), b"Connection: X-One, x-two"
    status, _ = await raw(gateway, "/v1/jobs/1", signed, name, hop, b"X-One: 1", b"X-Two: 2", b"X-Request-Id: \xe9")
    assert status == 418
    seen = gateway.behind.headers[-1]
    assert seen["x-who"].encode("latin-1").decode() == "Ren\u00e9"
    assert not {"x-one", "x-two"} & set(seen)
    answer = await gateway.client.get("/v1/jobs/1/download", headers=bearer(token))
    assert "x-hop" not in answer.headers
    names = [name.lower() for name, _ in answer.headers.raw]
    assert (names.count(b"date"), names.count(b"server")) == (1, 1), "the gateway's own server writes them"


async def test_the_served_description_covers_every_public_path_of_every_service(gateway: Gateway) -> None:
    """Red when a described path is not forwarded, or when a prefix is forwarded to where nothing is described."""
    document = (await gateway.client.get("/openapi.json")).json()
    paths = set(document["paths"])
    own = set(load_committed()["gateway"]["paths"])
    assert {*own, "/auth/v1/token", "/auth/v1/signup"} <= paths
    for path in paths - own:
        below = path.removeprefix("/v1/")
        assert owner_of(below) or public_owner_of(below), f"{path} is described but not forwarded"
    described = {segment for segment, path in PUBLIC.items() if path.below}
    assert {path.split("/")[2] for path in paths - own} == set(OWNERS) | described
    public = {path for path in paths if path.split("/")[2] in PUBLIC}
    assert all(operation["security"] == [] for path in public for operation in document["paths"][path].values())


async def test_the_page_of_the_api_loads_nothing_from_outside(gateway: Gateway) -> None:
    """Red when the page needs a host that an installation cannot reach, or runs what stands in it."""
    page = await gateway.client.get("/docs")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<script>" not in page.text
    needed = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert [one for one in needed if not one.startswith(("/docs/", "data:"))] == []
    for path in [one for one in needed if one.startswith("/")]:
        assert (await gateway.client.get(path)).status_code == 200, path
    assert 'url: "/openapi.json"' in (await gateway.client.get("/docs/start.js")).text
    assert (await gateway.client.get("/docs/redoc.standalone.js")).json()["code"] == "route_not_found"


async def test_a_signed_link_is_passed_on_without_a_token_and_without_a_word_of_who_asks(gateway: Gateway) -> None:
    """Red when a link needs a token, or when somebody unknown can claim to be a member to the service."""
    forged = {IDENTITY_HEADER: "forged", "Authorization": "Bearer x", "Cookie": "a=b", "Range": "bytes=0-1"}
    answer = await gateway.client.get("/v1/downloads/a.b.c", headers=forged)
    assert (answer.status_code, answer.json()) == (418, {"path": "v1/downloads/a.b.c"})
    seen = gateway.behind.headers[-1]
    assert seen["range"] == "bytes=0-1"
    assert not {IDENTITY_HEADER.lower(), "authorization", "cookie"} & set(seen)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_unsubscribe_link_is_passed_on_without_a_token(gateway: Gateway, method: str) -> None:
    """Red when whoever wants no more mail needs a login, or when the one click of RFC 8058 does not arrive as it was sent."""
    body = b"List-Unsubscribe=One-Click" if method == "POST" else b""
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    forged = {IDENTITY_HEADER: "forged", "Cookie": "a=b", "Accept-Language": "de", **kind}
    answer = await gateway.client.request(method, "/u/abc-_1", content=body or None, headers=forged)
    assert (answer.status_code, answer.json()) == (418, {"path": "u/abc-_1"})
    seen = gateway.behind.headers[-1]
    assert (gateway.behind.bodies[-1], seen["accept-language"]) == (body, "de")
    assert not {IDENTITY_HEADER.lower(), "authorization", "cookie"} & set(seen)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/u/a/b", 404),
        ("PUT", "/u/a", 405),
        ("GET", "/v1/u/a", 401),
        ("GET", "/v1/downloads", 401),
        ("GET", "/v1/downloads/", 401),
        ("GET", "/v1/downloads/a/b", 401),
        ("GET", "/v1/downloads/a%2Fb", 401),
        ("GET", "/v1/downloads/%2e%2e/jobs", 401),
        ("POST", "/v1/downloads/a", 401),
        ("GET", f"/v1/downloads/{'a' * 5000}", 404),
        ("GET", "/v1/exports/a", 401),
        ("GET", "/v1/stripe/webhooks", 401),
        ("PUT", "/v1/stripe/webhooks", 401),
        ("POST", "/v1/stripe/webhooks/a", 401),
        ("POST", "/v1/stripe/other", 401),
    ],
)
async def test_nothing_else_is_public(gateway: Gateway, method: str, path: str, status: int) -> None:
    """Red when the public path is wider than one signed part, read only."""
    assert (await gateway.client.request(method, path)).status_code == status
    assert gateway.behind.paths == []


async def test_a_public_path_says_to_members_which_methods_it_takes(gateway: Gateway) -> None:
    """Red when a member is told that there is no such path."""
    member = await gateway.sign_up("methods@public.example")
    answer = await gateway.client.put("/v1/stripe/webhooks", headers=bearer(member))
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert gateway.behind.paths == []


async def test_links_have_room_of_their_own(gateway: Gateway) -> None:
    """Red when people nobody knows can take every connection to a service, or when a place is never given back."""
    for _ in range(2 * MAX_PUBLIC_AT_ONCE):
        assert (await gateway.client.get("/v1/downloads/download")).status_code == 200
    room = gateway.resources.public["downloads"]
    for _ in range(MAX_PUBLIC_AT_ONCE):
        room.enter()
    answer = await gateway.client.get("/v1/downloads/download")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_downloads")
    room.leave()
    assert (await gateway.client.get("/v1/downloads/download")).status_code == 200


async def test_what_stripe_tells_is_passed_on_byte_by_byte_and_without_a_token(gateway: Gateway) -> None:
    """Red when a webhook needs a token, when its body is changed on the way, or when its signature stays behind."""
    body = b'{ "id":"evt_1",\n  "a": "\xc3\xa9" }'
    headers = {"Stripe-Signature": "t=1,v1=ab", "Content-Type": "application/json", IDENTITY_HEADER: "forged"}
    answer = await gateway.client.post("/v1/stripe/webhooks", content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (418, {"path": "v1/stripe/webhooks"})
    seen = gateway.behind.headers[-1]
    assert (gateway.behind.bodies[-1], seen["stripe-signature"]) == (body, "t=1,v1=ab")
    assert IDENTITY_HEADER.lower() not in seen


async def test_a_webhook_has_a_limit_of_size_and_a_room_of_its_own(gateway: Gateway) -> None:
    """Red when a body of any size passes, or when a crowd at the webhook takes the places of links."""
    large = await gateway.client.post("/v1/stripe/webhooks", content=b"a" * (PUBLIC["stripe"].max_body_bytes + 1))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    room = gateway.resources.public["stripe"]
    for _ in range(room.path.at_once):
        room.enter()
    answer = await gateway.client.post("/v1/stripe/webhooks", content=b"{}")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_webhooks")
    assert gateway.behind.paths == []
    assert (await gateway.client.get("/v1/downloads/download")).status_code == 200
    room.leave()
    assert (await gateway.client.post("/v1/stripe/webhooks", content=b"{}")).status_code == 418
