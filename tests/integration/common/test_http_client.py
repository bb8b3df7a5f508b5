"""The HTTP client that services share: hundreds of calls at once over real sockets."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import RedirectResponse

from libs.common.http.client import make_client
from tests.support.upstream import serving

CALLS = 300


async def test_as_many_calls_are_in_flight_as_were_asked_for() -> None:
    """Red when the pool keeps to its default of 100: the last 200 calls would wait for the first."""
    app, arrived, everybody = FastAPI(), 0, asyncio.Event()

    @app.get("/")
    async def wait_for_the_others() -> None:
        nonlocal arrived
        arrived += 1
        if arrived == CALLS:
            everybody.set()
        await everybody.wait()

    async with serving(app) as url, make_client(base_url=url, concurrency=CALLS, read_s=20) as client:
        answers = await asyncio.gather(*(client.get("/") for _ in range(CALLS)))
    assert [answer.status_code for answer in answers] == [200] * CALLS


async def test_a_silent_server_is_a_timeout_and_a_redirect_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when the read timeout is not set, when the client goes where it is sent, or through a proxy of the environment."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    app = FastAPI()

    @app.get("/silence")
    async def silence() -> None:
        await asyncio.sleep(5)

    @app.get("/elsewhere")
    async def elsewhere() -> RedirectResponse:
        return RedirectResponse("/silence")

    async with serving(app) as url, make_client(base_url=url, read_s=0.2) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/silence")
        assert (await client.get("/elsewhere")).status_code == 307
