"""The whole sender in this process, on a real broker and database, with a real SMTP server beside it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Envelope, Event
from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.contracts.ingest import Recipient, RecipientsPublished
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity
from libs.common.ids import new_id
from libs.common.outbox import encode
from libs.common.platform import Platform
from services.sender.main import build_app
from tests.integration.sender.servers import Inbox, listening
from tests.support.envelopes import envelope_of
from tests.support.waiting import eventually

_SECRET = "0123456789abcdef" * 4


@dataclass
class RunningSender:
    """The service, and the inbox that its mail goes to."""

    platform: Platform
    client: httpx.AsyncClient
    inbox: Inbox
    app: FastAPI

    async def say(self, event: Event, workspace_id: UUID) -> Envelope:
        """Publish an event as another service would; saying the same envelope again is `repeat`."""
        envelope = envelope_of(event, workspace_id)
        await self.repeat(envelope)
        return envelope

    async def repeat(self, envelope: Envelope) -> None:
        await self.platform.bus.publish_event(envelope.routing_key(), encode(envelope), message_id=str(envelope.id))

    async def get(self, path: str, workspace_id: UUID) -> httpx.Response:
        return await self.client.get(path, headers=headers(workspace_id))

    async def post(self, path: str, workspace_id: UUID, json: object = None) -> httpx.Response:
        return await self.client.post(path, headers=headers(workspace_id), json=json)

    async def open_workspace(self) -> UUID:
        """A workspace that the sender has heard of."""
        workspace_id = new_id()
        event = WorkspaceCreated(
            workspace_id=workspace_id, name="Acme", owner_user_id=new_id(), time_zone=far_from_midnight()
        )
        await self.say(event, workspace_id)

        async def is_open() -> bool:
            return bool((await self.get("/v1/templates", workspace_id)).json()["items"])

        await eventually(is_open)
        return workspace_id

    async def bring_list(self, workspace_id: UUID, *recipients: Recipient) -> UUID:
        """A list of one part that has arrived."""
        list_id = new_id()
        event = RecipientsPublished(list_id=list_id, list_name="Leads", part_no=0, parts=1, recipients=list(recipients))
        await self.say(event, workspace_id)

        async def is_ready() -> bool:
            return (await self.get(f"/v1/lists/{list_id}", workspace_id)).json().get("state") == "ready"

        await eventually(is_ready)
        return list_id


def far_from_midnight() -> str:
    """A zone in which the day does not end while a test runs."""
    return "UTC" if 1 <= utc_now().hour < 23 else "Etc/GMT+10"


def headers(workspace_id: UUID) -> dict[str, str]:
    """The signed identity of a member of the workspace."""
    identity = Identity(workspace_id=workspace_id, user_id=UUID(int=9), role="owner", request_id="r")
    return {IDENTITY_HEADER: sign_identity(identity, secret=_SECRET, now=utc_now())}


@contextlib.asynccontextmanager
async def running_sender(database_url: str, rabbitmq_url: str) -> AsyncGenerator[RunningSender]:
    """Started as `main` starts it: migrated database, topology declared, sending loops running."""
    inbox = Inbox()
    async with listening(inbox) as port:
        with pytest.MonkeyPatch.context() as environment:
            values = {
                "SENDER_DATABASE_URL": database_url,
                "RABBITMQ_URL": rabbitmq_url,
                "INTERNAL_SECRET": _SECRET,
                "SANDBOX_SMTP_URL": f"smtp://127.0.0.1:{port}",
                "MAIL_FROM": "Ann Lee <ann@corofy.example>",
                "DB_POOL_SIZE": "6",
                "LOG_FORMAT": "console",
            }
            for name, value in values.items():
                environment.setenv(name, value)
            environment.delenv("SMTP_URL", raising=False)
            app = build_app()
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://sender") as client:
                yield RunningSender(app.state.platform, client, inbox, app)
