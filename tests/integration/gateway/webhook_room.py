"""The gateway's webhooks without its edges: what a test tells, sends and hears, at any time it likes."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request
from sqlalchemy import select
from starlette.responses import Response

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Envelope, Event
from libs.common.ids import new_id
from libs.common.public_resolver import Lookup, PublicResolver
from libs.common.uow import Message, UnitOfWorkFactory
from services.gateway.clients.receivers import Receivers
from services.gateway.clients.webhook_secrets import WebhookRing
from services.gateway.repositories import members, users
from services.gateway.tables import COMMON, memberships, webhook_deliveries, webhook_endpoints
from services.gateway.use_cases.deliver_webhook import claim_webhooks, deliver_webhook
from services.gateway.use_cases.make_webhook import make_webhook
from services.gateway.use_cases.record_history import record_history
from tests.support.envelopes import envelope_of
from tests.support.upstream import serving

RING = "3f9c1d2e4b5a69788796a5b4c3d2e1f0webhooks"
EVENTS = ("job.completed", "emails.sent", "credits.low")
PAGE = "https://app.example/settings"


@dataclass
class Receiver:
    """A receiver on this machine. It answers `status` (each once, the last for ever)."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [204])
    text: str = "thanks"
    headers: dict[str, str] = field(default_factory=dict)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    """Set, unless it is to be silent."""

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.heard]


@contextlib.asynccontextmanager
async def receiving(*statuses: int, **answer: Any) -> AsyncGenerator[Receiver]:
    """One that listens until the block ends."""
    receiver = Receiver(statuses=list(statuses) or [204], **answer)
    receiver.answers.set()
    app = FastAPI()

    @app.post("/hook")
    async def hook(request: Request) -> Response:
        receiver.heard.append((dict(request.headers), await request.body()))
        await receiver.answers.wait()
        status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
        return Response(receiver.text if status != 204 else None, status, headers=receiver.headers)

    async with serving(app) as base:
        receiver.url = f"{base}/hook"
        yield receiver


@dataclass(frozen=True)
class Room:
    """The gateway's tables and what sends webhooks. Nothing is sent but by `run`."""

    open_uow: UnitOfWorkFactory
    ring: WebhookRing = field(default_factory=lambda: WebhookRing((RING,)))

    async def workspace(self, address: str) -> UUID:
        """Somebody with a workspace called Acme."""
        user_id, workspace_id = new_id(), new_id()
        async with self.open_uow() as uow:
            await users.add_own(uow.conn, user_id=user_id, email=address, password_hash="none", words={})
            await members.add_workspace(
                uow.conn, workspace_id=workspace_id, name="Acme", time_zone="UTC", owner_id=user_id
            )
        return workspace_id

    async def join(self, workspace_id: UUID, address: str, role: str) -> None:
        """Somebody new is a member of it."""
        user_id = new_id()
        async with self.open_uow() as uow:
            await users.add_own(uow.conn, user_id=user_id, email=address, password_hash="none", words={})
            joined = memberships.insert().values(user_id=user_id, workspace_id=workspace_id, role=role)
            await uow.conn.execute(joined)

    async def endpoint(self, workspace_id: UUID, url: str, *events: str) -> tuple[UUID, str]:
        """An endpoint and its secret."""
        endpoint_id = new_id()
        async with self.open_uow() as uow:
            secret = await make_webhook(
                workspace_id,
                endpoint_id=endpoint_id,
                random=endpoint_id.bytes * 2,
                url=url,
                description="",
                events=events or EVENTS,
                ring=self.ring,
                loopback=True,
                uow=uow,
            )
        return endpoint_id, secret

    async def tell(self, event: Event, workspace_id: UUID) -> Envelope:
        """Delivered twice, the second time past an inbox that was emptied."""
        envelope = envelope_of(event, workspace_id)
        message = Message("gateway.record_history", envelope)
        for emptied in (False, False, True):
            async with self.open_uow() as uow:
                if emptied:
                    await uow.conn.execute(COMMON.inbox.delete())
                if await uow.record_inbox(message):
                    await record_history(event, uow=uow, message=message)
        return envelope

    async def run(self, *, at: datetime | None = None, loopback: bool = True, lookup: Lookup | None = None) -> int:
        """Send what is due then, once. Answers how many."""
        now = at or utc_now()
        receivers = Receivers(PublicResolver(lookup, loopback=loopback), most=10, loopback=loopback)
        try:
            claimed = await claim_webhooks(most=100, now=now, open_uow=self.open_uow)
            for delivery in claimed:
                await deliver_webhook(
                    delivery,
                    receivers=receivers,
                    ring=self.ring,
                    page=PAGE,
                    spread=0.0,
                    clock=lambda: now,
                    open_uow=self.open_uow,
                )
        finally:
            await receivers.close()
        return len(claimed)

    async def deliveries(self, endpoint_id: UUID) -> Sequence[Any]:
        """Oldest first."""
        query = select(webhook_deliveries).where(webhook_deliveries.c.endpoint_id == endpoint_id)
        async with self.open_uow() as uow:
            return (await uow.conn.execute(query.order_by(webhook_deliveries.c.id))).all()

    async def shown(self, endpoint_id: UUID) -> Any:
        """The endpoint's row."""
        async with self.open_uow() as uow:
            query = select(webhook_endpoints).where(webhook_endpoints.c.id == endpoint_id)
            return (await uow.conn.execute(query)).one()
