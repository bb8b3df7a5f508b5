"""Who are you: sign up, sign in, who am I, operators."""

import asyncio
import json
import sys
from datetime import timedelta
from uuid import uuid4

import httpx
import jwt
import pytest
from sqlalchemy import text

from libs.common.clock import utc_now
from services.gateway.clients.tokens import issue_token
from services.gateway.domain.tokens import Vouched, claims_for
from tests.integration.gateway.conftest import AUTH_SECRET, PASSWORD, Behind, Gateway, bearer, replica


async def sign_up(gateway: Gateway, email: str, password: str = PASSWORD, **more: object) -> httpx.Response:
    return await gateway.client.post("/auth/v1/signup", json={"email": email, "password": password, **more})


async def sign_in(gateway: Gateway, email: str, password: str = PASSWORD) -> httpx.Response:
    who = {"email": email, "password": password}
    return await gateway.client.post("/auth/v1/token", params={"grant_type": "password"}, json=who)


async def test_the_first_request_makes_a_workspace_and_announces_it_once(gateway: Gateway) -> None:
    """Ten first requests at once. Red when each makes one, one is turned away, or it is not said to be a newcomer's."""
    who = {"email": "ada@first.example", "password": PASSWORD, "data": {"workspace_name": " Acme\n Inc "}}
    await gateway.client.post("/auth/v1/signup", json=who)
    session = await gateway.sign_in("ada@first.example")
    asked = [gateway.client.get("/v1/me", headers=bearer(session)) for _ in range(10)]
    answers = [answer.json() for answer in await asyncio.gather(*asked)]
    assert [answers[0]] * 10 == answers
    me = answers[0]
    assert (me["role"], me["operator"], me["workspace_name"]) == ("owner", False, "Acme Inc")
    async with gateway.platform.open_uow() as uow:
        row = await uow.conn.execute(
            text(
                "SELECT body FROM gateway.outbox WHERE routing_key = 'gateway.workspace.created.v1' AND body LIKE :uid"
            ),
            {"uid": f"%{me['user_id']}%".encode()},
        )
        assert json.loads(row.scalar_one())["data"]["for_newcomer"] is True


async def test_an_address_is_one_user_whatever_its_case(gateway: Gateway) -> None:
    first = await gateway.sign_up("twice@first.example")
    assert (await sign_up(gateway, " Twice@First.Example ", "another password")).status_code == 200
    assert (await sign_in(gateway, "twice@first.example", "another password")).status_code == 400
    again = await gateway.sign_in(" TWICE@first.example ")
    me = (await gateway.client.get("/v1/me", headers=bearer(again))).json()
    assert me["workspace_id"] == first["workspace_id"]


async def test_nobody_learns_by_an_answer_whether_an_address_has_an_account(gateway: Gateway) -> None:
    """Sign-up, sign-in and a forgotten password, for a known address, an unknown one, and an operator's. Red when one
    answers otherwise, by status, words, or shape."""
    await gateway.sign_up("known@first.example")
    answers = {email: await sign_up(gateway, email) for email in ("known@first.example", "new@first.example")}
    shapes = [_shape(answer.json()) for answer in answers.values()]
    assert shapes[0] == shapes[1]
    assert [answer.status_code for answer in answers.values()] == [200, 200]
    for email, answer in answers.items():
        body = answer.json()
        assert (body["email"], body["email_confirmed_at"], len(body["identities"])) == (email, None, 1)
    wrong = [
        await sign_in(gateway, "known@first.example", "not this one"),
        await sign_in(gateway, "unknown@first.example"),
    ]
    assert [answer.status_code for answer in wrong] == [400, 400]
    assert wrong[0].json() == wrong[1].json()
    assert wrong[0].json() == {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}
    for path, more in (("recover", {}), ("resend", {"type": "signup"})):
        asked = [
            await gateway.client.post(f"/auth/v1/{path}", json={"email": email, **more})
            for email in ("known@first.example", "unknown@first.example")
        ]
        assert [(answer.status_code, answer.json()) for answer in asked] == [(200, {})] * 2


def _shape(body: object) -> object:
    if isinstance(body, dict):
        return {key: _shape(value) for key, value in body.items()}
    return [_shape(value) for value in body] if isinstance(body, list) else type(body).__name__


async def test_weak_passwords_and_bad_addresses_are_refused_by_name(gateway: Gateway) -> None:
    """Red also when an error repeats the password."""
    cases = [
        ("weak_password", "x@first.example", "tiny-pw"),
        ("weak_password", "long-name@first.example", "Long-name@first.example"),
        ("validation_failed", "no address", PASSWORD),
        ("validation_failed", "x@first.example", "x" * 201),
    ]
    for code, email, password in cases:
        answer = await sign_up(gateway, email, password)
        body = answer.json()
        assert (answer.status_code, body["code"], body["error_code"]) == (422, 422, code)
        assert password not in answer.text
    assert (await sign_up(gateway, "x@first.example", "tiny-pw")).json()["weak_password"] == {"reasons": ["length"]}
    for no_json in (b"{", b'"\x80'):
        headers = {"Content-Type": "application/json"}
        broken = await gateway.client.post("/auth/v1/signup", content=no_json, headers=headers)
        assert (broken.status_code, broken.json()["error_code"]) == (400, "bad_json")
    for words in ({"a": "\0"}, {"a": "x" * 5000}):
        answer = await sign_up(gateway, "words@first.example", data=words)
        assert (answer.status_code, answer.json()["error_code"]) == (422, "validation_failed")
    large = await sign_up(gateway, "x@first.example", "x" * 70_000)
    assert (large.status_code, large.json()["error_code"]) == (413, "too_large")


async def test_missing_forged_and_expired_tokens_are_refused_by_name(gateway: Gateway) -> None:
    session = await gateway.sign_up("tokens@first.example")
    said = jwt.decode(session["access_token"], options={"verify_signature": False})
    past, hour = utc_now() - timedelta(days=2), timedelta(hours=1)

    def issued(vouched: Vouched, **more: object) -> str:
        claims = claims_for(vouched, words={}, issuer=said["iss"], now=utc_now(), lifetime=hour)
        return issue_token({**claims, **more}, secret=AUTH_SECRET)

    stranger = Vouched(uuid4(), "tokens@first.example", uuid4())
    expired = issue_token(
        claims_for(stranger, words={}, issuer=said["iss"], now=past, lifetime=hour), secret=AUTH_SECRET
    )
    cases = [
        ("token_missing", None),
        ("token_invalid", jwt.encode(said, "another-secret-of-somebody-else-0123456789", algorithm="HS256")),
        ("token_expired", expired),
        ("token_invalid", issued(stranger)),
        ("token_invalid", issued(Vouched(stranger.user_id, "x@y.example", None), session_id="")),
        ("session_ended", issue_token({**said, "session_id": str(uuid4())}, secret=AUTH_SECRET)),
        ("token_invalid", issue_token({**said, "role": "service_role"}, secret=AUTH_SECRET)),
        ("token_invalid", issue_token({**said, "iss": "http://elsewhere/auth/v1"}, secret=AUTH_SECRET)),
        ("key_invalid", "cfy_nobodys"),
    ]
    for code, token in cases:
        headers = {"X-Workspace-Id": "no-id", **({"Authorization": f"Bearer {token}"} if token else {})}
        answer = await gateway.client.get("/v1/jobs", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer.headers["content-type"] == "application/problem+json"
    assert gateway.behind.paths == []


async def test_the_workspace_is_chosen_by_a_header_and_others_are_not_there(gateway: Gateway) -> None:
    """Red when a token carries a workspace, when one of others is answered for, or when it differs from one that is not
    there."""
    mine, theirs = await gateway.sign_up("mine@spaces.example"), await gateway.sign_up("theirs@spaces.example")
    said = jwt.decode(mine["access_token"], options={"verify_signature": False})
    assert mine["workspace_id"] not in str(said)
    refused = [
        await gateway.client.get(path, headers={**bearer(mine), "X-Workspace-Id": named})
        for named in (theirs["workspace_id"], str(uuid4()), "no-id", "")
        for path in ("/v1/me", "/v1/jobs")
    ]
    assert {(answer.status_code, answer.text) for answer in refused} == {(404, refused[0].text)}
    assert refused[0].json()["code"] == "workspace_not_found"
    assert gateway.behind.paths == []
    async with gateway.platform.open_uow() as uow:
        await uow.conn.execute(
            text("INSERT INTO gateway.memberships (user_id, workspace_id, role) VALUES (:user, :workspace, 'viewer')"),
            {"user": mine["user_id"], "workspace": theirs["workspace_id"]},
        )
    there = {**bearer(mine), "X-Workspace-Id": theirs["workspace_id"]}
    assert (await gateway.client.get("/v1/me", headers=there)).json()["role"] == "viewer"
    assert (await gateway.client.get("/v1/me", headers=bearer(mine))).json()["workspace_id"] == mine["workspace_id"]
    await gateway.client.get("/v1/jobs", headers={**there, "apikey": "anon"})
    assert not {"x-workspace-id", "apikey"} & set(gateway.behind.headers[-1])


async def test_whoever_has_left_their_last_workspace_gets_no_other(gateway: Gateway) -> None:
    """A workspace comes with a trial grant. Red when leaving it makes another."""
    session = await gateway.sign_up("left@spaces.example")
    async with gateway.platform.open_uow() as uow:
        await uow.conn.execute(
            text("DELETE FROM gateway.memberships WHERE user_id = :user"), {"user": session["user_id"]}
        )
    for _ in range(2):
        answer = await gateway.client.get("/v1/me", headers=bearer(session))
        assert (answer.status_code, answer.json()["code"]) == (403, "no_workspace")


async def test_in_production_an_operators_address_is_not_for_whoever_types_it(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sign-up proves no address. Red when it makes an operator of whoever knows one, before or after it was listed; or when
    the server's own command does not."""
    email, early = "chief@corofy.example", "early@corofy.example"
    async with replica(behind) as gateway:
        squatter = await gateway.sign_up(early)
    monkeypatch.setenv("ENV", "production")
    monkeypatch.setenv("ADMIN_EMAILS", f"{early}, {email.upper()}")
    async with replica(behind) as gateway:
        assert (await sign_up(gateway, f" {email.title()} ")).status_code == 200
        assert (await sign_in(gateway, email)).json()["error_code"] == "invalid_credentials"
        me = (await gateway.client.get("/v1/me", headers=bearer(squatter))).json()
        assert (me["email"], me["operator"]) == (early, False)
        assert await add_operator(email, PASSWORD) == (
            0,
            f"{email} can sign in now, as an operator with a workspace of their own.",
        )
        token = await gateway.sign_in(email)
        me = (await gateway.client.get("/v1/me", headers=bearer(token))).json()
        assert (me["operator"], me["role"], me["workspace_name"]) == (True, "owner", "Operators")
        assert await add_operator(early, "the operator's own") == (
            0,
            f"{early} can sign in now, as an operator with this password; all its sessions have ended.",
        )
        assert (await gateway.client.get("/v1/me", headers=bearer(squatter))).json()["code"] == "session_ended"
        assert (await sign_in(gateway, early)).status_code == 400
        me = await gateway.client.get("/v1/me", headers=bearer(await gateway.sign_in(early, "the operator's own")))
        assert me.json()["operator"] is True
        await gateway.sign_up("anybody@corofy.example")
    assert await add_operator("stranger@corofy.example", PASSWORD) == (
        1, "stranger@corofy.example is not listed in ADMIN_EMAILS: add it there first"
    )  # fmt: skip
    assert (await add_operator(email, "short"))[0] == 1


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


async def test_an_operator_is_whom_the_settings_name(gateway: Gateway) -> None:
    token = await gateway.sign_up("boss@corofy.example")
    me = (await gateway.client.get("/v1/me", headers=bearer(token))).json()
    assert me["operator"] is True
