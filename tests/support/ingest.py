"""Ingest as a running service: its application in its lifespan, and who may ask it."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from unittest.mock import patch
from uuid import UUID

import httpx

from libs.common.clock import utc_now
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity
from libs.common.ids import new_id
from libs.common.platform import Parts, Platform
from libs.common.storage import Storage
from services.ingest.main import build_app

SECRET = "8aed2a6abf7158809cf4f3c2b7e15162-internal"


@dataclass(frozen=True)
class RunningIngest:
    """Ingest over HTTP, its platform, its storage, and what it has wired."""

    client: httpx.AsyncClient
    platform: Platform
    storage: Storage
    parts: Parts


def headers(workspace_id: UUID, *, operator: bool = False) -> dict[str, str]:
    """What the gateway would send along for a member, or for an operator."""
    identity = Identity(workspace_id, new_id(), "owner", "test", operator)
    return {IDENTITY_HEADER: sign_identity(identity, secret=SECRET, now=utc_now())}


@asynccontextmanager
async def running_ingest(
    database: str, vhost: str, storage_url: str, *, sandbox_url: str = ""
) -> AsyncGenerator[RunningIngest]:
    """Start the real application on a database, a vhost and a folder; stop it afterwards."""
    names = {
        "DATABASE_URL": database,
        "RABBITMQ_URL": vhost,
        "INTERNAL_SECRET": SECRET,
        "LOG_FORMAT": "console",
        "STORAGE_URL": storage_url,
        "SANDBOX_URL": sandbox_url,
    }
    with patch.dict(os.environ, names):
        app = build_app()
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ingest", timeout=30) as client,
    ):
        yield RunningIngest(client, app.state.platform, Storage.from_url(storage_url), app.state.parts)
