"""Signed in by Supabase Auth: its tokens are believed, its users get a workspace once, and nobody signs in here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI, HTTPException
from sqlalchemy import text

from tests.integration.gateway.conftest import Behind, Gateway, replica
from tests.support.upstream import serving
from tests.unit.gateway.issuers import EC_KEY, jwk_of, token

SECRET = "a-legacy-jwt-secret-of-forty-characters!"


class Project:
    """A pretend Supabase project: its address, and how often its keys were asked for."""

    url = ""
    asked = 0
    away = False

    def token(self, **said: Any) -> str:
        return token(**{"iss": f"{self.url}/auth/v1", **said})

    def bearer(self, **said: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(**said)}"}


@pytest.fixture
async def project() -> AsyncGenerator[Project]:
    found, app = Project(), FastAPI()

    @app.get("/auth/v1/.well-known/jwks.json")
    async def keys() -> dict[str, Any]:
        found.asked += 1
        if found.away:
            raise HTTPException(500)
        return {"keys": [jwk_of(EC_KEY, "one")]}

    async with serving(app) as url:
        found.url = url
        yield found


@pytest.fixture
async def gateway(behind: Behind, project: Project, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Gateway]:
    monkeypatch.setenv("SUPABASE_URL", project.url)
    monkeypatch.setenv("SUPABASE_JWT_SECRET", SECRET)
    async with replica(behind) as running:
        yield running


async def test_two_first_requests_at_once_make_one_user_with_one_workspace(gateway: Gateway, project: Project) -> None:
    """Counted on both sides of the race. Red when a trial is granted twice, when one of them fails, or when the keys are
    fetched by each."""
    user = str(uuid4())
    headers = project.bearer(sub=user, email="Ada@Race.Example", user_metadata={"workspace_name": "Acme"})
    answers = await asyncio.gather(*(gateway.client.get("/v1/me", headers=headers) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    bodies = [answer.json() for answer in answers]
    assert bodies == [bodies[0]] * 20
    assert (bodies[0]["user_id"], bodies[0]["email"]) == (user, "ada@race.example")
    assert (bodies[0]["workspace_name"], bodies[0]["role"]) == ("Acme", "owner")
    assert await created(gateway, user) == 1
    assert project.asked == 1


async def created(gateway: Gateway, user: str) -> int:
    async with gateway.platform.open_uow() as uow:
        row = await uow.conn.execute(
            text(
                "SELECT count(*) FROM gateway.outbox WHERE routing_key = 'gateway.workspace.created.v1' AND body LIKE :user"
            ),
            {"user": f"%{user}%".encode()},
        )
        return row.scalar_one()


async def test_an_address_that_changes_hands_is_another_user(gateway: Gateway, project: Project) -> None:
    """Users are known by their id. Red when somebody gets into a workspace by an address that was another's; or when the new
    address of a user is not kept."""
    first, second = str(uuid4()), str(uuid4())
    theirs = (await gateway.client.get("/v1/me", headers=project.bearer(sub=first, email="shared@a.example"))).json()
    mine = (await gateway.client.get("/v1/me", headers=project.bearer(sub=second, email="shared@a.example"))).json()
    assert mine["workspace_id"] != theirs["workspace_id"]
    moved = await gateway.client.get("/v1/me", headers=project.bearer(sub=first, email="moved@a.example"))
    assert (moved.json()["email"], moved.json()["workspace_id"]) == ("moved@a.example", theirs["workspace_id"])
    async with gateway.platform.open_uow() as uow:
        kept = await uow.conn.execute(text("SELECT email FROM gateway.users WHERE id = :id"), {"id": UUID(first)})
        assert kept.scalar_one() == "moved@a.example"


async def test_an_operator_is_who_has_proved_the_address(gateway: Gateway, project: Project) -> None:
    """ADMIN_EMAILS names an address. Supabase puts what users write of themselves into `user_metadata`. Red when that proves
    it, or when a role in either metadata gives anything."""
    boss = {"sub": str(uuid4()), "email": "boss@corofy.example"}
    wrong = {"user_metadata": {"email_verified": True, "operator": True}, "app_metadata": {"role": "owner"}}
    assert (await gateway.client.get("/v1/me", headers=project.bearer(**boss, **wrong))).json()["operator"] is False
    proved = project.bearer(**boss, email_verified=True)
    assert (await gateway.client.get("/v1/me", headers=proved)).json()["operator"] is True
    other = project.bearer(sub=str(uuid4()), email="x@corofy.example", email_verified=True)
    assert (await gateway.client.get("/v1/me", headers=other)).json()["operator"] is False


async def test_the_legacy_secret_is_believed_beside_the_keys(gateway: Gateway, project: Project) -> None:
    """A project that moves to signing keys issues both for a while."""
    said = {"iss": f"{project.url}/auth/v1"}
    legacy = token(SECRET, algorithm="HS256", kid=None, **said)
    assert (await gateway.client.get("/v1/me", headers={"Authorization": f"Bearer {legacy}"})).status_code == 200
    forged = token("0a1b2c3d4e5f60718293a4b5c6d7e8f9access-tokens", algorithm="HS256", kid=None, **said)
    answer = await gateway.client.get("/v1/me", headers={"Authorization": f"Bearer {forged}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid"), "AUTH_SECRET signs nothing here"


async def test_nobody_signs_in_here(gateway: Gateway) -> None:
    """Red when there are two ways in: an account of our own would be one that Supabase knows nothing of."""
    who = {"email": "x@elsewhere.example", "password": "a good password"}
    for method, path in (
        ("POST", "signup"),
        ("POST", "token?grant_type=password"),
        ("POST", "recover"),
        ("GET", "user"),
        ("GET", "settings"),
    ):
        answer = await gateway.client.request(method, f"/auth/v1/{path}", json=who)
        assert (answer.status_code, answer.json()["error_code"]) == (404, "signs_in_elsewhere")


async def test_invented_key_ids_are_one_question_to_the_issuer(gateway: Gateway, project: Project) -> None:
    """Red when whoever sends such tokens has us ask as often."""
    asked = [gateway.client.get("/v1/me", headers=project.bearer(kid=f"invented-{number}")) for number in range(30)]
    answers = await asyncio.gather(*asked)
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "token_invalid")}
    assert project.asked == 1


async def test_keys_that_cannot_be_had_are_no_wrong_token(gateway: Gateway, project: Project) -> None:
    """503 with problem+json, so that nobody is signed out by an outage. Red when it is 401, or a crash; or when each request
    asks an issuer that is away."""
    project.away = True
    answers = [await gateway.client.get("/v1/me", headers=project.bearer()) for _ in range(5)]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "keys_unavailable")}
    assert answers[0].headers["retry-after"] == "30"
    assert project.asked == 1
