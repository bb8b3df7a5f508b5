"""What the command's API client does beside asking: who it signs in as, and how it sends a file."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
import respx

from libs.cli.__main__ import sentence_of
from libs.cli.api import Api
from libs.client import refusals
from libs.client.errors import ApiError, Unreachable
from tests.support.examples import example

BASE = "http://gateway.test"
ME = example("MeResponse", email="a@b.example")
WRONG = {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}
UPLOAD = "5f0c1a8e-6c9e-4a2c-9a53-0d7f3c0b6a11"


@pytest.fixture
async def api(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Api]:
    monkeypatch.setattr(refusals, "WAITS_S", (0.01,))
    async with Api(BASE) as api:
        yield api


@respx.mock(base_url=BASE)
async def test_an_unknown_user_is_signed_up_and_the_token_is_used_from_then_on(
    respx_mock: respx.MockRouter, api: Api
) -> None:
    session = example("SessionBody", access_token="t", expires_in=3600)
    answers = iter([httpx.Response(400, json=WRONG), httpx.Response(200, json=session)])
    respx_mock.post("/auth/v1/token", params={"grant_type": "password"}).mock(side_effect=answers)
    sign_up = respx_mock.post("/auth/v1/signup").respond(json=example("UserBody"))
    me = respx_mock.get("/v1/me").respond(json=ME)
    assert (await api.sign_in_or_up("a@b.example", "pw", workspace="W")).email == "a@b.example"
    assert b'"workspace_name":"W"' in sign_up.calls.last.request.content
    assert me.calls.last.request.headers["Authorization"] == "Bearer t"


@respx.mock(base_url=BASE)
async def test_a_wrong_password_is_said_in_one_sentence(respx_mock: respx.MockRouter, api: Api) -> None:
    """Red when a user who is known is taken for a new one for ever, or the words of signing in are not understood."""
    respx_mock.post("/auth/v1/token").respond(400, json=WRONG)
    respx_mock.post("/auth/v1/signup").respond(json=example("UserBody"))
    with pytest.raises(ApiError) as refusal:
        await api.sign_in_or_up("a@b.example", "pw", workspace="W")
    assert sentence_of(refusal.value) == "Invalid login credentials (invalid_credentials)"


@respx.mock(base_url=BASE)
async def test_a_gateway_that_is_away_is_named(respx_mock: respx.MockRouter, api: Api) -> None:
    respx_mock.get("/v1/credits").mock(side_effect=httpx.ConnectError("refused"))
    with pytest.raises(Unreachable) as failure:
        await api.show_credits()
    assert sentence_of(failure.value) == f"The API at {BASE} does not answer (refused). See ./corofy status."


@respx.mock(base_url=BASE)
async def test_an_upload_is_awaited_until_it_has_been_read(
    respx_mock: respx.MockRouter, api: Api, tmp_path: Path
) -> None:
    file = tmp_path / "leads.csv"
    file.write_bytes(b"a,b\n1,2\n")
    reading, ready = (example("UploadOut", id=UPLOAD, state=state) for state in ("reading", "ready"))
    sent = respx_mock.post("/v1/uploads", params={"filename": "leads.csv"}).respond(201, json=reading)
    answers = [httpx.Response(200, json=answer) for answer in (reading, ready)]
    respx_mock.get(f"/v1/uploads/{UPLOAD}").mock(side_effect=answers)
    assert (await api.upload(file)).state == "ready"
    assert sent.calls.last.request.content == b"a,b\n1,2\n"


@respx.mock(base_url=BASE)
async def test_a_file_is_read_as_it_was_asked_for(respx_mock: respx.MockRouter, api: Api, tmp_path: Path) -> None:
    """Red when a chosen sheet is not read, or the first reading is taken for the chosen one."""
    file = tmp_path / "leads.csv"
    file.write_bytes(b"a")
    reading, ready = (example("UploadOut", id=UPLOAD, state=state) for state in ("reading", "ready"))
    respx_mock.post("/v1/uploads").respond(201, json=ready)
    chosen = respx_mock.put(f"/v1/uploads/{UPLOAD}/reading").respond(json=reading)
    respx_mock.get(f"/v1/uploads/{UPLOAD}").respond(json={**ready, "sheet": "B"})
    assert (await api.upload(file, reading={"sheet": "B"})).sheet == "B"
    assert chosen.calls.last.request.content == b'{"sheet":"B"}'


@respx.mock(base_url=BASE)
async def test_a_refused_upload_says_why(respx_mock: respx.MockRouter, api: Api, tmp_path: Path) -> None:
    file = tmp_path / "leads.pdf"
    file.write_bytes(b"%PDF")
    problem = {"code": "not_a_table", "detail": "It is a PDF."}
    respx_mock.post("/v1/uploads").respond(201, json=example("UploadOut", state="refused", problem=problem))
    with pytest.raises(ApiError, match=r"leads.pdf was refused: It is a PDF\.") as refusal:
        await api.upload(file)
    assert refusal.value.code == "not_a_table"


@respx.mock(base_url=BASE)
async def test_an_upload_is_looked_at_until_its_rows_are_checked(respx_mock: respx.MockRouter, api: Api) -> None:
    """Red when a quote is asked for before anybody knows which rows repeat."""
    checks = [example("UploadOut", id=UPLOAD, check=check) for check in ("running", "done")]
    route = respx_mock.get(f"/v1/uploads/{UPLOAD}").mock(side_effect=[httpx.Response(200, json=it) for it in checks])
    upload = await api.show_upload(UPLOAD)
    assert (await api.checked(upload)).check == "done"
    assert route.call_count == 2
