"""Reading a gateway's live event stream as a browser does, and saying what is to be heard there."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import httpx
import orjson
from sqlalchemy import text

from libs.common.contracts.billing import CreditsGranted
from libs.common.contracts.enrich import ProviderExhausted
from libs.common.contracts.ingest import JobCompleted, JobProgressed
from libs.common.ids import new_id
from services.gateway.repositories import live_events
from tests.integration.gateway.conftest import Gateway, bearer
from tests.support.waiting import eventually


@dataclass
class Browser:
    """What has arrived: the ids of the envelopes, in order. `last` is what EventSource would send as Last-Event-ID."""

    envelopes: list[dict[str, object]] = field(default_factory=list)
    last: str = ""
    listening: bool = False
    ended: bool = False

    @property
    def ids(self) -> list[str]:
        return [str(envelope["id"]) for envelope in self.envelopes]

    async def has(self, *ids: str) -> None:
        """Waits until exactly these have arrived, in this order."""
        await eventually(lambda: self.ids == list(ids))


@asynccontextmanager
async def listening(
    gateway: Gateway, token: dict[str, str], query: str = "", last: str = ""
) -> AsyncGenerator[Browser]:
    """A browser whose stream is open until the block ends (or the server ends it)."""
    browser = Browser(last=last)
    headers = bearer(token) | ({"Last-Event-ID": last} if last else {})
    async with gateway.client.stream("GET", f"/v1/events{query}", headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        task = asyncio.create_task(_read(answer, browser))
        try:
            await eventually(lambda: browser.listening)
            yield browser
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _read(answer: httpx.Response, browser: Browser) -> None:
    """By the standard: an id counts once its block has ended, and stays until the next one."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line == "":
            browser.last = fields.get("id", browser.last)
            browser.listening = True
            if "data" in fields:
                browser.envelopes.append(orjson.loads(fields["data"]))
            fields = {}
        elif name in {"event", "id", "data"}:
            fields[name] = value
    browser.ended = True


async def grant(gateway: Gateway, workspace: str, *, credits_: int = 1, subject: UUID | None = None) -> str:
    """An event of a workspace, by its outbox. Answers the id."""
    async with gateway.platform.open_uow() as uow:
        event = CreditsGranted(credits=credits_, available=credits_, kind="adjustment")
        return str(uow.publish(event, tenant_id=UUID(workspace), correlation_id=subject))


async def complete(gateway: Gateway, workspace: str, job_id: UUID) -> str:
    async with gateway.platform.open_uow() as uow:
        event = JobCompleted(job_id=job_id, job_version=9, credits_total=1)
        return str(uow.publish(event, tenant_id=UUID(workspace), correlation_id=job_id))


async def progress(gateway: Gateway, workspace: str, job_id: UUID) -> str:
    """Transient: pushed, and kept nowhere."""
    async with gateway.platform.open_uow() as uow:
        event = JobProgressed(
            job_id=job_id, job_version=1, state="processing", rows_total=9, rows_done=1,
            rows_degraded=0, rows_failed=0, rows_per_second=1,
        )  # fmt: skip
        return str(uow.publish(event, tenant_id=UUID(workspace), correlation_id=job_id))


async def exhaust(gateway: Gateway) -> str:
    """An event that belongs to no workspace: everybody sees it."""
    async with gateway.platform.open_uow() as uow:
        event = ProviderExhausted(
            account="groq", provider="groq", counter=1, reason="bad_key", message="It is rejected."
        )
        return str(uow.publish(event, tenant_id=None))


async def recorded(gateway: Gateway, *ids: str) -> list[str]:
    """Waits until the history has them; answers them in its order."""
    query = text("SELECT event_id::text FROM gateway.live_events ORDER BY seq")

    async def kept() -> list[str]:
        async with gateway.platform.open_uow() as uow:
            return [row[0] for row in await uow.conn.execute(query) if row[0] in ids]

    async def all_of_them() -> bool:
        return len(await kept()) == len(ids)

    await eventually(all_of_them)
    return await kept()


async def record(gateway: Gateway, workspace: str | None, *, subject: UUID | None = None) -> str:
    """Straight into the history, beside the broker: an event that is recorded late. Answers the id."""
    event_id = new_id()
    body = orjson.dumps({"id": str(event_id)})
    tenant_id = UUID(workspace) if workspace else None
    event = live_events.LiveEvent(event_id, tenant_id, subject, CreditsGranted.type, body)
    async with gateway.platform.open_uow() as uow:
        await live_events.add_live_events(uow.conn, [event])
    return str(event_id)
