"""The command's API client: what it asks, and how it says no."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
import respx

from libs.cli.api import Api
from libs.cli.errors import ApiError, CliError

BASE = "http://gateway.test"
SESSION = {"access_token": "t", "token_type": "bearer", "expires_in": 3600, "refresh_token": "r"}
ME = {"workspace_id": "w", "user_id": "u", "email": "a@b.example"}
WRONG = {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}


@pytest.fixture
async def api() -> AsyncGenerator[Api]:
    async with Api(BASE) as api:
        yield api


@respx.mock(base_url=BASE)
async def test_an_unknown_user_is_signed_up_and_the_token_is_used_from_then_on(
    respx_mock: respx.MockRouter, api: Api
) -> None:
    answers = iter([httpx.Response(400, json=WRONG), httpx.Response(200, json=SESSION)])
    respx_mock.post("/auth/v1/token", params={"grant_type": "password"}).mock(side_effect=answers)
    sign_up = respx_mock.post("/auth/v1/signup").respond(json={"id": "u"})
    me = respx_mock.get("/v1/me").respond(json=ME)
    assert await api.sign_in("a@b.example", "pw", workspace="W") == ME
    assert b'"workspace_name":"W"' in sign_up.calls.last.request.content
    assert me.calls.last.request.headers["Authorization"] == "Bearer t"


@respx.mock(base_url=BASE)
async def test_a_wrong_password_is_said_in_one_sentence(respx_mock: respx.MockRouter, api: Api) -> None:
    """Red when a user who is known is taken for a new one for ever, or the words of signing in are not understood."""
    respx_mock.post("/auth/v1/token").respond(400, json=WRONG)
    respx_mock.post("/auth/v1/signup").respond(json={"id": "u"})
    with pytest.raises(ApiError, match=r"Invalid login credentials \(invalid_credentials\)"):
        await api.sign_in("a@b.example", "pw", workspace="W")


@respx.mock(base_url=BASE)
async def test_a_session_is_refreshed_before_its_token_expires(respx_mock: respx.MockRouter, api: Api) -> None:
    """Red when a command that takes longer than a token lives ends with 401."""
    next_one = {**SESSION, "access_token": "t2", "refresh_token": "r2"}
    respx_mock.post("/auth/v1/token", params={"grant_type": "password"}).respond(json={**SESSION, "expires_in": 1})
    refresh = respx_mock.post("/auth/v1/token", params={"grant_type": "refresh_token"}).respond(json=next_one)
    respx_mock.get("/v1/me").respond(json=ME)
    credits_route = respx_mock.get("/v1/credits").respond(json={"available": 1})
    await api.sign_in("a@b.example", "pw", workspace="W")
    await api.credits()
    assert b'"refresh_token":"r"' in refresh.calls.last.request.content
    assert len(refresh.calls) == 1
    assert credits_route.calls.last.request.headers["Authorization"] == "Bearer t2"


@respx.mock(base_url=BASE)
async def test_a_refusal_carries_the_problems_words_and_code(respx_mock: respx.MockRouter, api: Api) -> None:
    problem = {"code": "insufficient_credits", "detail": "5 credits are missing", "needed": 10, "available": 5}
    respx_mock.post("/v1/jobs").respond(402, json=problem)
    with pytest.raises(ApiError, match="5 credits are missing") as refusal:
        await api.create_job("upload", key="k")
    assert (refusal.value.status, refusal.value.code, refusal.value.extra["needed"]) == (
        402,
        "insufficient_credits",
        10,
    )


@respx.mock(base_url=BASE)
async def test_an_answer_that_is_no_problem_document_is_still_one_sentence(
    respx_mock: respx.MockRouter, api: Api
) -> None:
    respx_mock.get("/v1/credits").respond(502, text="<html>Bad gateway</html>")
    with pytest.raises(ApiError, match="Bad gateway"):
        await api.credits()


@respx.mock(base_url=BASE)
async def test_a_gateway_that_is_away_is_named(respx_mock: respx.MockRouter, api: Api) -> None:
    respx_mock.get("/v1/credits").mock(side_effect=httpx.ConnectError("refused"))
    with pytest.raises(CliError, match=r"API at http://gateway.test does not answer .*corofy status"):
        await api.credits()


ASK_AGAIN = {
    ("GET", "outcome_unknown"): True,
    ("GET", "database_unavailable"): True,
    ("GET", "service_unavailable"): True,
    ("keyed", "outcome_unknown"): True,
    ("keyed", "database_unavailable"): True,
    ("keyed", "service_unavailable"): True,
    ("POST", "outcome_unknown"): False,
    ("POST", "database_unavailable"): False,
    ("POST", "service_unavailable"): True,
}


@pytest.mark.parametrize(("how", "code"), ASK_AGAIN)
@respx.mock(base_url=BASE)
async def test_only_what_cannot_be_done_twice_is_asked_again(
    respx_mock: respx.MockRouter, api: Api, how: str, code: str
) -> None:
    """A campaign has no Idempotency-Key. Red when a POST without one is repeated although it may have been done, or when
    nothing is repeated at all."""
    problem = httpx.Response(502 if code == "outcome_unknown" else 503, json={"code": code, "detail": "no"})
    route = respx_mock.route().mock(side_effect=[problem, httpx.Response(200, json={"id": "c"})])
    asking = {
        "GET": api.credits,
        "keyed": lambda: api.create_job("u", key="k"),
        "POST": lambda: api.create_campaign("l", name="n"),
    }[how]
    if ASK_AGAIN[how, code]:
        assert await asking() == {"id": "c"}
    else:
        with pytest.raises(ApiError, match="no"):
            await asking()
    assert route.call_count == 1 + ASK_AGAIN[how, code]


@respx.mock(base_url=BASE)
async def test_an_upload_is_awaited_until_it_has_been_read(
    respx_mock: respx.MockRouter, api: Api, tmp_path: Path
) -> None:
    file = tmp_path / "leads.csv"
    file.write_bytes(b"a,b\n1,2\n")
    sent = respx_mock.post("/v1/uploads", params={"filename": "leads.csv"}).respond(
        201, json={"id": "u", "state": "reading"}
    )
    states = [httpx.Response(200, json={"id": "u", "state": state}) for state in ("reading", "ready")]
    respx_mock.get("/v1/uploads/u").mock(side_effect=states)
    assert (await api.upload(file))["state"] == "ready"
    assert sent.calls.last.request.content == b"a,b\n1,2\n"


@respx.mock(base_url=BASE)
async def test_a_refused_upload_says_why(respx_mock: respx.MockRouter, api: Api, tmp_path: Path) -> None:
    file = tmp_path / "leads.pdf"
    file.write_bytes(b"%PDF")
    refused = {"id": "u", "state": "refused", "problem": {"code": "not_a_table", "detail": "It is a PDF."}}
    respx_mock.post("/v1/uploads").respond(201, json=refused)
    with pytest.raises(ApiError, match=r"leads.pdf was refused: It is a PDF\.") as refusal:
        await api.upload(file)
    assert refusal.value.code == "not_a_table"


@respx.mock(base_url=BASE)
async def test_a_broken_download_leaves_no_file_that_looks_finished(
    respx_mock: respx.MockRouter, api: Api, tmp_path: Path
) -> None:
    """Red when it is written straight to its final name."""

    async def half() -> AsyncGenerator[bytes]:
        yield b"first half"
        raise httpx.ReadError("gone")

    respx_mock.get("/v1/jobs/j/download").mock(return_value=httpx.Response(200, stream=_Stream(half())))
    with pytest.raises(CliError, match="broke off"):
        await api.download("j", tmp_path / "out.xlsx", kind="xlsx")
    assert list(tmp_path.iterdir()) == []


@respx.mock(base_url=BASE)
async def test_events_are_read_as_they_stand_in_the_stream(respx_mock: respx.MockRouter, api: Api) -> None:
    text = ': hello\n\nevent: ingest.job.progressed\nid: 1\ndata: {"type": "ingest.job.progressed", "data": {"rows_done": 5}}\n\n'
    respx_mock.get("/v1/events", params={"subject": "j"}).respond(text=text)
    assert [envelope["data"]["rows_done"] async for envelope in api.events("j")] == [5]


class _Stream(httpx.AsyncByteStream):
    def __init__(self, parts: AsyncGenerator[bytes]) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        async for part in self._parts:
            yield part
