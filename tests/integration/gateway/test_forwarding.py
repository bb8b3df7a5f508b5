"""The gateway passes requests on, with a signed identity that nobody outside can forge."""

from collections.abc import AsyncGenerator

from libs.common.http.identity import IDENTITY_HEADER, read_identity
from services.gateway.domain.routing import owner_of
from tests.integration.gateway.conftest import INTERNAL_SECRET, Gateway, bearer


async def test_a_request_reaches_its_service_with_a_signed_identity(gateway: Gateway) -> None:
    token = await gateway.sign_up("forward@first.example")
    headers = {**bearer(token), IDENTITY_HEADER: "forged", "Cookie": "a=b", "Idempotency-Key": "k1"}
    answer = await gateway.client.post("/v1/jobs/a%20b?x=1&y=%26", json={"n": 1}, headers=headers)
    assert (answer.status_code, answer.json()) == (418, {"path": "jobs/a b"})
    seen = gateway.behind.headers[-1]
    identity = read_identity(seen[IDENTITY_HEADER.lower()], secret=INTERNAL_SECRET)
    assert str(identity.workspace_id) == token["workspace_id"]
    assert identity.operator is False
    assert seen["idempotency-key"] == "k1"
    assert "authorization" not in seen
    assert "cookie" not in seen
    assert gateway.behind.paths[-1] == "/v1/jobs/a b?x=1&y=%26"
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


async def test_an_unknown_route_and_a_silent_service_are_problems(gateway: Gateway) -> None:
    token = await gateway.sign_up("problems@first.example")
    answer = await gateway.client.get("/v1/nothing", headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (404, "route_not_found")
    answer = await gateway.client.get("/v1/campaigns", headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
    assert answer.headers["retry-after"] == "2"
    assert "sender" in answer.json()["detail"]


async def test_the_inside_of_services_is_not_reachable_through_the_gateway(gateway: Gateway) -> None:
    token = await gateway.sign_up("inside@first.example")
    for path in ("/v1/../internal/status", "/v1/internal/status", "/internal/status"):
        answer = await gateway.client.get(path, headers=bearer(token))
        assert answer.status_code in {401, 404}
    assert gateway.behind.paths == []


async def test_the_served_description_covers_every_public_path_of_every_service(gateway: Gateway) -> None:
    document = (await gateway.client.get("/openapi.json")).json()
    paths = set(document["paths"])
    assert {"/v1/auth/token", "/v1/me", "/v1/events"} <= paths
    for path in paths - {"/v1/auth/token", "/v1/auth/sign-up", "/v1/me", "/v1/events"}:
        assert owner_of(path.removeprefix("/v1/")) is not None, f"{path} is described but not forwarded"
