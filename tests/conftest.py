"""Fixtures every suite may use: a fresh database and a fresh vhost on real servers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from deploy.local.pair import Pair
from tests.support.reuse import Reused
from tests.support.shares import ByShares, rank_of
from tests.support.stack import fresh_database_of, fresh_vhost_of, servers, state_folder
from tests.support.whole_system import operator, other_user, stack, user, world

__all__ = ("operator", "other_user", "stack", "user", "world")
"""Fixtures of the whole system: here, so that end-to-end tests and those of the web app share one."""

# A machine that is busy elsewhere is no failing test: no deadline per example. pytest's own limit bounds each test.
settings.register_profile("corofy", deadline=None)
settings.load_profile("corofy")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; otherwise in the random order that they come in."""
    items.sort(key=lambda item: rank_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Of `--dist loadscope` we have our own."""
    return ByShares(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.fixture(scope="session")
def server_pair() -> Generator[Pair]:
    """The Postgres and the RabbitMQ of this run."""
    with servers() as pair:
        yield pair


@pytest.fixture(scope="session")
def postgres_url(server_pair: Pair) -> str:
    """The superuser's URL: for making databases, not for tables."""
    return server_pair.postgres_url


@pytest.fixture(scope="session")
def rabbitmq_url(server_pair: Pair) -> str:
    """The default vhost, which the tests share: prefer `fresh_vhost`."""
    return server_pair.rabbitmq_url


@pytest.fixture
async def fresh_database(postgres_url: str) -> AsyncGenerator[str]:
    """A database of this test's own with every service's schema migrated."""
    async with fresh_database_of(postgres_url) as url:
        yield url


@pytest.fixture
async def empty_database(postgres_url: str) -> AsyncGenerator[str]:
    """A database of this test's own with nothing in it."""
    async with fresh_database_of(postgres_url, migrated=False) as url:
        yield url


@pytest.fixture(scope="module")
async def module_database(postgres_url: str) -> AsyncGenerator[str]:
    """A migrated database that the tests of one module share."""
    async with fresh_database_of(postgres_url) as url:
        yield url


@pytest.fixture(scope="module")
async def reused_database(postgres_url: str) -> AsyncGenerator[Reused]:
    """What `own_database` is made of."""
    async with fresh_database_of(postgres_url) as url:
        yield await Reused.as_migrated(url)


@pytest.fixture
async def own_database(reused_database: Reused) -> str:
    """A migrated database with nothing in it but this test's: for tests that leave its schema as it is. Takes a twentieth of
    the time of `fresh_database`."""
    await reused_database.put_back()
    return reused_database.url


@pytest.fixture
async def fresh_vhost(server_pair: Pair) -> AsyncGenerator[str]:
    """The AMQP URL of a vhost of this test's own."""
    async with fresh_vhost_of(server_pair) as url:
        yield url


@pytest.fixture(scope="module")
async def module_vhost(server_pair: Pair) -> AsyncGenerator[str]:
    """The AMQP URL of a vhost that the tests of one module share: declaring the whole topology takes a while."""
    async with fresh_vhost_of(server_pair) as url:
        yield url


@pytest.fixture
def state_dir() -> Generator[Path]:
    """A folder that `LocalStack(state_dir)` can put its servers' data in."""
    with state_folder() as folder:
        yield folder
