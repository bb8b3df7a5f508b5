"""Who are you: sign up, sign in, tokens."""

import asyncio
import sys
from datetime import timedelta
from uuid import uuid4

import jwt
import pytest
from sqlalchemy import text

from libs.common.clock import utc_now
from services.gateway.clients.tokens import AccessToken, issue_token
from tests.integration.gateway.conftest import AUTH_SECRET, PASSWORD, Behind, Gateway, bearer, replica


async def test_signing_up_makes_a_workspace_and_announces_it(gateway: Gateway) -> None:
    token = await gateway.sign_up("ada@first.example")
    me = (await gateway.client.get("/v1/me", headers=bearer(token))).json()
    assert me["role"] == "owner"
    assert me["workspace_id"] == token["workspace_id"]
    assert me["operator"] is False
    async with gateway.platform.open_uow() as uow:
        row = await uow.conn.execute(
            text(
                "SELECT count(*) FROM gateway.outbox WHERE routing_key = 'gateway.workspace.created.v1' AND body LIKE :wid"
            ),
            {"wid": f"%{token['workspace_id']}%".encode()},
        )
        assert row.scalar_one() == 1


async def test_an_address_is_signed_up_once_whatever_its_case(gateway: Gateway) -> None:
    await gateway.sign_up("twice@first.example")
    body = {"email": " Twice@First.Example ", "password": PASSWORD, "workspace_name": "Other"}
    answer = await gateway.client.post("/v1/auth/sign-up", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(gateway: Gateway) -> None:
    await gateway.sign_up("known@first.example")
    bodies = [
        {"email": "known@first.example", "password": "not this one"},
        {"email": "unknown@first.example", "password": PASSWORD},
    ]
    answers = [await gateway.client.post("/v1/auth/token", json=body) for body in bodies]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["code"] == "credentials_wrong"
    assert answers[0].headers["content-type"] == "application/problem+json"


async def test_the_right_password_signs_in(gateway: Gateway) -> None:
    first = await gateway.sign_up("back@first.example")
    answer = await gateway.client.post("/v1/auth/token", json={"email": "back@first.example", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json()["workspace_id"] == first["workspace_id"]


async def test_weak_passwords_and_bad_addresses_are_refused_by_name(gateway: Gateway) -> None:
    cases = {
        "password_too_short": {"email": "x@first.example", "password": "tiny-pw", "workspace_name": "W"},
        "password_is_email": {
            "email": "long-name@first.example",
            "password": "Long-name@first.example",
            "workspace_name": "W",
        },
        "invalid_request": {"email": "no address", "password": PASSWORD, "workspace_name": "W"},
    }
    for code, body in cases.items():
        answer = await gateway.client.post("/v1/auth/sign-up", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert body["password"] not in answer.text


async def test_missing_forged_and_expired_tokens_are_refused_by_name(gateway: Gateway) -> None:
    token = await gateway.sign_up("tokens@first.example")
    who = AccessToken(user_id=uuid4(), workspace_id=uuid4())
    expired = issue_token(who, secret=AUTH_SECRET, now=utc_now() - timedelta(days=2), lifetime=timedelta(days=1))
    stranger = issue_token(who, secret=AUTH_SECRET, now=utc_now(), lifetime=timedelta(days=1))
    forged = jwt.encode(
        jwt.decode(token["access_token"], options={"verify_signature": False}),
        "another-secret-of-somebody-else-0123456789",
        algorithm="HS256",
    )
    cases = {"token_missing": None, "token_invalid": forged, "token_expired": expired, "membership_ended": stranger}
    for code, text_ in cases.items():
        headers = {"Authorization": f"Bearer {text_}"} if text_ else {}
        answer = await gateway.client.get("/v1/jobs", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert gateway.behind.paths == []


async def test_in_production_an_operators_address_is_not_for_whoever_types_it(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sign-up proves no address. Red when it makes an operator of whoever knows one; or when the server's own command does
    not."""
    email, body = "chief@corofy.example", {"password": PASSWORD, "workspace_name": "Mine"}
    monkeypatch.setenv("ENV", "production")
    monkeypatch.setenv("ADMIN_EMAILS", f"other@corofy.example, {email.upper()}")
    async with replica(behind) as gateway:
        refused = await gateway.client.post("/v1/auth/sign-up", json={**body, "email": f" {email.title()} "})
        assert (refused.status_code, refused.json()["code"]) == (403, "address_reserved")
        assert f"services.gateway.add_operator {email}" in refused.json()["detail"]
        assert await add_operator(email, PASSWORD) == (
            0,
            f"{email} can sign in now, as an operator with a workspace of their own.",
        )
        token = await gateway.client.post("/v1/auth/token", json={"email": email, "password": PASSWORD})
        me = (await gateway.client.get("/v1/me", headers=bearer(token.json()))).json()
        assert (me["operator"], me["role"]) == (True, "owner")
        await gateway.sign_up("anybody@corofy.example")
    assert await add_operator(email, PASSWORD) == (1, f"{email} is signed up already: sign in instead")
    assert await add_operator("stranger@corofy.example", PASSWORD) == (
        1, "stranger@corofy.example is not listed in ADMIN_EMAILS: add it there first"
    )  # fmt: skip
    assert (await add_operator("other@corofy.example", "short"))[0] == 1


async def add_operator(email: str, password: str) -> tuple[int | None, str]:
    """The command, with the password on stdin. Answers its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.gateway.add_operator", email),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(f"{password}\n".encode()), timeout=30)
    return process.returncode, said.decode().strip()


async def test_what_is_too_large_for_a_form_is_refused(gateway: Gateway) -> None:
    """Red when a password of any length is hashed, or a body of any size is read, for somebody we do not know."""
    body = {"email": "large@first.example", "password": "x" * 201, "workspace_name": "W"}
    for path in ("/v1/auth/sign-up", "/v1/auth/token"):
        answer = await gateway.client.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        answer = await gateway.client.post(path, json={**body, "password": "x" * 70_000})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_name_with_nul_in_it_is_refused_by_name(gateway: Gateway) -> None:
    """Red when it is a crash."""
    body = {"email": "nul@first.example", "password": PASSWORD, "workspace_name": "A\0B"}
    answer = await gateway.client.post("/v1/auth/sign-up", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "text_not_storable")


async def test_an_operator_is_whom_the_settings_name(gateway: Gateway) -> None:
    token = await gateway.sign_up("boss@corofy.example")
    me = (await gateway.client.get("/v1/me", headers=bearer(token))).json()
    assert me["operator"] is True
