"""Ingest as a running service: its application in its lifespan, and who may ask it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncGenerator, Generator
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
from services.ingest.use_cases import wait_for_billing
from tests.support.clock import started_without_a_clock
from tests.support.waiting import PATIENCE_S

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


@contextlib.contextmanager
def patient_with_billing(wait_s: float = 2 * PATIENCE_S) -> Generator[None]:
    """Requests wait for as long as that for billing's answer: on a busy machine a test that plays billing may be late."""
    with patch.object(wait_for_billing, "WAIT_S", wait_s):
        yield


@contextlib.asynccontextmanager
async def running_ingest(
    database: str, vhost: str, storage_url: str, *, sandbox_url: str = "", clock: bool = False
) -> AsyncGenerator[RunningIngest]:
    """Start the real application on a database, a vhost and a folder; stop it afterwards. Its schedules run only with a
    `clock`."""
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
    started = app.router.lifespan_context if clock else started_without_a_clock
    with patient_with_billing():
        async with (
            started(app),
            httpx.AsyncClient(transport=transport, base_url="http://ingest", timeout=2 * PATIENCE_S) as client,
        ):
            yield RunningIngest(client, app.state.platform, Storage.from_url(storage_url), app.state.parts)
