"""What is asked again and what is not, and how a refusal is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
import respx

from libs.client import refusals
from libs.client.client import Client
from libs.client.errors import ApiError, Unreachable
from libs.client.generated import models
from tests.support.examples import example
from tests.support.waiting import PATIENCE_S
from tests.unit.client.conftest import BASE

JOB = {"upload_id": "5f0c1a8e-6c9e-4a2c-9a53-0d7f3c0b6a11"}
ASKED: dict[str, Callable[[Client], Awaitable[object]]] = {
    "GET": lambda client: client.show_credits(),
    "keyed": lambda client: client.start_job(JOB),
    "POST": lambda client: client.start_campaign("c"),
}
ANSWERS = {
    "GET": example("CreditsAnswer"),
    "keyed": example("JobOut"),
    "POST": example("StartedOut"),
}
AGAIN = {
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


@pytest.mark.parametrize(("how", "code"), AGAIN)
@respx.mock(base_url=BASE)
async def test_only_what_cannot_be_done_twice_is_asked_again(
    respx_mock: respx.MockRouter, client: Client, how: str, code: str
) -> None:
    """Red when a POST without an Idempotency-Key is repeated although it may have been done, or when nothing is repeated."""
    problem = httpx.Response(502 if code == "outcome_unknown" else 503, json={"code": code, "detail": "no"})
    route = respx_mock.route().mock(side_effect=[problem, httpx.Response(200, json=ANSWERS[how])])
    if AGAIN[how, code]:
        await ASKED[how](client)
    else:
        with pytest.raises(ApiError, match="no"):
            await ASKED[how](client)
    assert route.call_count == 1 + AGAIN[how, code]


@pytest.mark.parametrize("status", [502, 503])
@pytest.mark.parametrize("body", ["<html>upstream reset</html>", "{}"])
@respx.mock(base_url=BASE)
async def test_what_a_proxy_refuses_may_have_been_done(
    respx_mock: respx.MockRouter, client: Client, status: int, body: str
) -> None:
    """Red when a POST without a key is repeated because something in between lost its answer, or a question is not."""
    route = respx_mock.route().respond(status, text=body)
    with pytest.raises(ApiError):
        await ASKED["POST"](client)
    assert route.call_count == 1
    with pytest.raises(ApiError):
        await ASKED["GET"](client)
    assert route.call_count == 2 + len(refusals.WAITS_S)


LOST: dict[tuple[str, type[httpx.TransportError]], bool] = {
    ("GET", httpx.ReadError): True,
    ("keyed", httpx.ReadError): True,
    ("POST", httpx.ReadError): False,
    ("POST", httpx.ConnectError): True,
}


@pytest.mark.parametrize(("how", "lost"), LOST)
@respx.mock(base_url=BASE)
async def test_a_lost_connection_is_tried_again_where_nothing_can_be_done_twice(
    respx_mock: respx.MockRouter, client: Client, how: str, lost: type[httpx.TransportError]
) -> None:
    """Red when a POST that may have arrived is sent once more. What never left may always be."""
    route = respx_mock.route().mock(side_effect=[lost("gone"), httpx.Response(200, json=ANSWERS[how])])
    if LOST[how, lost]:
        await ASKED[how](client)
    else:
        with pytest.raises(Unreachable, match=r"http://gateway\.test does not answer"):
            await ASKED[how](client)
    assert route.call_count == 1 + LOST[how, lost]


@respx.mock(base_url=BASE)
async def test_a_repeated_call_is_the_same_one_and_the_next_another(
    respx_mock: respx.MockRouter, client: Client
) -> None:
    """Red when a second attempt has a key of its own, or two calls share one."""
    fine = httpx.Response(201, json=ANSWERS["keyed"])
    route = respx_mock.post("/v1/jobs").mock(side_effect=[httpx.ReadError("gone"), fine, fine, fine])
    await client.start_job(JOB)
    await client.start_job(JOB)
    await client.start_job(JOB, idempotency_key="mine")
    first, again, next_one, mine = (call.request.headers["Idempotency-Key"] for call in route.calls)
    assert first == again != next_one
    assert mine == "mine"


@respx.mock(base_url=BASE)
async def test_it_waits_as_long_as_the_api_says(
    respx_mock: respx.MockRouter, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when Retry-After is not heeded, as seconds or as a date."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("libs.client.asking.sleep", sleep)
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    answers = [httpx.Response(429, headers={"Retry-After": told}, json={"code": "slow_down"}) for told in ("7", soon)]
    respx_mock.route().mock(side_effect=[*answers, httpx.Response(200, json=ANSWERS["POST"])])
    await ASKED["POST"](client)
    assert waited[0] == 7
    assert 30 < waited[1] <= 40


@respx.mock(base_url=BASE)
async def test_who_is_told_to_come_back_later_is_told_when(respx_mock: respx.MockRouter, client: Client) -> None:
    """Red when a call hangs for an hour, or the time is lost."""
    told = httpx.Response(429, headers={"Retry-After": "3600"}, json={"code": "too_many_requests", "detail": "Enough"})
    route = respx_mock.route().mock(return_value=told)
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(ApiError, match="Enough") as refusal:
            await client.show_credits()
    assert (refusal.value.status, refusal.value.code, refusal.value.retry_after) == (429, "too_many_requests", 3600)
    assert route.call_count == 1


@respx.mock(base_url=BASE)
async def test_it_gives_up_after_as_many_attempts_as_there_are_waits(
    respx_mock: respx.MockRouter, client: Client
) -> None:
    route = respx_mock.route().respond(503, json={"code": "service_unavailable", "detail": "away"})
    with pytest.raises(ApiError, match="away"):
        await client.show_credits()
    assert route.call_count == 1 + len(refusals.WAITS_S)


@respx.mock(base_url=BASE)
async def test_a_refusal_carries_the_problems_words_and_code(respx_mock: respx.MockRouter, client: Client) -> None:
    problem = {"code": "insufficient_credits", "detail": "5 credits are missing", "needed": 10, "available": 5}
    respx_mock.post("/v1/jobs").respond(402, json=problem)
    with pytest.raises(ApiError, match=r"5 credits are missing \(insufficient_credits\)") as refusal:
        await client.start_job(JOB)
    told = refusal.value
    assert (told.status, told.code, told.detail) == (402, "insufficient_credits", "5 credits are missing")
    assert told.extra["needed"] == 10
    assert told.retry_after is None


@respx.mock(base_url=BASE)
async def test_an_answer_that_is_no_problem_document_is_still_one_sentence(
    respx_mock: respx.MockRouter, client: Client
) -> None:
    respx_mock.get("/v1/credits").respond(502, text="<html>Bad gateway</html>")
    with pytest.raises(ApiError, match="Bad gateway"):
        await client.show_credits()


@respx.mock(base_url=BASE)
async def test_an_answer_of_another_version_is_told_without_what_it_held(
    respx_mock: respx.MockRouter, client: Client
) -> None:
    """Red when a field of the answer, which may be anybody's data, stands in the message."""
    respx_mock.get("/v1/credits").respond(json=example("CreditsAnswer", available="a@secret.example"))
    with pytest.raises(ApiError, match="available") as refusal:
        await client.show_credits()
    assert refusal.value.code == "answer_not_understood"
    assert "secret" not in str(refusal.value)


@respx.mock(base_url=BASE)
async def test_more_than_is_known_is_no_fault_of_an_answer(respx_mock: respx.MockRouter, client: Client) -> None:
    """Red when the API cannot grow a field without breaking whoever asks."""
    respx_mock.get("/v1/credits").respond(json=example("CreditsAnswer", available=7, invented_tomorrow=1))
    assert (await client.show_credits()).available == 7


@respx.mock(base_url=BASE)
async def test_of_a_model_only_what_was_chosen_is_sent(respx_mock: respx.MockRouter, client: Client) -> None:
    """Red when the client has defaults of its own beside those of the API."""
    route = respx_mock.post("/v1/quotes").respond(json=example("QuoteOut"))
    await client.quote(models.QuoteIn.model_validate({**JOB, "first_rows": None}))
    assert route.calls.last.request.content == (f'{{"upload_id":"{JOB["upload_id"]}","first_rows":null}}').encode()


@respx.mock(base_url=BASE)
async def test_a_file_is_sent_whole_also_the_second_time_and_a_stream_only_once(
    respx_mock: respx.MockRouter, client: Client, tmp_path: Path
) -> None:
    """Red when a repeated upload is an empty one, or the length is not told."""
    file = tmp_path / "leads.csv"
    file.write_bytes(b"a,b\n1,2\n")
    away = httpx.Response(503, json={"code": "service_unavailable", "detail": "away"})
    fine = httpx.Response(201, json=example("UploadOut"))
    route = respx_mock.post("/v1/uploads", params={"filename": "leads.csv"}).mock(side_effect=[away, fine, away])
    await client.send_upload(file, filename=file.name)
    sent = [call.request for call in route.calls]
    assert [one.content for one in sent] == [b"a,b\n1,2\n"] * 2
    assert sent[0].headers["Content-Length"] == "8"

    async def pieces() -> AsyncGenerator[bytes]:
        yield b"a"

    with pytest.raises(ApiError, match="away"):
        await client.send_upload(pieces(), filename=file.name)
    assert route.call_count == 3
