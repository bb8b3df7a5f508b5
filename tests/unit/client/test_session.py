"""Who asks: a key, or a session that is renewed."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import respx

from libs.client.client import Client
from libs.client.errors import ApiError, ClientError, Unreachable
from tests.support.examples import example
from tests.unit.client.conftest import BASE

SESSION = example("SessionBody", access_token="t", refresh_token="r", expires_in=3600)
CREDITS = example("CreditsAnswer")


@respx.mock(base_url=BASE)
async def test_a_session_is_renewed_once_before_its_token_expires(respx_mock: respx.MockRouter, client: Client) -> None:
    """Red when a program that takes longer than a token lives ends with 401, or several calls spend one refresh token."""
    respx_mock.post("/auth/v1/token", params={"grant_type": "password"}).respond(json={**SESSION, "expires_in": 1})
    renewed = {**SESSION, "access_token": "t2", "refresh_token": "r2"}
    refresh = respx_mock.post("/auth/v1/token", params={"grant_type": "refresh_token"}).respond(json=renewed)
    credits_route = respx_mock.get("/v1/credits").respond(json=CREDITS)
    await client.sign_in("a@b.example", "pw")
    await asyncio.gather(*(client.show_credits() for _ in range(3)))
    await client.show_credits()
    assert [b'"refresh_token":"r"' in call.request.content for call in refresh.calls] == [True]
    assert credits_route.calls.last.request.headers["Authorization"] == "Bearer t2"
    assert client.bearer == {"Authorization": "Bearer t2"}


@respx.mock(base_url=BASE)
async def test_a_renewal_that_was_not_answered_is_tried_with_the_next_call(
    respx_mock: respx.MockRouter, client: Client
) -> None:
    """Red when one lost connection ends a session for good."""
    respx_mock.post("/auth/v1/token", params={"grant_type": "password"}).respond(json={**SESSION, "expires_in": 1})
    answers = [httpx.ReadError("gone"), httpx.Response(200, json={**SESSION, "access_token": "t2"})]
    respx_mock.post("/auth/v1/token", params={"grant_type": "refresh_token"}).mock(side_effect=answers)
    credits_route = respx_mock.get("/v1/credits").respond(json=CREDITS)
    await client.sign_in("a@b.example", "pw")
    with pytest.raises(Unreachable):
        await client.show_credits()
    await client.show_credits()
    assert credits_route.calls.last.request.headers["Authorization"] == "Bearer t2"


@respx.mock(base_url=BASE)
async def test_a_wrong_password_is_told_in_the_words_of_signing_in(
    respx_mock: respx.MockRouter, client: Client
) -> None:
    """Signing in answers as Supabase Auth does. Red when only problem+json is understood."""
    wrong = {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}
    respx_mock.post("/auth/v1/token").respond(400, json=wrong)
    with pytest.raises(ApiError, match=r"Invalid login credentials \(invalid_credentials\)"):
        await client.sign_in("a@b.example", "pw")


@pytest.mark.parametrize("token", ["sk_secret\nX-Other: 1", "sk_secret\x00", "sk_s\u00e9cret", "sk secret", ""])
async def test_what_cannot_be_a_token_is_refused_without_being_said(token: str) -> None:
    """Red when it is first refused on its way to the wire, in words that hold it."""
    with pytest.raises(ClientError, match="copy it again") as refusal:
        Client(BASE, token=token)
    assert "secret" not in str(refusal.value)


async def test_a_line_break_behind_a_token_that_was_read_from_a_file_is_no_part_of_it() -> None:
    async with Client(BASE, token="key\n") as client:
        assert client.bearer == {"Authorization": "Bearer key"}
