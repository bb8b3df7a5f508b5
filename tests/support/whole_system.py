"""Fixtures: the whole system as processes, once for all end-to-end, fault and web tests; each test is a user of its own in it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from deploy.local.stack import LocalStack
from deploy.web.source import Source
from tests.support.journey import User, new_user, sign_up
from tests.support.world import World

WEB_ROOT = Path(os.environ.get("WEB_ROOT") or Source().out)
"""The web app that the gateway of the tests serves: another build than the checkout's, where that is named."""
OPERATOR = "operator@corofy.example"


@pytest.fixture(scope="session")
async def stack() -> AsyncGenerator[LocalStack]:
    """Postgres, RabbitMQ, the sandbox and the five services, on ports and in a folder of their own."""
    # Not below pytest's own folder, which the servers' unprivileged user may not enter.
    with tempfile.TemporaryDirectory(prefix="corofy-e2e-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        env = {"ADMIN_EMAILS": OPERATOR, "LOG_LEVEL": "INFO", "ENV": "test", "PLAN_LIMITS": "off", "TRIAL_CREDITS": "0"}
        env["WEB_ROOT"] = str(WEB_ROOT)
        async with LocalStack(Path(folder) / "state", fsync=False, env=env) as running:
            yield running


@pytest.fixture
async def world(stack: LocalStack) -> AsyncGenerator[World]:
    """The sandbox, with its dials and pages as at the start."""
    world = World(stack.url("sandbox"))
    await world.reset()
    yield world
    await world.reset()
    await world.close()


@pytest.fixture(scope="session")
async def operator(stack: LocalStack) -> AsyncGenerator[httpx.AsyncClient]:
    """Somebody who may grant credits."""
    async with httpx.AsyncClient(base_url=stack.url("gateway"), timeout=30, trust_env=False) as client:
        await sign_up(client, OPERATOR, password="a password for the operator", workspace="Operations")
        yield client


@pytest.fixture
async def user(stack: LocalStack, operator: httpx.AsyncClient) -> AsyncGenerator[User]:
    """A new user with 1,000 credits."""
    user = await new_user(stack.url("gateway"), operator, credits_=1000)
    yield user
    await user.client.aclose()


@pytest.fixture
async def other_user(stack: LocalStack, operator: httpx.AsyncClient) -> AsyncGenerator[User]:
    """Somebody else, in another workspace, with nothing on the account."""
    user = await new_user(stack.url("gateway"), operator, credits_=0)
    yield user
    await user.client.aclose()
