"""Billing as a running service: its application in its lifespan, and who may ask it."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from unittest.mock import patch
from uuid import UUID

import httpx
from fastapi import FastAPI

from libs.common.clock import utc_now
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity
from libs.common.ids import new_id
from libs.common.platform import Platform
from services.billing.main import build_app
from tests.support.clock import started_without_a_clock
from tests.support.waiting import PATIENCE_S

SECRET = "2b7e151628aed2a6abf7158809cf4f3c-internal"


@dataclass(frozen=True)
class RunningBilling:
    """Billing over HTTP, and its platform."""

    client: httpx.AsyncClient
    platform: Platform
    app: FastAPI


def headers(workspace_id: UUID, *, operator: bool = False, role: str = "owner") -> dict[str, str]:
    """What the gateway would send along for a member, or for an operator."""
    identity = Identity(workspace_id, new_id(), role, "test", operator)
    return {IDENTITY_HEADER: sign_identity(identity, secret=SECRET, now=utc_now())}


@asynccontextmanager
async def running_billing(
    database: str, vhost: str, *, clock: bool = False, **more: str
) -> AsyncGenerator[RunningBilling]:
    """Start the real application on a database and a vhost, with `more` in its environment; stop it afterwards. Its
    schedules run only with a `clock`."""
    names = {
        "DATABASE_URL": database,
        "RABBITMQ_URL": vhost,
        "INTERNAL_SECRET": SECRET,
        "LOG_FORMAT": "console",
        **more,
    }
    with patch.dict(os.environ, names):
        app = build_app()
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app) if clock else started_without_a_clock(app),
        httpx.AsyncClient(transport=transport, base_url="http://billing", timeout=PATIENCE_S) as client,
    ):
        yield RunningBilling(client, app.state.platform, app)
