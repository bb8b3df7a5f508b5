"""The live event stream: what happens in a workspace reaches its browsers, once each, also after a lost connection."""

from asyncio import timeout
from datetime import timedelta
from time import monotonic
from uuid import uuid4

import pytest

from libs.common.clock import utc_now
from libs.common.ids import new_id
from services.gateway.api import events
from tests.integration.gateway.browser import complete, exhaust, grant, listening, progress, record, recorded
from tests.integration.gateway.conftest import Gateway, bearer
from tests.support.waiting import PATIENCE_S, eventually


async def test_events_of_the_own_workspace_arrive_and_no_others(gateway: Gateway) -> None:
    """Red when the hub hands an event to every stream."""
    mine, theirs = await gateway.sign_up("mine@live.example"), await gateway.sign_up("theirs@live.example")
    async with listening(gateway, mine) as browser:
        await grant(gateway, theirs["workspace_id"])
        event_id = await grant(gateway, mine["workspace_id"])
        await browser.has(event_id)
    assert [envelope["type"] for envelope in browser.envelopes] == ["billing.credits.granted"]


async def test_transient_progress_is_pushed_and_a_subject_narrows_the_stream(gateway: Gateway) -> None:
    """Red when `subject` is not looked at."""
    token = await gateway.sign_up("progress@live.example")
    job, other = new_id(), new_id()
    async with listening(gateway, token, query=f"?subject={job}") as browser:
        await progress(gateway, token["workspace_id"], other)
        await browser.has(await progress(gateway, token["workspace_id"], job))


async def test_a_connection_lost_while_a_job_runs_misses_nothing_that_is_kept(gateway: Gateway) -> None:
    """Only what the history keeps has an id. Red when progress has one too (the browser names it, and nothing is found)."""
    token, job = await gateway.sign_up("running@live.example"), new_id()
    async with listening(gateway, token) as browser:
        granted = await grant(gateway, token["workspace_id"])
        await browser.has(granted)
        await browser.has(granted, await progress(gateway, token["workspace_id"], job))
    assert browser.last == granted
    await recorded(gateway, granted)
    completed = await complete(gateway, token["workspace_id"], job)
    await recorded(gateway, completed)
    async with listening(gateway, token, last=browser.last) as again:
        await again.has(completed)


@pytest.mark.parametrize("before", [0, 1])
async def test_a_browser_that_has_seen_nothing_but_progress_can_catch_up_too(gateway: Gateway, before: int) -> None:
    """A stream begins with the id of where the history ends, also where it has not begun. Red when it begins without one:
    the browser has nothing to name, and the end of its job is lost."""
    token, job = await gateway.sign_up(f"fresh-{before}@live.example"), new_id()
    await recorded(gateway, *[await grant(gateway, token["workspace_id"]) for _ in range(before)])
    async with listening(gateway, token, query=f"?subject={job}") as browser:
        await browser.has(await progress(gateway, token["workspace_id"], job))
    completed = await complete(gateway, token["workspace_id"], job)
    await recorded(gateway, completed)
    async with listening(gateway, token, query=f"?subject={job}", last=browser.last) as again:
        await again.has(completed)


async def test_what_was_missed_is_sent_after_last_event_id_and_the_second_look_adds_only_what_came_late(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ADR 4. Red when there is no second look (the late row is not sent), or when it sends again what was sent."""
    monkeypatch.setattr(events, "SECOND_LOOK_S", 3600)
    token = await gateway.sign_up("missed@live.example")
    order = await recorded(gateway, *[await grant(gateway, token["workspace_id"]) for _ in range(3)])
    async with listening(gateway, token, last=order[0]) as browser:
        await browser.has(*order[1:])
        late = await record(gateway, token["workspace_id"])
        pushed = await grant(gateway, token["workspace_id"])
        await eventually(lambda: pushed in browser.ids)
        await recorded(gateway, pushed)
        monkeypatch.setattr(events, "monotonic", lambda: monotonic() + 3600)
        await eventually(lambda: late in browser.ids)
        last = await grant(gateway, token["workspace_id"])
        await eventually(lambda: last in browser.ids)
    assert sorted(browser.ids) == sorted([*order[1:], late, pushed, last])


async def test_more_than_one_page_may_have_been_missed(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when only one page is read: the rest would never be sent, and nobody would say so."""
    monkeypatch.setattr(events, "REPLAY_LIMIT", 2)
    token = await gateway.sign_up("pages@live.example")
    ids = [await record(gateway, token["workspace_id"]) for _ in range(6)]
    async with listening(gateway, token, last=ids[0]) as browser:
        await browser.has(*ids[1:])


async def test_what_concerns_everybody_is_replayed_as_it_was_pushed(gateway: Gateway) -> None:
    """Events without a tenant or a subject. Red when the history is asked for the tenant's or the subject's rows alone."""
    token, job = await gateway.sign_up("everybody@live.example"), new_id()
    workspace = token["workspace_id"]
    async with listening(gateway, token, query=f"?subject={job}") as browser:
        said = [await exhaust(gateway)]
        await browser.has(*said)
        said.append(await grant(gateway, workspace))
        await browser.has(*said)
    await recorded(gateway, *said)
    first = await record(gateway, workspace)
    missed = [
        await record(gateway, None),
        await record(gateway, workspace),
        await record(gateway, workspace, subject=job),
    ]
    await record(gateway, workspace, subject=new_id())
    await record(gateway, str(new_id()))
    missed.append(await record(gateway, workspace, subject=job))
    async with listening(gateway, token, query=f"?subject={job}", last=first) as again:
        await again.has(*missed)


async def test_an_unknown_last_event_id_starts_with_what_comes(gateway: Gateway) -> None:
    """Red when an id that is known no longer brings the whole history."""
    token = await gateway.sign_up("unknown@live.example")
    await recorded(gateway, await grant(gateway, token["workspace_id"]))
    async with listening(gateway, token, last=str(uuid4())) as browser:
        await browser.has(await grant(gateway, token["workspace_id"]))


@pytest.mark.parametrize("way", ["left", "expired", "key expired"])
async def test_a_stream_ends_with_what_it_was_opened_by(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Red when whoever was signed out, or whose token or key is over, goes on listening; or another session ends too."""
    email = f"{way.replace(' ', '-')}@ends.example"
    opened, other = await gateway.sign_up(email), await gateway.sign_in(email)
    if way == "key expired":
        expires_at = (utc_now() + timedelta(minutes=30)).isoformat()
        body = {"name": "A key", "scopes": ["read"], "expires_at": expires_at}
        made = await gateway.client.post("/v1/api-keys", json=body, headers=bearer(opened))
        opened = {"access_token": made.json()["key"]}
    async with listening(gateway, opened) as browser, listening(gateway, other) as stays:
        if way == "left":
            await gateway.client.post("/auth/v1/logout?scope=local", headers=bearer(opened))
            monkeypatch.setattr(events, "monotonic", lambda: monotonic() + events.RECHECK_S)
        else:
            by = timedelta(minutes=31 if way == "key expired" else 61)
            monkeypatch.setattr(events, "utc_now", lambda: utc_now() + by)
        await eventually(lambda: browser.ended)
        if way != "expired":
            assert not stays.ended


async def test_a_stream_on_which_nothing_happens_says_that_it_is_there(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when it is silent for longer than a proxy keeps it open, or when a proxy may hold it back or keep a copy."""
    monkeypatch.setattr(events, "PING_S", 0)
    token = await gateway.sign_up("silent@live.example")
    async with gateway.client.stream("GET", "/v1/events", headers=bearer(token)) as answer, timeout(PATIENCE_S):
        assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-cache", "no")
        assert await anext(line async for line in answer.aiter_lines() if line == ": ping")


async def test_the_stream_needs_a_token(gateway: Gateway) -> None:
    """Red when the route asks for no member."""
    answer = await gateway.client.get("/v1/events")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
