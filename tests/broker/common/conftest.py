"""A bench per test: a database and a vhost of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from libs.common.logs import configure_logs
from tests.broker.common.parts import SERVICE, Bench, bench_on


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    configure_logs(service=SERVICE, fmt="console")


@pytest.fixture
async def bench(empty_database: str, fresh_vhost: str) -> AsyncGenerator[Bench]:
    async with bench_on(empty_database, fresh_vhost) as made:
        yield made
