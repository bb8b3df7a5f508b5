"""A real Postgres and RabbitMQ for tests: found in the environment or started, and a fresh corner of each per test."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx

from deploy.local.pair import Pair, ensure_pair, in_use
from deploy.local.state import State, default_path
from libs.common.db import SERVICES
from libs.common.migrations import upgrade_all

ROOT = Path(__file__).resolve().parents[2]
_TEMPLATE_LOCK = 0x74656D706C


@contextmanager
def servers() -> Generator[Pair]:
    """The pair named by TEST_DATABASE_URL and its sisters, else one that is started and kept warm for the next run."""
    names = ("TEST_DATABASE_URL", "TEST_RABBITMQ_URL", "TEST_RABBITMQ_MANAGEMENT_URL")
    given = [os.environ.get(name) for name in names]
    if all(given):
        yield Pair(*(url or "" for url in given))
        return
    state = State.open(default_path() / "test")
    with in_use(state):
        yield ensure_pair(state, say=lambda line: print(line, file=sys.stderr))  # noqa: T201 - a person waits for it


def with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@asynccontextmanager
async def fresh_database_of(server: str, *, migrated: bool = True) -> AsyncGenerator[str]:
    """The URL of a database of its own, copied from a migrated template (milliseconds), dropped afterwards."""
    template = await _migrated_template(server) if migrated else "template1"
    name = f"test_{secrets.token_hex(6)}"
    await _execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    try:
        yield with_database(server, name)
    finally:
        await _execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _migrated_template(server: str) -> str:
    """Made once per version of the migrations, whoever comes first; the others wait for it."""
    name = f"template_{_migrations_digest()}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _TEMPLATE_LOCK)
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            unfinished = f"{name}_unfinished"
            await connection.execute(f'DROP DATABASE IF EXISTS "{unfinished}" WITH (FORCE)')
            await connection.execute(f'CREATE DATABASE "{unfinished}"')
            url = with_database(server, unfinished)
            await upgrade_all({service: url for service in SERVICES if (_migrations_of(service) / "env.py").exists()})
            await connection.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
    finally:
        await connection.close()
    return name


def _migrations_of(service: str) -> Path:
    return ROOT / "services" / service / "migrations"


def _migrations_digest() -> str:
    sources = [ROOT / "libs/common/migrations.py", ROOT / "libs/common/tables.py"]
    for service in SERVICES:
        sources += [ROOT / "services" / service / "tables.py", *sorted(_migrations_of(service).rglob("*.py"))]
    digest = hashlib.sha256()
    for source in sources:
        if source.exists():
            digest.update(str(source).encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


async def _execute(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def state_folder() -> Generator[Path]:
    """A state folder for a LocalStack: pytest's own are closed to the unprivileged user that runs Postgres for root."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="corofy-test-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@asynccontextmanager
async def fresh_vhost_of(pair: Pair) -> AsyncGenerator[str]:
    """The AMQP URL of a vhost of its own; removed afterwards with its queues, exchanges and connections.

    Fails when a connection was left open: it would try for ever to come back, and the end of the run would wait for it.
    """
    before = _kept_connections()
    name = f"test-{secrets.token_hex(6)}"
    address = urlsplit(pair.management_url)
    user, password = address.username or "", address.password or ""
    base = f"{address.scheme}://{address.hostname}:{address.port}/api"
    async with httpx.AsyncClient(base_url=base, auth=(user, password), timeout=60, trust_env=False) as api:
        (await api.put(f"/vhosts/{name}", json={})).raise_for_status()
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        (await api.put(f"/permissions/{name}/{user}", json=everything)).raise_for_status()
        try:
            yield urlunsplit(urlsplit(pair.rabbitmq_url)._replace(path=f"/{name}"))
        finally:
            left = _kept_connections() - before
            with contextlib.suppress(httpx.TransportError):
                await api.delete(f"/vhosts/{name}")
    assert not left, f"{len(left)} connections to the broker were left open: close them where they were opened"


def _kept_connections() -> set[asyncio.Task[object]]:
    """What keeps connections to a broker open, by reconnecting."""
    return {one for one in asyncio.all_tasks() if "RobustConnection" in getattr(one.get_coro(), "__qualname__", "")}
