"""The live event stream: what happens in a workspace reaches its browsers, once each, also after a lost connection."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import httpx
import orjson
from sqlalchemy import text

from libs.common.contracts.billing import CreditsGranted
from libs.common.contracts.ingest import JobProgressed
from libs.common.ids import new_id
from tests.integration.gateway.conftest import Gateway, bearer

Seen = list[tuple[str, str, dict[str, object]]]


@asynccontextmanager
async def listening(gateway: Gateway, token: dict[str, str], query: str = "", last: str = "") -> AsyncGenerator[Seen]:
    """What arrives on the stream while the block lasts: (event, id, envelope)."""
    seen: Seen = []
    headers = bearer(token) | ({"Last-Event-ID": last} if last else {})
    async with gateway.client.stream("GET", f"/v1/events{query}", headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        started = asyncio.Event()
        task = asyncio.create_task(_read(answer, seen, started))
        await asyncio.wait_for(started.wait(), 10)
        yield seen
        task.cancel()


async def _read(answer: httpx.Response, seen: Seen, started: asyncio.Event) -> None:
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        started.set()
        name, _, value = line.partition(": ")
        if line == "" and "data" in fields:
            seen.append((fields["event"], fields["id"], orjson.loads(fields["data"])))
            fields = {}
        elif name in {"event", "id", "data"}:
            fields[name] = value


async def until(seen: Seen, count: int) -> None:
    async with asyncio.timeout(20):
        while len(seen) < count:
            await asyncio.sleep(0.02)


async def grant(gateway: Gateway, workspace: str, *, credits_: int, subject: UUID | None = None) -> str:
    async with gateway.platform.open_uow() as uow:
        event = CreditsGranted(credits=credits_, available=credits_, kind="adjustment")
        return str(uow.publish(event, tenant_id=UUID(workspace), correlation_id=subject))


async def recorded(gateway: Gateway, event_id: str) -> None:
    async with asyncio.timeout(20):
        while True:
            async with gateway.platform.open_uow() as uow:
                row = await uow.conn.execute(
                    text("SELECT 1 FROM gateway.live_events WHERE event_id = :id"), {"id": UUID(event_id)}
                )
                if row.first():
                    return
            await asyncio.sleep(0.02)


async def test_events_of_the_own_workspace_arrive_and_no_others(gateway: Gateway) -> None:
    mine, theirs = await gateway.sign_up("mine@live.example"), await gateway.sign_up("theirs@live.example")
    async with listening(gateway, mine) as seen:
        await grant(gateway, theirs["workspace_id"], credits_=1)
        event_id = await grant(gateway, mine["workspace_id"], credits_=2)
        await until(seen, 1)
    assert [(name, id_) for name, id_, _ in seen] == [("billing.credits.granted", event_id)]


async def test_transient_progress_is_pushed_and_a_subject_narrows_the_stream(gateway: Gateway) -> None:
    token = await gateway.sign_up("progress@live.example")
    job, other = new_id(), new_id()
    async with listening(gateway, token, query=f"?subject={job}") as seen:
        for subject in (other, job):
            async with gateway.platform.open_uow() as uow:
                event = JobProgressed(
                    job_id=subject, job_version=1, state="processing", rows_total=9, rows_done=1,
                    rows_degraded=0, rows_failed=0, rows_per_second=1,
                )  # fmt: skip
                uow.publish(event, tenant_id=UUID(token["workspace_id"]), correlation_id=subject)
        await until(seen, 1)
    assert [envelope["correlation_id"] for _, _, envelope in seen] == [str(job)]


async def test_what_was_missed_is_sent_after_last_event_id_and_nothing_twice(gateway: Gateway) -> None:
    token = await gateway.sign_up("missed@live.example")
    ids = [await grant(gateway, token["workspace_id"], credits_=n) for n in (1, 2, 3)]
    for event_id in ids:
        await recorded(gateway, event_id)
    async with gateway.platform.open_uow() as uow:
        rows = await uow.conn.execute(text("SELECT event_id::text FROM gateway.live_events ORDER BY seq"))
        order = [row[0] for row in rows if row[0] in ids]
    async with listening(gateway, token, last=order[0]) as seen:
        await until(seen, 2)
        late = await grant(gateway, token["workspace_id"], credits_=4)
        await until(seen, 3)
        await asyncio.sleep(6)  # past the second look, which must find nothing new
    assert [id_ for _, id_, _ in seen] == [*order[1:], late]


async def test_an_unknown_last_event_id_starts_with_what_comes(gateway: Gateway) -> None:
    token = await gateway.sign_up("unknown@live.example")
    async with listening(gateway, token, last=str(uuid4())) as seen:
        event_id = await grant(gateway, token["workspace_id"], credits_=1)
        await until(seen, 1)
    assert seen[0][1] == event_id


async def test_the_stream_needs_a_token(gateway: Gateway) -> None:
    answer = await gateway.client.get("/v1/events")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
