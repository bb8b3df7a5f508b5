"""The sender on a migrated database that a module's tests share; each test has a workspace of its own."""

from collections.abc import AsyncGenerator

import pytest

from deploy.sandbox.app import SandboxApp
from deploy.sandbox.state import SandboxSettings
from libs.common.db import make_engine
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from services.sender.tables import COMMON
from tests.integration.sender.providers import Providers, noon
from tests.integration.sender.world import World
from tests.support.upstream import serving


@pytest.fixture(scope="module")
async def open_uow(module_database: str) -> AsyncGenerator[UnitOfWorkFactory]:
    engine = make_engine(normalise_database_url(module_database), pool_size=10, service="sender")
    yield UnitOfWorkFactory(engine, COMMON)
    await engine.dispose()


@pytest.fixture
async def world(open_uow: UnitOfWorkFactory) -> World:
    """A workspace with the day of UTC and a sandboxed mailbox; it is eight in the morning."""
    return await World(open_uow).open()


@pytest.fixture(scope="module")
async def stand_ins() -> AsyncGenerator[Providers]:
    app = SandboxApp(SandboxSettings())
    async with serving(app) as url:
        yield Providers(app, url)


@pytest.fixture
def providers(stand_ins: Providers) -> Providers:
    """The mail providers with an API, all dials at rest and nothing in the inbox."""
    stand_ins.app.box.reset_dials()
    stand_ins.app.box.forget_mail()
    stand_ins.app.box.instantly.clock = noon
    return stand_ins
