"""Live events: how a stream is read, and that none is missed when it breaks off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from libs.client.client import Client
from libs.client.errors import ApiError
from libs.client.sse import Event, events_of
from tests.support.waiting import PATIENCE_S
from tests.unit.client.conftest import BASE


async def read(text: str, *, since: str | None = None) -> list[Event]:
    async def lines() -> AsyncGenerator[str]:
        for line in text.splitlines():
            yield line

    return [event async for event in events_of(lines(), since=since)]


async def test_a_stream_is_read_as_the_standard_says() -> None:
    """Red when comments count, data of several lines is torn apart, or an id is forgotten by the next event."""
    text = ': listening\nretry: 1000\nid: 1\n\nevent: a\ndata: {"x":\ndata: 1}\n\nid:2\ndata:{}\n\nevent: b\ndata: {"cut": 1}\n'
    assert await read(text) == [Event("message", "1", None), Event("a", "1", {"x": 1}), Event("message", "2", {})]
    assert await read('data: {"y": 2}\n\n', since="0") == [Event("message", "0", {"y": 2})]


@given(st.lists(st.tuples(st.sampled_from(["a", "b.c"]), st.none() | st.integers(1, 9), st.integers())))
async def test_what_is_written_is_what_is_read(told: list[tuple[str, int | None, int]]) -> None:
    """Against a model: an event has the newest id that was named up to it."""
    text, expected, newest = "", list[Event](), None
    for kind, number, value in told:
        newest = newest if number is None else str(number)
        text += f"event: {kind}\n" + ("" if number is None else f"id: {number}\n") + f'data: {{"v": {value}}}\n\n'
        expected.append(Event(kind, newest, {"v": value}))
    assert await read(text) == expected


def stream(*ids: str) -> httpx.Response:
    return httpx.Response(200, text="".join(f'id: {one}\nevent: e\ndata: {{"n": "{one}"}}\n\n' for one in ids))


@respx.mock(base_url=BASE)
async def test_a_stream_that_ends_is_gone_on_with_after_its_last_event(
    respx_mock: respx.MockRouter, client: Client
) -> None:
    """Red when what happened between two streams is missed, or a listener ends with the API's restart."""
    away = httpx.Response(503, json={"code": "service_unavailable"})
    answers = [httpx.Response(200, text="id: 0\n\n"), stream("1", "2"), httpx.ConnectError("no"), away, stream("3")]
    route = respx_mock.get("/v1/events", params={"subject": "j"}).mock(side_effect=answers)
    async with asyncio.timeout(PATIENCE_S), aclosing(client.follow(subject="j")) as events:
        heard = [await anext(events) for _ in range(3)]
    assert [event.data for event in heard] == [{"n": "1"}, {"n": "2"}, {"n": "3"}]
    assert [call.request.headers.get("Last-Event-ID") for call in route.calls] == [None, "0", "2", "2", "2"]


@respx.mock(base_url=BASE)
async def test_who_may_not_listen_is_told(respx_mock: respx.MockRouter, client: Client) -> None:
    """Red when a listener without rights asks for ever."""
    respx_mock.get("/v1/events").respond(403, json={"code": "role_too_low", "detail": "not you"})
    with pytest.raises(ApiError, match="not you"):
        await anext(client.follow())


@respx.mock(base_url=BASE)
async def test_a_listener_comes_back_when_the_api_says(
    respx_mock: respx.MockRouter, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when whoever listened too often asks every second, or a wrong time makes it wait for ever."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("libs.client.client.sleep", sleep)
    often = [httpx.Response(429, headers={"Retry-After": told}, json={"code": "slow_down"}) for told in ("7", "86400")]
    respx_mock.get("/v1/events").mock(side_effect=[*often, stream("1")])
    async with aclosing(client.follow()) as events:
        assert (await anext(events)).id == "1"
    assert waited == [7, 60]
