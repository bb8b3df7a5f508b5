"""A job is followed by its events, and by asking when there are none."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
import respx

from libs.cli import progress
from libs.cli.api import Api
from libs.client import client, refusals
from libs.client.generated.models import JobOut
from tests.support.examples import example
from tests.support.waiting import PATIENCE_S

BASE = "http://gateway.test"
ID = "5f0c1a8e-6c9e-4a2c-9a53-0d7f3c0b6a11"
COUNTS = {"rows_total": 10, "rows_failed": 0, "rows_degraded": 0, "rows_per_second": 2.0, "eta_seconds": 1.0}


def job(state: str, done: int, **more: Any) -> dict[str, Any]:
    return example("JobOut", id=ID, state=state, rows_done=done, **COUNTS, **{"reason": None, "waiting": None, **more})


def known(state: str) -> JobOut:
    return JobOut.model_validate(job(state, 0))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "ASK_EVERY_S", 0.01)
    monkeypatch.setattr(refusals, "WAITS_S", (0.01,))
    monkeypatch.setattr(client, "RECONNECT_S", 0.01)


@respx.mock(base_url=BASE)
async def test_without_an_event_stream_the_job_is_followed_by_asking(
    respx_mock: respx.MockRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Red when progress depends on the stream."""
    respx_mock.get("/v1/events").respond(502)
    answers = [job("processing", 4), job("merging", 10), job("completed", 10)]
    respx_mock.get(f"/v1/jobs/{ID}").mock(side_effect=[httpx.Response(200, json=answer) for answer in answers])
    async with Api(BASE) as api, asyncio.timeout(PATIENCE_S):
        final = await progress.follow_job(api, known("processing"))
    assert final.state == "completed"
    assert "merging: 10 of 10 rows" in capsys.readouterr().err


@respx.mock(base_url=BASE)
async def test_a_gateway_that_is_restarted_meanwhile_is_waited_for(respx_mock: respx.MockRouter) -> None:
    respx_mock.get("/v1/events").mock(side_effect=httpx.ConnectError("refused"))
    answers = [
        httpx.ConnectError("refused"),
        httpx.Response(503, json={}),
        httpx.Response(200, json=job("completed", 10)),
    ]
    respx_mock.get(f"/v1/jobs/{ID}").mock(side_effect=answers)
    async with Api(BASE) as api, asyncio.timeout(PATIENCE_S):
        assert (await progress.follow_job(api, known("processing"))).state == "completed"


@respx.mock(base_url=BASE)
async def test_the_end_is_seen_by_its_event_without_waiting_to_ask(
    respx_mock: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "ASK_EVERY_S", 30)
    respx_mock.get("/v1/events").respond(
        text='event: ingest.job.completed\ndata: {"type": "ingest.job.completed", "data": {}}\n\n'
    )
    respx_mock.get(f"/v1/jobs/{ID}").respond(json=job("completed", 10))
    async with Api(BASE) as api, asyncio.timeout(PATIENCE_S):
        assert (await progress.follow_job(api, known("processing"))).state == "completed"


@respx.mock(base_url=BASE)
async def test_progress_is_shown_by_its_event_without_waiting_to_ask(
    respx_mock: respx.MockRouter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Red when `ingest.job.progressed` moves nothing: asking would show the end only."""
    monkeypatch.setattr(progress, "ASK_EVERY_S", 30)
    told = [
        {"type": "ingest.job.progressed", "data": {**job("processing", 7), "state": "processing"}},
        {"type": "ingest.job.completed", "data": {}},
    ]
    stream = "".join(f"event: {envelope['type']}\ndata: {json.dumps(envelope)}\n\n" for envelope in told)
    respx_mock.get("/v1/events").respond(text=stream)
    respx_mock.get(f"/v1/jobs/{ID}").respond(json=job("completed", 10))
    async with Api(BASE) as api, asyncio.timeout(PATIENCE_S):
        await progress.follow_job(api, known("reserving"))
    assert "processing: 7 of 10 rows 2.0 rows/s, 1 s left" in capsys.readouterr().err


@respx.mock(base_url=BASE)
async def test_a_job_that_stands_still_says_where_to_look_and_a_parked_one_why(
    respx_mock: respx.MockRouter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "STANDSTILL_S", 0.0)
    respx_mock.get("/v1/events").respond(502)
    parked = job("parked", 4, reason="serper is out for today")
    answers = [parked, parked, parked, job("completed", 10)]
    respx_mock.get(f"/v1/jobs/{ID}").mock(side_effect=[httpx.Response(200, json=answer) for answer in answers])
    async with Api(BASE) as api, asyncio.timeout(PATIENCE_S):
        await progress.follow_job(api, known("processing"))
    said = capsys.readouterr().err
    assert "The job is parked: serper is out for today" in said
    assert "./corofy dead list" in said
